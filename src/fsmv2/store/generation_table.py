"""Generations of a document in a SQLite store: the text of each as it was applied, and which runs.

A generation is written once and never changed. The head names the one that runs; it moves only from
the generation on which the change was based, so that of two changes made at once one is refused.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from fsmv2.errors import GenerationConflictError, StoreError

KEPT = 100
"""Generations that are kept, beside the head."""

FAST = 1
"""zlib's level: a document of a thousand bridges, half a megabyte, in 3 ms."""

TABLES_OF_VERSION_4 = """
CREATE TABLE generation (
  number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, tool TEXT NOT NULL,
  why TEXT NOT NULL, source TEXT NOT NULL, digest TEXT NOT NULL, text BLOB NOT NULL
) STRICT;
CREATE TABLE head (
  one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, managed INTEGER NOT NULL,
  pinned INTEGER NOT NULL, ended INTEGER NOT NULL
) STRICT;
"""

SINCE_VERSION_5 = """
ALTER TABLE generation ADD COLUMN rollback_of INTEGER NOT NULL DEFAULT 0;
ALTER TABLE head ADD COLUMN converged INTEGER NOT NULL DEFAULT 0;
CREATE TABLE pending_apply (
  one INTEGER PRIMARY KEY CHECK (one = 1), generation INTEGER NOT NULL, deadline REAL,
  rollback INTEGER NOT NULL, rollback_to INTEGER NOT NULL, touched BLOB NOT NULL
) STRICT;
"""

SINCE_VERSION_6 = """
ALTER TABLE generation ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
UPDATE generation SET outcome = 'converged' WHERE number IN (SELECT converged FROM head);
"""

TABLES = TABLES_OF_VERSION_4 + SINCE_VERSION_5.lstrip() + SINCE_VERSION_6.lstrip()
"""A new store is made as an old one is brought up to date, so that there is one form of it."""

CONVERGES_SINCE = 5
"""The version of a store that first says what has converged, and from what was rolled back."""

OUTCOMES_SINCE = 6
"""The version of a store that first says of each generation what became of it."""

Outcome = Literal["", "converged", "not converged", "superseded", "rolled back"]
"""What became of a generation; empty: it still converges, or it is not known."""

_COLUMNS = "number, at, who, tool, why, source, digest, rollback_of, outcome"


def _columns(connection: sqlite3.Connection) -> str:
    """The columns of a generation; a store that is only read may be of a version before."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    columns = _COLUMNS
    if version < CONVERGES_SINCE:
        columns = columns.replace("rollback_of", "0")
    if version < OUTCOMES_SINCE:
        columns = columns.replace("outcome", "''")
    return columns


class GenerationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One generation without its text.

    `at` in Unix seconds; `who` applied it with which `tool`, and `why`; `source`: the path of the
    document it was read from; `digest`: of all its files. `rollback_of`: the generation whose text
    it has, made to run again; 0: it was applied as it is. `outcome`: what became of it; empty: it
    still converges, or it is not known.
    """

    number: int
    """Counts up from 1."""
    at: float
    who: str
    tool: str
    why: str
    source: str
    digest: str
    rollback_of: int = 0
    outcome: Outcome = ""


class Generation(GenerationInfo, frozen=True, kw_only=True):
    """A generation with its text as written: bytes by file name, '' for a document of one file."""

    files: Mapping[str, bytes]
    """The text of each file, by its name; of a document of one file, the name is empty."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """Which generation runs.

    `managed`: it is the truth; otherwise a file is. `pinned`: an older one was made to run again.
    `ended`: the last run came to the end of its stop. `converged`: the last generation that has
    converged; 0: it is not known of any.
    """

    number: int
    """Of the generation that runs."""
    managed: bool = False
    pinned: bool = False
    ended: bool = False
    converged: int = 0


class PendingApply(msgspec.Struct, frozen=True, kw_only=True):
    """A generation that has not converged yet, and what is to be done if it does not.

    `deadline` in Unix seconds; None: it has as long as it takes. `rollback`: at the deadline the
    generation `rollback_to` is to run again. `touched`: who has to converge, and how they were
    before, as whoever waits for them has written it.
    """

    generation: int
    """The number of the one that is waited for."""
    deadline: float | None
    rollback: bool
    rollback_to: int
    touched: bytes


def read_head(connection: sqlite3.Connection) -> Head | None:
    """The head; None when there never was a generation.

    Raises StoreError when there are generations and no head, or a head without its generation:
    never taken for an empty document.
    """
    row = connection.execute("SELECT * FROM head").fetchone()
    known = connection.execute("SELECT count(*), max(number) FROM generation").fetchone()
    if row is None:
        if known[0]:
            raise StoreError(
                f"the store has {known[0]} generations of the document and does not record which "
                "one runs. It is left as it was.",
                fix="Put a copy of the store in its place, or move it away and start with the "
                "document.",
            )
        return None
    _, number, managed, pinned, ended, *later = row
    head = Head(
        number=number,
        managed=bool(managed),
        pinned=bool(pinned),
        ended=bool(ended),
        converged=later[0] if later else 0,
    )
    found = connection.execute("SELECT 1 FROM generation WHERE number = ?", (head.number,))
    if found.fetchone() is None:
        raise StoreError(
            f"the store records that generation {head.number} of the document runs, and does not "
            "have it. It is left as it was.",
            fix="Put a copy of the store in its place, or move it away and start with the "
            "document.",
        )
    return head


def read_generation(connection: sqlite3.Connection, number: int) -> Generation | None:
    """One generation; None when it is not kept. StoreError: its text is damaged."""
    row = connection.execute(
        # The names of columns are constants of this file.
        f"SELECT {_columns(connection)}, text FROM generation WHERE number = ?",  # noqa: S608
        (number,),
    ).fetchone()
    if row is None:
        return None
    try:
        files = msgspec.msgpack.decode(zlib.decompress(row[9]), type=dict[str, bytes])
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
        rollback_of=row[7],
        outcome=row[8],
        files=files,
    )


def read_history(connection: sqlite3.Connection) -> tuple[GenerationInfo, ...]:
    """All that are kept, oldest first."""
    rows = connection.execute(
        # The names of columns are constants of this file.
        f"SELECT {_columns(connection)} FROM generation ORDER BY number"  # noqa: S608
    ).fetchall()
    return tuple(
        GenerationInfo(
            number=number,
            at=at,
            who=who,
            tool=tool,
            why=why,
            source=source,
            digest=digest,
            rollback_of=rollback_of,
            outcome=outcome,
        )
        for number, at, who, tool, why, source, digest, rollback_of, outcome in rows
    )


def commit(
    connection: sqlite3.Connection,
    new: Generation,
    head: Head,
    *,
    based_on: int,
    pending: PendingApply | None = None,
    before: Outcome = "superseded",
    kept: int = KEPT,
) -> None:
    """Write a generation and make it the head; inside a transaction that is durable at its end.

    `pending` takes the place of whatever was pending; `before` is what became of the one that ran,
    unless that is known. Raises GenerationConflictError unless the head is `based_on` (0: there is
    none).
    """
    row = connection.execute("SELECT number FROM head").fetchone()
    now = row[0] if row is not None else 0
    if now != based_on:
        raise conflict(based_on, now)
    text = zlib.compress(msgspec.msgpack.encode(dict(new.files)), FAST)
    connection.execute(
        # The names of columns are constants of this file.
        f"INSERT INTO generation ({_COLUMNS}, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            new.number,
            new.at,
            new.who,
            new.tool,
            new.why,
            new.source,
            new.digest,
            new.rollback_of,
            new.outcome,
            text,
        ),
    )
    connection.execute(
        "UPDATE generation SET outcome = ? WHERE number = ? AND outcome = ''", (before, based_on)
    )
    write_head(connection, head)
    write_pending(connection, pending)
    connection.execute(
        "DELETE FROM generation WHERE number <= (SELECT max(number) FROM generation) - ? "
        "AND number NOT IN (SELECT number FROM head) "
        "AND number NOT IN (SELECT converged FROM head) "
        "AND number NOT IN (SELECT rollback_to FROM pending_apply)",
        (kept,),
    )


def conflict(based_on: int, now: int) -> GenerationConflictError:
    """Another generation runs than the one that a change was made against."""
    return GenerationConflictError(
        f"generation {now} is running now, and the change was made against generation {based_on}.",
        fix="Look at what changed with `fsmv2 diff`, and make the change again.",
    )


def write_head(connection: sqlite3.Connection, head: Head) -> None:
    """Make this the head. Which generation converged last stays as it is known here."""
    connection.execute(
        "INSERT INTO head (one, number, managed, pinned, ended, converged) "
        "VALUES (1, ?, ?, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET "
        "number = excluded.number, managed = excluded.managed, pinned = excluded.pinned, "
        "ended = excluded.ended",
        (head.number, head.managed, head.pinned, head.ended, head.converged),
    )


def read_pending(connection: sqlite3.Connection) -> PendingApply | None:
    """The generation that has not converged yet; None: nothing is waited for.

    StoreError: what is kept of it is damaged.
    """
    row = connection.execute(
        "SELECT generation, deadline, rollback, rollback_to, touched FROM pending_apply"
    ).fetchone()
    if row is None:
        return None
    try:
        touched = zlib.decompress(row[4])
    except zlib.error as error:
        raise StoreError(f"what is waited for in generation {row[0]} is damaged.") from error
    return PendingApply(
        generation=row[0],
        deadline=row[1],
        rollback=bool(row[2]),
        rollback_to=row[3],
        touched=touched,
    )


def write_pending(connection: sqlite3.Connection, pending: PendingApply | None) -> None:
    """Have this be waited for, and nothing else."""
    connection.execute("DELETE FROM pending_apply")
    if pending is not None:
        connection.execute(
            "INSERT INTO pending_apply VALUES (1, ?, ?, ?, ?, ?)",
            (
                pending.generation,
                pending.deadline,
                pending.rollback,
                pending.rollback_to,
                zlib.compress(pending.touched, FAST),
            ),
        )


def end_pending(connection: sqlite3.Connection, generation: int, *, converged: bool) -> None:
    """Wait for this generation no longer, if it is what is waited for, and keep its outcome."""
    connection.execute("DELETE FROM pending_apply WHERE generation = ?", (generation,))
    outcome: Outcome = "converged" if converged else "not converged"
    connection.execute("UPDATE generation SET outcome = ? WHERE number = ?", (outcome, generation))
    if converged:
        connection.execute("UPDATE head SET converged = ?", (generation,))
