"""What is wrong with a disk, by the error that it gave or by how it is found."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from fsmv2.errors import error_text, system_text

FULL = "the disk is full"
READ_ONLY = "the file system is read-only"


def disk_trouble(error: BaseException) -> str:
    """Why something could not be written, for the end of a sentence."""
    if not isinstance(error, OSError):
        return error_text(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FULL
    return READ_ONLY if error.errno == errno.EROFS else system_text(error)


def is_read_only(folder: Path) -> bool:
    """Whether nothing can be written there, also after the kernel has met an error of the disk.

    Then the file system is still mounted for writing, by its flags, and only a write tells. The
    file that is opened for that has no name, and is gone at once.
    """
    with contextlib.suppress(OSError):
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return True
    try:
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError as error:
        return error.errno == errno.EROFS
    return False
