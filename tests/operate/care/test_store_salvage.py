"""Of a damaged store all is saved that can be read, and the damaged file is not touched."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from kept_plant import KeptPlant, unchanged

from fsmv2.operate.care.store_salvage import have_head, read_tables, salvage
from fsmv2.operate.generations import opened


def test_a_whole_store_is_read_whole(plant: KeptPlant) -> None:
    found = read_tables(plant.store)
    assert all(one.whole for one in found.values())
    assert {name: one.rows for name, one in found.items()} == {
        "generation": 1,
        "head": 1,
        "pending_apply": 0,
        "override": 1,
        "identity": 3,
        "desired": 3,
        "observed": 0,
        "event": 5,
    }


def test_what_the_log_beside_it_holds_is_read(plant: KeptPlant) -> None:
    with opened(plant.state):
        with contextlib.closing(sqlite3.connect(plant.store)) as other:
            other.execute("DELETE FROM event WHERE id = 1")
            other.commit()
        assert plant.store.with_name("store.db-wal").stat().st_size
        assert read_tables(plant.store)["event"].rows == 4


@pytest.mark.parametrize("table", ["event", "identity", "override", "desired"])
def test_the_other_tables_are_saved(plant: KeptPlant, tmp_path: Path, table: str) -> None:
    plant.damage(table)
    with unchanged(plant.state):
        saved = salvage(plant.store, tmp_path / "new.db")
    assert saved[table] == 0
    assert saved["generation"] == saved["head"] == 1
    assert not read_tables(plant.store)[table].whole


def test_rows_behind_a_damaged_page_are_saved(tmp_path: Path) -> None:
    plant = KeptPlant(tmp_path)
    plant.run()
    plant.write(workers=1, events=600)
    plant.damage_in_the_middle("event")
    salvage(plant.store, tmp_path / "new.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "new.db")) as new:
        ids = [row[0] for row in new.execute("SELECT id FROM event ORDER BY id")]
    assert ids[0] == 1
    assert ids[-1] == 600
    assert 500 < len(ids) < 600


def test_the_last_generation_takes_the_place_of_a_lost_head(
    plant: KeptPlant, tmp_path: Path
) -> None:
    plant.run("# changed\n")
    plant.damage("head")
    salvage(plant.store, tmp_path / "new.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "new.db")) as new:
        assert new.execute("SELECT number, managed FROM head").fetchall() == [(2, 0)]


def test_a_managed_tree_stays_managed(tmp_path: Path) -> None:
    plant = KeptPlant(tmp_path)
    plant.run(managed=True)
    plant.execute("DELETE FROM head")
    with contextlib.closing(sqlite3.connect(plant.store)) as store:
        assert have_head(store) == 1
        assert store.execute("SELECT managed FROM head").fetchone() == (1,)


def test_a_head_that_is_there_is_left(plant: KeptPlant) -> None:
    with contextlib.closing(sqlite3.connect(plant.store)) as store:
        assert have_head(store) == 0


@pytest.mark.parametrize("content", [b"", b"rubbish" * 1000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_of_rubbish_nothing_is_read(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "store.db").write_bytes(content)
    assert not any(one.rows for one in read_tables(tmp_path / "store.db").values())
