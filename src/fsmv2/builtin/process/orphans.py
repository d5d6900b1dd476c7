"""Processes that nobody declares any more: their entry was taken out while fsmv2 was away."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from fsmv2 import blocking
from fsmv2.builtin.process.lifecycle import stop
from fsmv2.builtin.process.process_record import read_record
from fsmv2.builtin.process.process_table import found_below
from fsmv2.builtin.process.spec import Ending
from fsmv2.host.process_folder import folder_of

END_WITHIN = 30.0
"""Seconds after a start in which the orphans end; as long as any stop may take."""


class OrphansAtStart:
    """What runs when a tree starts and is no longer declared: what is started waits for its end.

    It may be the same program by its name of before, or have the same port. The agent ends it, and
    notes here what it sees; from any thread.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._left = frozenset(names)
        self._until = time.monotonic() + END_WITHIN

    @property
    def left(self) -> tuple[str, ...]:
        """Those that have not ended, as long as it is to be expected that they do."""
        return tuple(sorted(self._left)) if time.monotonic() < self._until else ()

    def seen(self, names: Iterable[str]) -> None:
        """No others run by now."""
        self._left &= frozenset(names)


def orphan_name(path: str) -> str:
    """What `orphans_in` calls the process of the worker at `path`: its path, if that is short."""
    return unquote(folder_of(path))


def running_orphans(state_dir: str, declared: Iterable[str]) -> tuple[str, ...]:
    """What runs below `state_dir`, on record or not, and is none of `declared`. Blocks."""
    return tuple(sorted(_running_below(state_dir) - {orphan_name(path) for path in declared}))


orphans_in = blocking(running_orphans)
"""The same, awaited."""


async def end_orphans(state_dir: str, names: Iterable[str]) -> None:
    """End them, each as a whole group."""
    wanted = set(names)
    for folder in await _folders(state_dir):
        if unquote(folder) in wanted:
            # What was declared of its end is gone with its entry.
            await stop(Ending(directory=f"{state_dir}/{folder}"))


def _running_below(state_dir: str) -> set[str]:
    if not state_dir:
        return set()  # Path("") would be the current folder
    found = {unquote(os.path.basename(folder)) for folder in found_below(state_dir)}
    for folder in _listed(state_dir):
        record = read_record(f"{state_dir}/{folder}")
        if record is not None and (record.runs or record.kept):
            found.add(unquote(folder))
    return found


@blocking
def _folders(state_dir: str) -> list[str]:
    if not state_dir:
        return []
    return sorted({*_listed(state_dir), *map(os.path.basename, found_below(state_dir))})


def _listed(state_dir: str) -> list[str]:
    return os.listdir(state_dir) if Path(state_dir).is_dir() else []
