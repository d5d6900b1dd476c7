"""Opens a store to read it without holding it: a tree may be running on it.

SQLite says "disk I/O error" of a folder, and "unable to open database file" of whatever may not be
read. So the file is looked at before, and what is wrong with it is said in its own words.
"""

from __future__ import annotations

import contextlib
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import StoreError
from fsmv2.host import disk_trouble
from fsmv2.host.place_owner import forbidden
from fsmv2.store import full_disk, schema


@contextlib.contextmanager
def opened_store(
    file: Path, what: str, *, fix: str = "Ask `fsmv2 doctor` what is wrong with it."
) -> Iterator[sqlite3.Connection]:
    """A connection that reads a store; `what`: is read of it, and what helps if that is not there.

    Raises StoreError when there is none, when it is no store of ours, or may not be read.
    """
    refuse_what_is_no_store(file)
    try:
        with contextlib.closing(read_only(file)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError(
            f"the {what} in the store {file} cannot be read: {full_disk.reason(error, file)}.",
            fix=full_disk.FIX if full_disk.reason(error, file) == disk_trouble.FULL else fix,
        ) from error


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


def refuse_what_is_no_store(file: Path) -> None:
    """Raise StoreError unless `file` is a store that this program knows, and may be read."""
    try:
        found = file.stat()
        if stat.S_ISREG(found.st_mode) and found.st_size:
            schema.check_header(file)
            return
    except StoreError:  # which is an OSError, too
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(file) from None
    except PermissionError as error:
        raise _forbidden(file) from error
    except OSError as error:
        raise StoreError(
            f"the store {file} cannot be read: {error.strerror}.",
            fix="Look at its disk: mounted, and without errors in the log of the kernel?",
        ) from error
    schema.check_kind(file)
    raise StoreError(
        f"there is no store {file}: the file is empty.",
        fix="Start the tree once with `fsmv2 run`; if it has been run here, ask `fsmv2 doctor`.",
    )


def _missing(file: Path) -> StoreError:
    directory = file.parent
    if directory.is_dir():
        fix = "Start the tree once with `fsmv2 run`."
        return StoreError(f"there is no store {file}.", fix=fix)
    if directory.exists():
        return StoreError(
            f"there is no store {file}: {directory} is a file, expected the state directory.",
            fix="Name the state directory of the tree with --state-dir.",
        )
    return StoreError(
        f"there is no store {file}: the directory {directory} does not exist.",
        fix="Name the state directory of the tree with --state-dir; it is made by the first "
        "`fsmv2 run`.",
    )


def _forbidden(file: Path) -> StoreError:
    found = forbidden(file)
    why, fix = found if found is not None else ("permission denied", "Look at its mode.")
    return StoreError(f"the store {file} cannot be read: {why}.", fix=fix)
