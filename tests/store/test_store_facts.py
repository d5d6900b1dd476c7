"""What a store says of itself while somebody else may hold it, also of another version."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from older_stores import make_store

from fsmv2.errors import StoreError
from fsmv2.store import Batch, DesiredRecord, SqliteStore, schema
from fsmv2.store.store_facts import read_facts


def desired(path: str, worker_type: str) -> DesiredRecord:
    return DesiredRecord(
        path=path, created_at=1.0, at=1.0, worker_type=worker_type, declared=b"", desired=b""
    )


def test_a_store_that_is_held_says_its_version_and_its_types(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with closing(SqliteStore(file)) as store:
        store.open()
        known = (desired("edge/b", "mixer"), desired("edge/a", "mixer"), desired("edge", "agent"))
        store.write(Batch(desired=known))
        found = read_facts(file)
    assert found.version == schema.VERSION
    assert not found.is_older
    assert found.types == {"agent": ("edge",), "mixer": ("edge/a", "edge/b")}


def test_an_older_one_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    make_store(file, 2, "")
    before = file.read_bytes()
    assert (read_facts(file).version, read_facts(file).is_older) == (2, True)
    assert file.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"", b"my notes", b"SQLite format 3\x00" + bytes(84)])
def test_what_is_no_store_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "store.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StoreError):
        read_facts(file)
