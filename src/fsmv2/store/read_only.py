"""Opens a store to read it without holding it: a tree may be running on it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from fsmv2.store import full_disk


def read_only(file: Path) -> sqlite3.Connection:
    """A connection with one view of all that is read. sqlite3.Error: it cannot be opened."""
    address = f"{file.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=5.0)
    try:
        connection.execute("BEGIN")
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        return full_disk.open_as_it_is(file, error)
    return connection
