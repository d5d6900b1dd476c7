"""Saves what can be read of a damaged store: row by row, from both ends of each table.

SQLite stops at the first damaged page. Read backwards, it gives the rows behind that page as well.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fsmv2.host.private import open_private
from fsmv2.operate.generations import BEGUN_MANAGED
from fsmv2.store import schema

KEYS = {
    "generation": "number",
    "head": "one",
    "pending_apply": "one",
    "override": "path",
    "identity": "path",
    "desired": "path",
    "observed": "path",
    "event": "id",
}
"""The tables, what cannot be made again first, each with the key that its rows are read by."""

MOST = 10_000_000
"""Rows; a damaged index can lead in a circle."""


class Rows(NamedTuple):
    """The names of the columns, and the rows that can be read, by key; whether these are all."""

    names: list[str]
    rows: list[tuple[Any, ...]]
    whole: bool


class ReadableTable(NamedTuple):
    """How many rows of a table can be read, and whether these are all of them."""

    rows: int
    whole: bool


def read_tables(file: Path) -> dict[str, ReadableTable]:
    """What can be read of each table. The file is not touched."""
    with _working_copy(file) as connection:
        if connection is None:
            return dict.fromkeys(KEYS, ReadableTable(0, False))
        found = {table: _rows(connection, table) for table in KEYS}
        return {name: ReadableTable(len(one.rows), one.whole) for name, one in found.items()}


def salvage(damaged: Path, target: Path) -> dict[str, int]:
    """Make a new store at `target` of what can be read; how many rows of each table that is.

    Of generations without a head the last one becomes it. OSError, sqlite3.Error: it cannot be
    written. `damaged` is not touched.
    """
    saved: dict[str, int] = {}
    os.close(open_private(target, os.O_RDWR))
    with (
        _working_copy(damaged) as source,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as made,
    ):
        schema.create(made)
        if source is None:
            return saved
        made.execute("BEGIN IMMEDIATE")
        for table in KEYS:
            saved[table] = _copied(source, made, table)
        have_head(made)
        made.execute("COMMIT")
    return saved


def have_head(connection: sqlite3.Connection) -> int:
    """Let the last generation run where none does that is there; its number, 0: nothing changed."""
    found = connection.execute(
        "SELECT 1 FROM head JOIN generation ON generation.number = head.number"
    ).fetchone()
    last = connection.execute("SELECT max(number) FROM generation").fetchone()[0]
    if found is not None or last is None:
        return 0
    was = connection.execute("SELECT managed FROM head").fetchone()
    if was is None:  # a tree that follows a file has read none of them with `run --init`
        begun = "SELECT why = ? FROM generation ORDER BY number LIMIT 1"
        was = connection.execute(begun, (BEGUN_MANAGED,)).fetchone()
    connection.execute("DELETE FROM head")
    connection.execute("DELETE FROM pending_apply")
    connection.execute(
        "INSERT INTO head (one, number, managed, pinned, ended, converged) "
        "VALUES (1, ?, ?, 0, 0, 0)",
        (last, was[0]),
    )
    return int(last)


def _copied(source: sqlite3.Connection, made: sqlite3.Connection, table: str) -> int:
    names, rows, _ = _rows(source, table)
    known = {row[1] for row in made.execute(f"PRAGMA table_info({table})")}
    kept = [number for number, name in enumerate(names) if name in known]
    if not kept:
        return 0
    columns = ", ".join(names[number] for number in kept)
    places = ", ".join("?" * len(kept))
    saved = 0
    for row in rows:
        with contextlib.suppress(sqlite3.Error):  # a row whose values are not of their types
            made.execute(
                # Names of tables and columns are constants of the schema.
                f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})",  # noqa: S608
                [row[number] for number in kept],
            )
            saved += 1
    return saved


def _rows(connection: sqlite3.Connection, table: str) -> Rows:
    names: list[str] = []
    found: dict[Any, tuple[Any, ...]] = {}
    key = KEYS[table]
    whole = False
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error):
            rows = connection.execute(
                # Names of tables and columns are constants of the schema.
                f"SELECT {key}, * FROM {table} ORDER BY {key} {order}"  # noqa: S608
            )
            names = [one[0] for one in rows.description][1:]
            for row in rows:
                if row[0] in found and order == "DESC":
                    break  # from here on it was read from the other end
                found[row[0]] = row[1:]
                if len(found) >= MOST:
                    break
            whole = order == "ASC"
        if whole:
            break
    in_order = [found[key] for key in sorted(found, key=lambda each: (str(type(each)), each))]
    return Rows(names, in_order, whole)


@contextlib.contextmanager
def _working_copy(file: Path) -> Iterator[sqlite3.Connection | None]:
    """A copy to read, with what its log still has; None: there is nothing that could be read."""
    with tempfile.TemporaryDirectory(prefix="fsmv2-salvage-") as folder:
        copy = Path(folder) / file.name
        try:
            for end in ("", "-wal", "-journal"):
                beside = file.with_name(file.name + end)
                if beside.is_file():
                    shutil.copyfile(beside, copy.with_name(copy.name + end))
            connection = sqlite3.connect(copy, isolation_level=None)
        except (OSError, sqlite3.Error):
            yield None
            return
        connection.execute("PRAGMA query_only = 1")
        with contextlib.closing(connection):
            try:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except sqlite3.Error:
                yield None
                return
            yield connection
