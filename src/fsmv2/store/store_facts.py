"""What a store says of itself, read without holding it: a tree of another version may run on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from fsmv2.errors import StoreError
from fsmv2.store import full_disk, schema
from fsmv2.store.read_only import read_only, refuse_what_is_no_store


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
        refuse_what_is_no_store(file)
        schema.check(file)
        with closing(read_only(file)) as connection:
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


def known_paths(file: Path) -> list[str]:
    """The paths that a store knows; none where it cannot be read: for suggestions."""
    try:
        with closing(read_only(file)) as connection:
            return [path for (path,) in connection.execute("SELECT path FROM identity")]
    except (sqlite3.Error, OSError):
        return []
