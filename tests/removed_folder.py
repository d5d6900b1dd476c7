"""Removes a folder into which another process or thread may be writing."""

from __future__ import annotations

import errno
import shutil
import time
from pathlib import Path

PATIENCE = 30.0
"""Seconds for which what is written meanwhile is removed, too."""


def remove_folder(folder: Path) -> None:
    """Remove `folder` with all in it.

    `shutil.rmtree` alone fails when a file is made in a folder after it was listed, as a log is by
    a process that has just been started.
    """
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            shutil.rmtree(folder)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.ENOENT) or time.monotonic() > limit:
                raise
            if error.errno == errno.ENOENT and not folder.exists():
                return
