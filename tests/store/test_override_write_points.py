"""An override is written, and the process killed before each call that changes a file."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from write_points import run_until

from fsmv2.store import Batch, SqliteStore, StoredOverrides
from fsmv2.store.schema import APPLICATION, TABLES

WRITER = """
import sys
from fsmv2.store import Batch, SqliteStore, StoredOverrides
store = SqliteStore(sys.argv[1])
store.open()
store.write(Batch(overrides=(StoredOverrides("edge/filler", sys.argv[2]),)))
print("acknowledged", flush=True)
store.close()
"""
PAUSE = '{"pause":{"who":"ann","reason":"","at":1.0}}'
BOTH = '{"pause":{"who":"ann","reason":"","at":1.0},"stop":{"who":"bob","reason":"","at":2.0}}'
OTHER = StoredOverrides("edge/capper", PAUSE)


OF_VERSION_2 = ("identity", "desired", "observed", "event")


def nothing(file: Path) -> None:
    """No store yet."""


def paused(file: Path) -> None:
    store = SqliteStore(file)
    store.open()
    store.write(Batch(overrides=(StoredOverrides("edge/filler", PAUSE), OTHER)))
    store.close()


def of_version_2(file: Path) -> None:
    """As 0.2.0 wrote it before there were overrides: a pause is a column of the identity."""
    statements = TABLES.split(";\n")
    tables = [one for one in statements if any(f" {name} (" in one for name in OF_VERSION_2)]
    assert len(tables) == len(OF_VERSION_2)
    with closing(sqlite3.connect(file)) as made:
        made.executescript(";".join(tables))
        made.execute("ALTER TABLE identity ADD COLUMN paused TEXT NOT NULL DEFAULT ''")
        rows = [(path, 1.0, PAUSE) for path in ("edge/filler", "edge/capper")]
        made.executemany("INSERT INTO identity VALUES (?, ?, ?)", rows)
        made.executescript(f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 2;")
        made.commit()


def stored(file: Path) -> dict[str, str]:
    store = SqliteStore(file)
    store.open()
    found = {one.path: one.overrides for one in store.overrides()}
    store.close()
    return found


@pytest.mark.campaign
@pytest.mark.timeout(600)
@pytest.mark.real
@pytest.mark.parametrize(
    ("begun_with", "written"),
    [(nothing, PAUSE), (paused, BOTH), (paused, ""), (of_version_2, BOTH)],
    ids=["first", "another", "ended", "with an upgrade"],
)
def test_it_is_as_before_or_as_asked_and_as_asked_once_acknowledged(
    tmp_path: Path, begun_with: Callable[[Path], None], written: str
) -> None:
    (tmp_path / "script.py").write_text(WRITER)
    (tmp_path / "first").mkdir()
    begun_with(tmp_path / "first" / "store.db")
    before = {} if begun_with is nothing else {"edge/filler": PAUSE, "edge/capper": PAUSE}
    after = {**before, "edge/filler": written}
    after = {path: text for path, text in after.items() if text}
    seen: list[bool] = []
    for point in range(1, 400):
        folder = tmp_path / str(point)
        shutil.copytree(tmp_path / "first", folder)
        file = folder / "store.db"
        killed, said = run_until(point, [str(tmp_path / "script.py"), str(file), written])
        copy = folder / "store.db.version-2"
        if copy.exists():
            with closing(sqlite3.connect(copy)) as kept:
                assert kept.execute("SELECT count(*) FROM identity").fetchone() == (2,), "whole"
        found = stored(file)
        assert found in ((after,) if "acknowledged" in said else (before, after)), point
        seen.append(found == after)
        shutil.rmtree(folder)
        if not killed:
            assert "acknowledged" in said
            break
    assert len(seen) > 3, "there were points at which it was killed"
    assert seen == sorted(seen), "from one point on it is in force"
