"""Stores as older versions left them, with two paused paths, and the copies kept of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from fsmv2.store.schema import APPLICATION, TABLES, UPGRADES

PATHS = ("edge/filler", "edge/capper")
OF_VERSION_1 = ("identity", "desired", "observed", "event")


def make_store(file: Path, version: int, pause: str) -> None:
    """As that version wrote it; before version 2 nothing was paused."""
    tables = [one for one in TABLES.split(";\n") if any(f" {n} (" in one for n in OF_VERSION_1)]
    assert len(tables) == len(OF_VERSION_1)
    with closing(sqlite3.connect(file)) as made:
        made.executescript(";".join(tables))
        made.executemany("INSERT INTO identity VALUES (?, 1.0)", [(path,) for path in PATHS])
        for number in range(1, version):
            for statement in UPGRADES[number]:
                made.execute(statement)
            if number == 1:
                made.execute("UPDATE identity SET paused = ?", (pause,))
        made.executescript(
            f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {version};"
        )
        made.commit()


def check_copy(file: Path, version: int, *, upgraded: bool) -> None:
    """A copy of the store of that version is whole; once that was upgraded there is one."""
    copy = file.with_name(f"{file.name}.version-{version}")
    assert copy.exists() or not upgraded, "it was upgraded without a copy"
    if copy.exists():
        with closing(sqlite3.connect(copy)) as kept:
            assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert kept.execute("PRAGMA user_version").fetchone() == (version,)
            assert kept.execute("SELECT count(*) FROM identity").fetchone() == (len(PATHS),)


def version_of(file: Path) -> int:
    """The version of a store, also of one whose writer was killed."""
    with closing(sqlite3.connect(file)) as opened:
        found: int = opened.execute("PRAGMA user_version").fetchone()[0]
        return found
