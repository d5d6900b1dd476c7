"""Folders and files that only their owner may read: who may read a lock file may hold its lock."""

from __future__ import annotations

import contextlib
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


def replace_private(path: Path, content: bytes) -> None:
    """Replace a file at once, for its owner alone; a crash leaves all of the old or the new one.

    OSError: the old one is still there. What a writer of it left that was killed is removed.
    """
    sweep(path.parent, path.name)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()  # on a full disk its space is wanted
        raise


def sweep(directory: Path, name: str = "*") -> None:
    """Remove what writers that were killed half-way left of a file, or of all in a directory."""
    with contextlib.suppress(OSError):  # one that may be entered and not read
        for left in directory.iterdir():
            of, _, writer = left.name.removesuffix(".new").rpartition(".")
            ours = left.name.endswith(".new") and writer.isdecimal() and name in ("*", of)
            if ours and not Path(f"/proc/{writer}").exists():
                left.unlink(missing_ok=True)


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
