"""Why a worker of a running tree is as it is, asked from outside of the process that runs it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsmv2.operate.recorded_tree import RecordedTree
from fsmv2.operate.replay_limit import Limit, unlimited
from fsmv2.operate.worker_status import WorkerStatus, status_of


def why(
    document: Path | str,
    path: str,
    *,
    state_dir: Path | None = None,
    types: Sequence[str] = (),
    limit: Limit = unlimited,
) -> WorkerStatus:
    """How the worker at `path` is, and why; of a tree that crashed, how it was.

    `types` name worker types beside the built-in ones. Raises UnknownPathError, NotRunningError,
    NotRecordedError or NoJournalError when there is no answer, JournalError when the journal cannot
    be replayed to its end.
    """
    tree = RecordedTree(Path(document), state_dir, types, path=path)
    core = tree.core(limit)
    return status_of(
        tree.worker(core, path),
        process=tree.process,
        later=tree.later,
        missing=tree.missing,
        document=tree.change,
    )
