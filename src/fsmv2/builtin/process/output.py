"""What a process writes: to a file of its own, bounded, so that it outlives a kill of fsmv2."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

TAIL = 16 << 10
"""Bytes at the end that are read for the last lines."""
LINE = 500
"""Characters of a line that are shown."""


def begin(file: Path) -> int:
    """A descriptor for a new process to write to; what an earlier one wrote is kept beside."""
    if file.exists() and file.stat().st_size:
        os.replace(file, file.with_suffix(".previous"))
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)


def keep_small(file: Path, limit: int) -> None:
    """Move a file that has grown beyond `limit` bytes aside; the process goes on writing to it.

    What it writes between the copy and the cut is lost: a limit is a limit.
    """
    with contextlib.suppress(OSError):
        if file.stat().st_size > limit:
            shutil.copyfile(file, file.with_suffix(".previous"))
            os.truncate(file, 0)


def last_lines(file: Path, count: int = 3) -> list[str]:
    """The last lines that are not empty, shortened."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - TAIL))
            lines = opened.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [line[:LINE] for line in lines if line.strip()][-count:]
