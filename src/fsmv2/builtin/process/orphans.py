"""Processes that nobody declares any more: their entry was taken out while fsmv2 was away."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from fsmv2 import blocking
from fsmv2.builtin.on_disk import on_disk
from fsmv2.builtin.process.record import read_record
from fsmv2.builtin.process.running import stop
from fsmv2.builtin.process.spec import Config, Ready

GRACE = 10.0
"""Seconds between SIGTERM and SIGKILL: what was declared for it is gone with its entry."""


@blocking
def orphans_in(state_dir: str, declared: Iterable[str]) -> tuple[str, ...]:
    """The paths of what runs with its record below `state_dir` and is none of `declared`."""
    known = set(declared)
    found = []
    for directory in _directories(state_dir):
        path = unquote(directory)
        if path not in known:
            record = read_record(f"{state_dir}/{directory}")
            if record is not None and (record.runs or record.kept):
                found.append(path)
    return tuple(found)


async def end_orphans(state_dir: str, paths: Iterable[str]) -> None:
    """End them, each as a whole group."""
    wanted = set(paths)
    for directory in await on_disk(lambda: _directories(state_dir)):
        if unquote(directory) in wanted:
            await stop(
                Config(
                    command=(),
                    env={},
                    cwd="",
                    files={},
                    ready=Ready(),
                    signal="SIGTERM",
                    grace=GRACE,
                    directory=f"{state_dir}/{directory}",
                    log_bytes=0,
                    line_bytes=0,
                    log_lines=0,
                )
            )


def _directories(state_dir: str) -> list[str]:
    # Path("") would be the current folder.
    return sorted(os.listdir(state_dir)) if state_dir and Path(state_dir).is_dir() else []
