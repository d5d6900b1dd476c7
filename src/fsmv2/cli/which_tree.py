"""The tree that the options of a command mean, for questions that its journal answers, too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsmv2.operate.live_or_recorded import WhichTree


def which_tree(
    file: Path | None,
    state_dir: Path | None,
    types: Sequence[str] | None = None,
    *,
    at: float | None = None,
) -> WhichTree:
    """The tree of `--file` or `--state-dir`, with the worker types of `--types`, as of `--at`."""
    from fsmv2.cli.console import progress
    from fsmv2.operate.live_or_recorded import WhichTree

    return WhichTree(
        document=file,
        state_dir=state_dir,
        types=tuple(types or ()),
        limit=_quietly_bounded,
        at=at,
        notice=progress,
    )


def _quietly_bounded(journal: Path) -> AbstractContextManager[Callable[[], None]]:
    """A bound for the replay, which also begins to filter the log lines of workers.

    A command whose tree answers needs neither, and loads neither.
    """
    from fsmv2.cli.cpu_limit import bounded
    from fsmv2.cli.log_filter import filter_logs

    filter_logs()
    return bounded(journal)
