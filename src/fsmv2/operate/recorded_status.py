"""Why a worker of a running tree is as it is, asked from outside of the process that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsmv2.operate.found_status import status_of
from fsmv2.operate.recorded_past import RecordedPast
from fsmv2.operate.recorded_tree import RecordedTree
from fsmv2.operate.replay_limit import Limit, unlimited
from fsmv2.operate.worker_status import WorkerStatus


def why(
    document: Path | str,
    path: str,
    *,
    state_dir: Path | None = None,
    types: Sequence[str] = (),
    limit: Limit = unlimited,
    at: float | None = None,
) -> WorkerStatus:
    """How the worker at `path` is, and why; of a tree that crashed, how it was.

    `at`: how it was then, Unix seconds; None: at the end of its journal. `types` name worker types
    beside the built-in ones. Raises UnknownPathError, NotRunningError, NotRecordedError or
    NoJournalError when there is no answer, JournalError when the journal cannot be replayed up to
    then.
    """
    file = Path(document)
    if at is None:
        tree = RecordedTree(file, state_dir, types, path=path)
    else:
        tree = RecordedPast(file, state_dir, types, at=at, path=path)
    core = tree.core(limit)
    return status_of(
        tree.worker(core, path),
        process=tree.process,
        later=tree.later,
        missing=tree.missing,
        past=tree.past,
        document=tree.change,
    )
