"""Inserts many rows with few statements.

Before each statement the interpreter is given to other threads, and afterwards it is waited for:
for each row that took a fifth of the time.
"""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from itertools import chain
from typing import Any

AT_ONCE = 16
"""Rows in one statement: most of what can be won, and a commit of eighty rows has few left over."""

MANY_AT_ONCE = 128
"""The same of a commit of thousands. SQLite may be built to take no more than 999 values at once,
which is seven of so many."""

_VALUES = re.compile(r"VALUES (\([^)]*\))")


def insert_rows(
    connection: sqlite3.Connection, statement: str, rows: list[tuple[Any, ...]]
) -> None:
    """Carry out `statement`, which inserts `VALUES (?, ...)`, for each of `rows`, in order."""
    first = 0
    for number in (MANY_AT_ONCE, AT_ONCE):
        whole = len(rows) - (len(rows) - first) % number
        for start in range(first, whole, number):
            values = [*chain.from_iterable(rows[start : start + number])]
            connection.execute(_of_many(statement, number), values)
        first = whole
    connection.executemany(statement, rows[first:])


@cache
def _of_many(statement: str, number: int) -> str:
    before, values, after = _VALUES.split(statement, 1)
    return f"{before}VALUES {', '.join([values] * number)}{after}"
