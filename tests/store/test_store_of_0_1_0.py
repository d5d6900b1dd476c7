"""Stores that fsmv2 0.1.0 wrote are opened, read whole, and written to.

The files were written by that version: a plant, one with a paused bridge, one after a restart.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from fsmv2.core.state.override_data import overrides_from_json
from fsmv2.store import Batch, EventRecord, SqliteStore

FOLDER = Path(__file__).parent / "written_by_0_1_0"
CHILDREN = ("", "/connection", "/dfc_read")
PATHS = {
    "edge",
    "edge/broker",
    "edge/ticker",
    *(f"edge/{bridge}{child}" for bridge in ("filler", "capper") for child in CHILDREN),
}


@pytest.fixture(params=["plant", "paused", "restarted"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteStore]:
    """A copy of one file, closed at the end."""
    file = tmp_path / "store.db"
    shutil.copy(FOLDER / f"{request.param}.db", file)
    with closing(SqliteStore(file)) as found:
        yield found


def test_every_path_and_event_is_read_and_more_is_written(store: SqliteStore) -> None:
    known = store.open()
    assert {one.path for one in known} == PATHS
    assert all(1_795_000_000 < one.created_at < 1_796_000_000 for one in known)
    for path in PATHS:
        found = store.read(path)
        assert found is not None
        assert found.desired is not None
        assert msgspec.json.decode(found.desired.desired)["state"]
    before = store.events(limit=1000)
    assert len(before) >= 30
    event = EventRecord(at=1.0, path="edge", kind="note", level="info", state="", text="goes on")
    store.write(Batch(events=(event,)))
    assert [stored.event.text for stored in store.events(after=before[-1].id)] == ["goes on"]


@pytest.mark.parametrize("store", ["paused"], indirect=True)
def test_a_bridge_that_was_paused_is_still_paused(store: SqliteStore) -> None:
    store.open()
    found = {one.path: overrides_from_json(one.overrides).texts() for one in store.overrides()}
    assert found == {"edge/filler": ("paused by program: maintenance",)}


@pytest.mark.parametrize("store", ["paused"], indirect=True)
def test_the_file_is_kept_as_it_was_for_who_goes_back(store: SqliteStore, tmp_path: Path) -> None:
    before = (tmp_path / "store.db").read_bytes()
    version = int.from_bytes(before[60:64], "big")
    store.open()
    store.close()
    kept = tmp_path / f"store.db.version-{version}"
    with closing(sqlite3.connect(kept)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM identity").fetchone()
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)
    assert count == len(PATHS)
    assert kept.stat().st_mode & 0o077 == 0, "nobody else's to read"
