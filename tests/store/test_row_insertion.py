"""Many rows with few statements are inserted as one by one: all, in order, the last one winning."""

from __future__ import annotations

import sqlite3

import pytest

from fsmv2.store.row_insertion import AT_ONCE, MANY_AT_ONCE, insert_rows

KEPT = """
INSERT INTO kept VALUES (?, 1, ?)
ON CONFLICT (path) DO UPDATE SET version = version + 1, text = excluded.text
WHERE text <> excluded.text
"""


@pytest.fixture
def connection() -> sqlite3.Connection:
    """A database in memory with two tables."""
    made = sqlite3.connect(":memory:")
    made.execute("CREATE TABLE kept (path TEXT PRIMARY KEY, version INTEGER, text TEXT)")
    made.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, text TEXT)")
    return made


@pytest.mark.parametrize(
    "number",
    [
        *(0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE + 7),
        *(MANY_AT_ONCE - 1, MANY_AT_ONCE, MANY_AT_ONCE + 1, 3 * MANY_AT_ONCE + 2 * AT_ONCE + 7),
    ],
)
def test_all_are_inserted_in_order(connection: sqlite3.Connection, number: int) -> None:
    rows = [(f"{index} happened",) for index in range(number)]
    insert_rows(connection, "INSERT INTO event (text) VALUES (?)", rows)
    assert connection.execute("SELECT text FROM event ORDER BY id").fetchall() == rows


def test_what_is_there_already_is_changed_where_it_differs(connection: sqlite3.Connection) -> None:
    paths = [f"w{index}" for index in range(2 * AT_ONCE + 3)]
    insert_rows(connection, KEPT, [(path, "a") for path in paths])
    insert_rows(connection, KEPT, [(path, "b" if path == "w7" else "a") for path in paths])
    versions = dict(connection.execute("SELECT path, version FROM kept"))
    assert versions == {path: 2 if path == "w7" else 1 for path in paths}


def test_of_two_for_one_key_the_later_one_wins(connection: sqlite3.Connection) -> None:
    insert_rows(connection, KEPT, [("w", str(index)) for index in range(AT_ONCE + 1)])
    assert connection.execute("SELECT text, version FROM kept").fetchall() == [
        (str(AT_ONCE), AT_ONCE + 1)
    ]
