"""Opens a store for reading on a disk that has no room for the files SQLite keeps beside it.

With a write-ahead log SQLite makes two of them also to read. Without room it says that this is a
disk I/O error, and a tree whose document and overrides are all there could not be started.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from fsmv2.host.disk_trouble import FULL, READ_ONLY, is_read_only

LEAST = 64 * 1024
"""Bytes that SQLite needs for both files, and for the first page that it changes."""

FIX = "Make room on it, and try again."

_NO_ROOM = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
}


def open_as_it_is(file: Path, error: sqlite3.Error) -> sqlite3.Connection:
    """A connection that reads the file and nothing beside it, when `error` may be a full disk.

    Raises `error` when it is another, or when there is a log, without which the file is not whole.
    """
    log = file.with_name(f"{file.name}-wal")
    if not _no_room(error) or (log.exists() and log.stat().st_size):
        raise error
    address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, isolation_level=None)


def reason(error: sqlite3.Error, file: Path) -> str:
    """Why SQLite failed, in a few words: a full or read-only disk is called that."""
    if _no_room(error):
        try:
            room = os.statvfs(file.parent)
        except OSError:
            return str(error)
        if room.f_bavail * room.f_frsize < LEAST:
            return FULL
        if is_read_only(file.parent):
            return READ_ONLY
    return str(error)


def _no_room(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)  # none: not of SQLite itself
    return code is not None and code & 0xFF in _NO_ROOM
