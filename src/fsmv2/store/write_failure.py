"""The failure to write a journal: since when and why, readable while the disk is full.

The room for it is taken when there is some: overwriting what is there needs no more. A file system
that never overwrites in place may still refuse; then nothing is noted here, and the reader sees
for itself that there is no room.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from fsmv2.host.disk_trouble import FULL, READ_ONLY, is_read_only
from fsmv2.host.private import open_private

NAME = "trouble"
SIZE = 4096


class WriteFailure(msgspec.Struct, frozen=True):
    """Since when, in Unix seconds, nothing is recorded, and why."""

    since: float
    why: str


def reserve_room(folder: Path) -> None:
    """Take the room, and withdraw a failure noted before; OSError when there is no room."""
    file = open_private(folder / NAME, os.O_WRONLY)
    try:
        os.pwrite(file, b" " * SIZE, 0)
    finally:
        os.close(file)


def record_failure(folder: Path, failure: WriteFailure) -> None:
    """Write it down; nothing when even that fails."""
    text = msgspec.json.encode(failure)
    if len(text) > SIZE:
        text = msgspec.json.encode(WriteFailure(failure.since, failure.why[: SIZE // 8]))
    with contextlib.suppress(OSError):
        file = os.open(folder / NAME, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(file, text.ljust(SIZE), 0)
        finally:
            os.close(file)


def failure_in(folder: Path) -> WriteFailure | None:
    """The failure noted last, unless it was withdrawn."""
    try:
        with (folder / NAME).open("rb") as file:
            return msgspec.json.decode(file.read(SIZE), type=WriteFailure)
    except (OSError, msgspec.MsgspecError, ValueError):
        pass
    try:
        room = os.statvfs(folder)
    except OSError:
        return None
    if not room.f_bavail:
        return WriteFailure(0.0, FULL)
    return WriteFailure(0.0, READ_ONLY) if is_read_only(folder) else None
