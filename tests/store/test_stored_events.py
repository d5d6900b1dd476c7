"""Events are read while a tree writes them, and a store without any says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from fsmv2.errors import StoreError
from fsmv2.store import Batch, EventRecord, SqliteStore
from fsmv2.store.stored_events import events_in, texts_in


def test_they_are_read_while_the_store_is_held(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.open()
    event = EventRecord(at=1.0, path="a", kind="note", level="info", state="", text="it", tick=1)
    store.write(Batch(events=(event,)))
    assert [one.event.text for one in events_in(tmp_path / "store.db")] == ["it"]
    store.close()


def test_a_store_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        events_in(tmp_path / "store.db")
    (tmp_path / "store.db").write_bytes(b"rubbish" * 999)
    with pytest.raises(StoreError, match="cannot be read") as caught:
        events_in(tmp_path / "store.db")
    assert "Put a copy in its place" in caught.value.fix


def test_texts_are_found_by_how_they_begin_the_last_first(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.open()
    kept = [("apply", "1: a"), ("apply", "11: b"), ("note", "1: c"), ("apply", "1: d_%")]
    store.write(
        Batch(
            events=tuple(
                EventRecord(at=1.0, path="a", kind=kind, level="info", state="", text=text, tick=1)
                for kind, text in kept
            )
        )
    )
    assert texts_in(tmp_path / "store.db", kind="apply", beginning="1: ") == ("1: d_%", "1: a")
    store.close()
