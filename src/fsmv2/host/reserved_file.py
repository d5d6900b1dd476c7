"""A small file that is replaced whole, and whose next content a full disk takes, too.

Space for it is kept ahead: a full disk keeps no process from being started again. The shim beside
each command writes its record here: this imports no more than `os` and `fcntl`.
"""

from __future__ import annotations

import fcntl
import os
from errno import ENOSPC

BLOCK = 4096
"""Bytes of the content, with spaces at its end: what the disk gives out at least."""
TRIES = 300


def put(file: str, text: bytes) -> None:
    """Make `text` the content of a file; a reader sees all of it or what was before.

    Two files take turns: the new content is written over the one that is not read, `.spare`, which
    then takes the other's name, and the other its. So no more space is taken than the first time,
    and on a full disk it works, too. OSError: there was no space even the first time.
    """
    spare, other = f"{file}.spare", f"{file}.other"
    descriptor = _locked(spare, other)
    try:
        padded = text.ljust(BLOCK - 1) + b"\n"
        if os.pwrite(descriptor, padded, 0) < len(padded):
            raise OSError(ENOSPC, "the disk is full")
        os.ftruncate(descriptor, len(padded))
        _unlink(other)
        try:
            os.link(file, other)  # its space is kept while its name is taken away
        except OSError:
            pass  # the first time there is none; and not every file system has links
        os.replace(spare, file)
        try:
            os.replace(other, spare)
        except FileNotFoundError:
            reserve(file)
    finally:
        os.close(descriptor)


def reserve(file: str) -> None:
    """Keep space for the next content of a file, if there is any and none is kept yet."""
    spare = f"{file}.spare"
    try:
        descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    try:
        if os.write(descriptor, b" " * BLOCK) < BLOCK:
            _unlink(spare)
    except OSError:
        _unlink(spare)
    finally:
        os.close(descriptor)


def _locked(spare: str, other: str) -> int:
    """The spare file, opened and ours alone: fsmv2 and the shim may both write."""
    for _ in range(TRIES):
        try:
            descriptor = os.open(spare, os.O_WRONLY)
        except FileNotFoundError:
            try:  # killed in the middle; its space is still there
                if os.path.samefile(other, spare.removesuffix(".spare")):
                    raise FileNotFoundError
                os.link(other, spare)
                _unlink(other)
                continue
            except OSError:
                descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if os.fstat(descriptor).st_ino == os.stat(spare).st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # somebody else has just given it the other name
    raise OSError(ENOSPC, "other programs keep writing it")


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
