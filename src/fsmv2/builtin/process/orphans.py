"""Processes that nobody declares any more: their entry was taken out while fsmv2 was away."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from fsmv2 import blocking
from fsmv2.builtin.process.lifecycle import stop
from fsmv2.builtin.process.process_record import read_record
from fsmv2.builtin.process.process_table import found_below
from fsmv2.builtin.process.spec import Ending, folder_of


def orphan_name(path: str) -> str:
    """What `orphans_in` calls the process of the worker at `path`: its path, if that is short."""
    return unquote(folder_of(path))


@blocking
def orphans_in(state_dir: str, declared: Iterable[str]) -> tuple[str, ...]:
    """What runs below `state_dir`, on record or not, and is none of `declared`."""
    return tuple(sorted(_running_below(state_dir) - {orphan_name(path) for path in declared}))


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
