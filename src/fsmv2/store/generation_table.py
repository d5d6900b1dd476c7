"""Generations of a document in a SQLite store: the text of each as it was applied, and which runs.

A generation is written once and never changed. The head names the one that runs; it moves only from
the generation on which the change was based, so that of two changes made at once one is refused.
"""

from __future__ import annotations

import contextlib
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from fsmv2.errors import GenerationConflictError, StoreError
from fsmv2.store import full_disk

KEPT = 100
"""Generations that are kept, beside the head."""

FAST = 1
"""zlib's level: a document of a thousand bridges, half a megabyte, in 3 ms."""

TABLES = """
CREATE TABLE generation (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, tool TEXT NOT NULL,
  why TEXT NOT NULL, source TEXT NOT NULL, digest TEXT NOT NULL, text BLOB NOT NULL
) STRICT;
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, managed INTEGER NOT NULL,
  pinned INTEGER NOT NULL, ended INTEGER NOT NULL
) STRICT;
"""

_COLUMNS = "number, at, who, tool, why, source, digest"


class GenerationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One generation without its text.

    `at` in Unix seconds; `who` applied it with which `tool`, and `why`; `source`: the path of the
    document it was read from; `digest`: of all its files.
    """

    number: int
    at: float
    who: str
    tool: str
    why: str
    source: str
    digest: str


class Generation(GenerationInfo, frozen=True, kw_only=True):
    """A generation with its text as written: bytes by file name, '' for a document of one file."""

    files: Mapping[str, bytes]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Which generation runs.

    `managed`: it is the truth; otherwise a file is. `pinned`: an older one was made to run again.
    `ended`: the last run came to the end of its stop.
    """

    number: int
    managed: bool = False
    pinned: bool = False
    ended: bool = False


def read_head(connection: sqlite3.Connection) -> Head | None:
    """The head; None when there never was a generation.

    Raises StoreError when there are generations and no head, or a head without its generation:
    never taken for an empty document.
    """
    row = connection.execute("SELECT number, managed, pinned, ended FROM head").fetchone()
    known = connection.execute("SELECT count(*), max(number) FROM generation").fetchone()
    if row is None:
        if known[0]:
            raise StoreError(
                f"the store has {known[0]} generations of the document and does not say which one "
                "runs. It is left as it was.",
                fix="Put a copy of the store in its place, or move it away and start with the "
                "document.",
            )
        return None
    head = Head(number=row[0], managed=bool(row[1]), pinned=bool(row[2]), ended=bool(row[3]))
    found = connection.execute("SELECT 1 FROM generation WHERE number = ?", (head.number,))
    if found.fetchone() is None:
        raise StoreError(
            f"the store says that generation {head.number} of the document runs, and does not have "
            "it. It is left as it was.",
            fix="Put a copy of the store in its place, or move it away and start with the "
            "document.",
        )
    return head


def read_generation(connection: sqlite3.Connection, number: int) -> Generation | None:
    """One generation; None when it is not kept. StoreError: its text is damaged."""
    row = connection.execute(
        # The names of columns are constants of this file.
        f"SELECT {_COLUMNS}, text FROM generation WHERE number = ?",  # noqa: S608
        (number,),
    ).fetchone()
    if row is None:
        return None
    try:
        files = msgspec.msgpack.decode(zlib.decompress(row[7]), type=dict[str, bytes])
    except (zlib.error, msgspec.DecodeError) as error:
        raise StoreError(f"generation {number} of the document is damaged: {error}.") from error
    return Generation(
        number=row[0],
        at=row[1],
        who=row[2],
        tool=row[3],
        why=row[4],
        source=row[5],
        digest=row[6],
        files=files,
    )


def read_history(connection: sqlite3.Connection) -> tuple[GenerationInfo, ...]:
    """All that are kept, oldest first."""
    rows = connection.execute(
        # The names of columns are constants of this file.
        f"SELECT {_COLUMNS} FROM generation ORDER BY number"  # noqa: S608
    ).fetchall()
    return tuple(
        GenerationInfo(
            number=number, at=at, who=who, tool=tool, why=why, source=source, digest=digest
        )
        for number, at, who, tool, why, source, digest in rows
    )


def commit(
    connection: sqlite3.Connection, new: Generation, head: Head, *, based_on: int, kept: int = KEPT
) -> None:
    """Write a generation and make it the head; inside a transaction that is durable at its end.

    Raises GenerationConflictError unless the head is `based_on` (0: there is none).
    """
    row = connection.execute("SELECT number FROM head").fetchone()
    now = row[0] if row is not None else 0
    if now != based_on:
        raise GenerationConflictError(
            f"generation {now} runs by now, and the change was made against generation {based_on}.",
            fix="Look at what changed with `fsmv2 diff`, and make the change again.",
        )
    text = zlib.compress(msgspec.msgpack.encode(dict(new.files)), FAST)
    connection.execute(
        "INSERT INTO generation VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (new.number, new.at, new.who, new.tool, new.why, new.source, new.digest, text),
    )
    write_head(connection, head)
    connection.execute(
        "DELETE FROM generation WHERE number <= (SELECT max(number) FROM generation) - ? "
        "AND number <> ?",
        (kept, head.number),
    )


def write_head(connection: sqlite3.Connection, head: Head) -> None:
    """Make this the head."""
    connection.execute(
        "INSERT INTO head VALUES (1, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET "
        "number = excluded.number, managed = excluded.managed, pinned = excluded.pinned, "
        "ended = excluded.ended",
        (head.number, head.managed, head.pinned, head.ended),
    )


class GenerationReader:
    """Reads the generations in a store that a running tree may be writing."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self) -> Head | None:
        """Which generation runs; None when there never was one."""
        return read_head(self._connection)

    def history(self) -> tuple[GenerationInfo, ...]:
        """The generations that are kept, oldest first."""
        return read_history(self._connection)

    def generation(self, number: int) -> Generation | None:
        """One generation with its text; None when it is not kept."""
        return read_generation(self._connection, number)


@contextlib.contextmanager
def reading(file: Path) -> Iterator[GenerationReader]:
    """The generations in a store, without holding it: a tree may be running on it.

    Raises StoreError when it is not there, or of a version that has none.
    """
    if not file.exists() or not file.stat().st_size:
        raise StoreError(f"there is no store {file}.", fix="Start the tree once with `fsmv2 run`.")
    try:
        with contextlib.closing(_read_only(file)) as connection:
            yield GenerationReader(connection)
    except sqlite3.Error as error:
        raise StoreError(
            f"the generations in the store {file} cannot be read: {full_disk.reason(error, file)}.",
            fix="A store of an older fsmv2 has none; it gets them when the tree is started.",
        ) from error


def _read_only(file: Path) -> sqlite3.Connection:
    """A connection with one view of all that is read."""
    address = f"{file.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=5.0)
    try:
        connection.execute("BEGIN")
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        return full_disk.open_as_it_is(file, error)
    return connection
