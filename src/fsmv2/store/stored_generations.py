"""The generations in a SQLite store, also read while a tree writes them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from fsmv2.store.generation_table import (
    Generation,
    GenerationInfo,
    Head,
    read_generation,
    read_head,
    read_history,
)
from fsmv2.store.read_only import opened_store


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

    Raises StoreError when it cannot be read, or is of a version that has none.
    """
    fix = "A store of an older fsmv2 has none; it gets them when the tree is started."
    with opened_store(file, "generations", fix=fix) as connection:
        yield GenerationReader(connection)
