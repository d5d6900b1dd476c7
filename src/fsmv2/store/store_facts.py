"""What a store says of itself, read without holding it: a tree of another version may run on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from fsmv2.errors import StoreError
from fsmv2.store import full_disk, schema


class StoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The version of its tables, and by worker type the paths of those that it knows."""

    version: int
    types: dict[str, tuple[str, ...]]

    @property
    def is_older(self) -> bool:
        """Whether the next start has to bring it up to date."""
        return self.version < schema.VERSION


def read_facts(file: Path) -> StoreFacts:
    """What a store is like; changes nothing. StoreError: there is none, or it cannot be used."""
    try:
        if schema.empty(file):
            raise StoreError(
                f"there is no store {file}.", fix="Start the tree once with `fsmv2 run`."
            )
        schema.check(file)
        with closing(_read_only(file)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            types: dict[str, list[str]] = {}
            for name, path in connection.execute(
                "SELECT worker_type, path FROM desired ORDER BY path"
            ):
                types.setdefault(name, []).append(path)
    except StoreError:
        raise
    except (sqlite3.Error, OSError) as error:
        why = full_disk.reason(error, file) if isinstance(error, sqlite3.Error) else error.strerror
        raise StoreError(
            f"the store {file} cannot be read: {why}.",
            fix="Look at it as the user that runs the tree, or as root.",
        ) from error
    return StoreFacts(version=version, types={name: tuple(paths) for name, paths in types.items()})


def _read_only(file: Path) -> sqlite3.Connection:
    address = f"{file.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=5.0)
    try:
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        connection.close()
        return full_disk.open_as_it_is(file, error)
    return connection
