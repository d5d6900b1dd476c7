"""Why a worker is as it is: asked of the tree that runs, or read from its journal.

A tree that answers is asked through its API. One that crashed, hangs, or is of an older fsmv2 has
its journal, which is read instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsmv2.errors import ApiUnavailableError, NoJournalError, UnknownPathError
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.replay_limit import Limit, unlimited
from fsmv2.operate.run_record import record_in
from fsmv2.operate.running_trees import kept_directory
from fsmv2.operate.state_directory import holder, short_path
from fsmv2.operate.stopped_tree import refuse_unrecorded
from fsmv2.operate.worker_status import WorkerStatus

ASK_WITHIN = 3.0
"""Seconds for the tree to answer before its journal is read."""


def why(
    path: str,
    *,
    document: Path | None = None,
    state_dir: Path | None = None,
    types: Sequence[str] = (),
    limit: Limit = unlimited,
    at: float | None = None,
) -> WorkerStatus:
    """How the worker at `path` of the tree that is meant is, and why; see `running_trees`.

    `at`: how it was then, Unix seconds. Raises what `recorded_status.why` does.
    """
    directory = kept_directory(document, state_dir)
    record = record_in(directory)
    runs = record is None or document is None or document.absolute() == Path(record.file)
    if at is None and runs and holder(directory):
        try:
            tree = RemoteTree(directory, tool="fsmv2 why")
            return tree.get("/v1/worker", {"path": path}, WorkerStatus, timeout=ASK_WITHIN)
        except ApiUnavailableError:
            pass
        except UnknownPathError:
            from fsmv2.operate.document_change import change_of

            if record is None or not change_of(Path(record.file), record):
                raise
            # The newer document may declare it: that is found out below.
    if document is None:
        if record is None:
            raise NoJournalError(
                f"nothing is known of a run in {short_path(directory)}.",
                fix="Name the document with -f.",
            )
        document, state_dir = Path(record.file), directory
    named = state_dir is not None
    refuse_unrecorded(directory, document, named=named, path=path, past=at is not None)
    from fsmv2.operate import recorded_status  # what it needs of the core takes long to load

    return recorded_status.why(document, path, state_dir=state_dir, types=types, limit=limit, at=at)
