"""Why nothing is recorded since when, readable while the disk is full.

The room for it is taken when there is some: overwriting what is there needs no more. A file system
that never overwrites in place may still refuse; then nothing is said here, and the reader sees for
itself that there is no room.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from fsmv2.host.private import open_private

NAME = "trouble"
SIZE = 4096


class Trouble(msgspec.Struct, frozen=True):
    """Since when, in Unix seconds, nothing is recorded, and why."""

    since: float
    why: str


def make_room(folder: Path) -> None:
    """Take the room, and take back what was said before; OSError when there is none."""
    file = open_private(folder / NAME, os.O_WRONLY)
    try:
        os.pwrite(file, b" " * SIZE, 0)
    finally:
        os.close(file)


def tell_trouble(folder: Path, trouble: Trouble) -> None:
    """Say it; nothing when even that cannot be written."""
    text = msgspec.json.encode(trouble)
    if len(text) > SIZE:
        text = msgspec.json.encode(Trouble(trouble.since, trouble.why[: SIZE // 8]))
    with contextlib.suppress(OSError):
        file = os.open(folder / NAME, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(file, text.ljust(SIZE), 0)
        finally:
            os.close(file)


def trouble_in(folder: Path) -> Trouble | None:
    """What was said last, if it was not taken back."""
    try:
        with (folder / NAME).open("rb") as file:
            return msgspec.json.decode(file.read(SIZE), type=Trouble)
    except (OSError, msgspec.MsgspecError, ValueError):
        pass
    try:
        room = os.statvfs(folder)
    except OSError:
        return None
    return None if room.f_bavail else Trouble(0.0, "the disk is full")
