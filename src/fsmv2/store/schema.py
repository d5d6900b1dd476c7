"""The tables of a SQLite store, and whether a file may be used: looked at before it is touched."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from fsmv2.errors import StoreError
from fsmv2.host import disk_trouble
from fsmv2.host.private import open_private
from fsmv2.store import full_disk
from fsmv2.store.generation_table import SINCE_VERSION_5, SINCE_VERSION_6, TABLES_OF_VERSION_4
from fsmv2.store.generation_table import TABLES as GENERATIONS

VERSION = 6
"""Raised with every change of the tables; a program refuses what is newer than itself."""

GENERATIONS_SINCE = 4
"""The version that first has generations."""

APPLICATION = 0x66736D32
"""`fsm2`: tells a store from any other SQLite file."""

TABLES = """
CREATE TABLE identity (
  path TEXT PRIMARY KEY, created_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE override (
  path TEXT PRIMARY KEY, overrides TEXT NOT NULL
) STRICT;
CREATE TABLE desired (
  path TEXT PRIMARY KEY, version INTEGER NOT NULL, at REAL NOT NULL, worker_type TEXT NOT NULL,
  declared BLOB NOT NULL, desired BLOB NOT NULL
) STRICT;
CREATE TABLE observed (
  path TEXT PRIMARY KEY, version INTEGER NOT NULL, at REAL NOT NULL, incarnation INTEGER NOT NULL,
  state TEXT NOT NULL, observed BLOB NOT NULL
) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL,
  level TEXT NOT NULL, state TEXT NOT NULL, text TEXT NOT NULL, tick INTEGER NOT NULL
) STRICT;
""" + GENERATIONS.lstrip()

_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_USER_VERSION, _APPLICATION = 60, 68
"""Where SQLite's file format keeps both numbers, four bytes each, most significant first."""


def statements(text: str) -> tuple[str, ...]:
    """The statements of a text, each by itself."""
    return tuple(text.strip().removesuffix(";").split(";\n"))


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty file, so that the file is a store or still empty."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(TABLES):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.rollback()
        raise


UPGRADES = {
    1: ("ALTER TABLE identity ADD COLUMN paused TEXT NOT NULL DEFAULT ''",),
    2: (
        "CREATE TABLE override (path TEXT PRIMARY KEY, overrides TEXT NOT NULL) STRICT",
        "INSERT INTO override SELECT path, paused FROM identity WHERE paused <> ''",
        "ALTER TABLE identity DROP COLUMN paused",
    ),
    3: statements(TABLES_OF_VERSION_4),
    4: statements(SINCE_VERSION_5),
    5: statements(SINCE_VERSION_6),
}
"""What makes a store of a version one of the next."""


def upgrade(connection: sqlite3.Connection, file: Path) -> None:
    """Bring the tables of an older version up to date, all of it or nothing.

    A copy of the file as it was is kept beside it, for who has to go back to the older program.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    _keep_copy(connection, file.with_name(f"{file.name}.version-{version}"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for number in range(version, VERSION):
            for statement in UPGRADES[number]:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.rollback()
        raise


def _keep_copy(connection: sqlite3.Connection, copy: Path) -> None:
    """A whole copy or none: it gets its name when it is complete."""
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    os.close(open_private(part, os.O_RDWR))
    with closing(sqlite3.connect(part)) as target:
        connection.backup(target)
    part.replace(copy)


def undo_unfinished(file: Path) -> None:
    """Undo a creation that was killed before its end, when the write-ahead log was not on yet.

    The file has its tables then, and beside it the journal that takes them out again; who may only
    read can do neither with it nor without it. Files of other programs are left alone.
    """
    try:
        if not file.with_name(file.name + "-journal").stat().st_size:
            return
        with file.open("rb") as opened:
            header = opened.read(_HEADER)
    except FileNotFoundError:
        return
    begun = not header.strip(b"\0")  # the first page, which has the header, comes last
    if begun or header[_APPLICATION : _APPLICATION + 4] == APPLICATION.to_bytes(4, "big"):
        with closing(sqlite3.connect(file, timeout=1.0)) as writer:
            writer.execute("PRAGMA user_version").fetchone()  # a read is enough for SQLite


def empty(file: Path) -> bool:
    """Whether there is no store yet, and one may be made."""
    return not file.exists() or file.stat().st_size == 0


class Header(NamedTuple):
    """Two numbers at the beginning of a SQLite file: whose it is, and of which version."""

    application: int
    version: int


def read_header(file: Path) -> Header | None:
    """The header, also of a damaged file; None: it is no SQLite file. OSError: it is not there."""
    with file.open("rb") as opened:
        header = opened.read(_HEADER)
    if not header.startswith(_MAGIC) or len(header) < _HEADER:
        return None
    return Header(_number(header, _APPLICATION), _number(header, _USER_VERSION))


def _number(header: bytes, place: int) -> int:
    return int.from_bytes(header[place : place + 4], "big")


def check_kind(file: Path) -> None:
    """Raise StoreError if something else than a file is in its place. OSError: unreadable."""
    if file.exists() and not file.is_file():
        kind = "a folder" if file.is_dir() else "no file"
        raise StoreError(
            f"{file} is {kind}, expected the file of a store.",
            fix=f"Name the state directory of the tree with --state-dir; if it is {file.parent}, "
            "ask `fsmv2 doctor`.",
        )


def check_header(file: Path) -> None:
    """Raise StoreError unless `file` begins as a store of a known version. OSError: unreadable."""
    header = read_header(file)
    if header is None:
        raise _refused(file, "it is not a store: no SQLite file")
    if header.application != APPLICATION:
        raise _refused(file, "it is the SQLite file of another program")
    _check_version(file, header.version)


def check(file: Path) -> None:
    """Raise StoreError unless `file` is a whole store of a version we know; changes nothing."""
    check_header(file)
    try:
        try:
            # Read only: closing the last writer of a damaged file would write into it.
            address = f"{file.absolute().as_uri()}?mode=ro"
            found = _looked_through(file, sqlite3.connect(address, uri=True))
        except sqlite3.Error as error:
            found = _looked_through(file, full_disk.open_as_it_is(file, error))
    except sqlite3.Error as error:
        raise _refused(file, full_disk.reason(error, file)) from error
    if found != "ok":
        raise _refused(file, f"it is damaged: {' '.join(str(found).split())}")


def _looked_through(file: Path, connection: sqlite3.Connection) -> str:
    with closing(connection) as reader:
        _check_version(file, reader.execute("PRAGMA user_version").fetchone()[0])
        return str(reader.execute("PRAGMA quick_check(1)").fetchone()[0])


def open_as_it_is(file: Path, error: sqlite3.Error) -> sqlite3.Connection:
    """A connection that can only read, when `error` says no more than that the disk is full.

    Raises `error` otherwise; also for a store of an older version, which has to be upgraded first.
    """
    reader = full_disk.open_as_it_is(file, error)
    if reader.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        reader.close()
        raise error
    return reader


def _check_version(file: Path, version: int) -> None:
    if version > VERSION:
        raise StoreError(
            f"the store {file} was written by a newer fsmv2: it has version {version}, this one "
            f"knows up to {VERSION}. It is left as it was.",
            fix="Use the newer fsmv2, or another file.",
        )
    if version < 1:
        raise _refused(file, f"its version is {version}, expected 1 to {VERSION}")


def _refused(file: Path, why: str) -> StoreError:
    return StoreError(
        f"the store {file} cannot be read: {why}. It is left as it was.",
        fix=full_disk.FIX
        if why == disk_trouble.FULL
        else "Put a copy in its place; or move it away, and a new one is created: the tree is "
        "derived again, only the history and the ages of its paths are lost.",
    )
