"""Folders and files that only their owner may read: who may read a lock file may hold its lock."""

from __future__ import annotations

import os
import stat
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def private_folder(folder: Path) -> None:
    """Make a folder, and what is above it, that only its owner may enter; tighten one of ours.

    What belongs to somebody else is left as it is. OSError: it cannot be made.
    """
    folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    _tighten(folder, FOLDER)


def open_private(file: Path, flags: int) -> int:
    """Open a file, made if it is missing, that only its owner may read; tighten one of ours."""
    descriptor = os.open(file, flags | os.O_CREAT | os.O_CLOEXEC, FILE)
    found = os.fstat(descriptor)
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & ~FILE:
        os.fchmod(descriptor, FILE)
    return descriptor


def tighten_file(file: Path) -> None:
    """Let only the owner read a file that is there and ours."""
    _tighten(file, FILE)


def _tighten(path: Path, mode: int) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    ours = found.st_uid == os.geteuid() and not stat.S_ISLNK(found.st_mode)
    if ours and stat.S_IMODE(found.st_mode) & ~mode:
        path.chmod(mode)
