"""An override is written, and the process killed before each call that changes a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from older_stores import PATHS, check_copy, make_store, version_of

from fsmv2.store import Batch, SqliteStore, StoredOverrides
from fsmv2.store.schema import VERSION
from write_points import killed_at_each_point

WRITER = """
from fsmv2.store import Batch, SqliteStore, StoredOverrides

def main(folder, overrides):
    store = SqliteStore(folder + "/store.db")
    store.open()
    store.write(Batch(overrides=(StoredOverrides("edge/filler", overrides),)))
    print("acknowledged", flush=True)
    store.close()
"""
PAUSE = '{"pause":{"who":"ann","reason":"","at":1.0}}'
BOTH = '{"pause":{"who":"ann","reason":"","at":1.0},"stop":{"who":"bob","reason":"","at":2.0}}'


def begin(file: Path, version: int) -> None:
    """A store of that version in which both paths are paused; 0: there is none yet."""
    if version == VERSION:
        store = SqliteStore(file)
        store.open()
        store.write(Batch(overrides=tuple(StoredOverrides(path, PAUSE) for path in PATHS)))
        store.close()
    elif version:
        make_store(file, version, PAUSE)


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
    ("version", "written"),
    [(0, PAUSE), (VERSION, BOTH), (VERSION, ""), (2, BOTH), (3, BOTH)],
    ids=["first", "another", "ended", "with an upgrade of 2", "with an upgrade of 3"],
)
def test_it_is_as_before_or_as_asked_and_as_asked_once_acknowledged(
    tmp_path: Path, version: int, written: str
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    begin(first / "store.db", version)
    before = dict.fromkeys(PATHS, PAUSE) if version else {}
    after = {path: text for path, text in {**before, "edge/filler": written}.items() if text}
    seen: list[bool] = []
    for point, folder, acknowledged, _ in killed_at_each_point(first, WRITER, written):
        file = folder / "store.db"
        if 0 < version < VERSION:
            check_copy(file, version, upgraded=version_of(file) == VERSION)
        found = stored(file)
        assert found in ((after,) if acknowledged else (before, after)), point
        seen.append(found == after)
    assert seen == sorted(seen), "from one point on it is in force"
    assert not seen[0]
