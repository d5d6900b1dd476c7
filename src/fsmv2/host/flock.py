"""The lock that the kernel keeps for an open file, and gives back after any death.

The shim beside each command takes it here, too: this imports no more than `os` and `fcntl`.
"""

from __future__ import annotations

import fcntl
import os


def try_lock(descriptor: int) -> bool:
    """Take the lock on an open file, at once or not at all; it is held until it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def open_locked(path: str | os.PathLike[str]) -> int:
    """Open a file, made private where it is missing, and take its lock.

    BlockingIOError: somebody else has it. OSError: the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if not try_lock(descriptor):
        os.close(descriptor)
        raise BlockingIOError(path)
    return descriptor
