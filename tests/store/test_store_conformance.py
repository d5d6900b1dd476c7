"""What every store does, asked of each of them; and of one file, closed and opened in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fsmv2 import StoreError
from fsmv2.store import (
    Batch,
    DesiredRecord,
    EventRecord,
    Identity,
    MemoryStore,
    ObservedRecord,
    SqliteStore,
    Store,
    StoredOverrides,
)


def desired(path: str, state: str = "running", *, born: float = 1.0, at: float = 5.0) -> Batch:
    record = DesiredRecord(
        path=path,
        created_at=born,
        at=at,
        worker_type="lamp",
        declared=b'{"name":"x"}',
        desired=f'{{"state":"{state}"}}'.encode(),
    )
    return Batch(desired=(record,))


def observed(path: str, lit: bool, *, at: float = 5.0) -> Batch:
    value = b'{"lit":true}' if lit else b'{"lit":false}'
    record = ObservedRecord(path=path, at=at, incarnation=1, state="running", observed=value)
    return Batch(observed=(record,))


def events(*texts: str, path: str = "plant", at: float = 1.0) -> Batch:
    return Batch(
        events=tuple(
            EventRecord(at=at, path=path, kind="note", level="info", state="", text=text)
            for text in texts
        )
    )


Make = Callable[..., Store]


@pytest.fixture(params=["memory", "sqlite"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    if request.param == "memory":
        return MemoryStore
    return lambda **options: SqliteStore(tmp_path / "store.db", **options)


@pytest.fixture
def store(make: Make) -> Iterator[Store]:
    opened = make()
    opened.open()
    yield opened
    opened.close()


def reopened(store: Store) -> tuple[Identity, ...]:
    store.close()
    return store.open()


def test_a_new_store_knows_nothing(make: Make) -> None:
    store = make()
    assert store.open() == ()
    assert store.events() == ()
    assert store.read("plant") is None
    store.close()


def test_what_was_written_is_there_after_it_was_opened_again(store: Store) -> None:
    store.write(desired("plant", born=1.0))
    store.write(observed("plant", True))
    store.write(events("began"))
    assert reopened(store) == (Identity("plant", 1.0),)
    found = store.read("plant")
    assert found is not None
    assert found.desired is not None
    assert found.desired.desired == b'{"state":"running"}'
    assert found.desired.worker_type == "lamp"
    assert found.observed is not None
    assert found.observed.observed == b'{"lit":true}'
    assert [e.event.text for e in store.events()] == ["began"]


def test_a_path_keeps_the_age_it_was_first_stored_with(store: Store) -> None:
    store.write(desired("plant", born=1.0))
    store.write(desired("plant", "stopped", born=99.0))
    assert reopened(store) == (Identity("plant", 1.0),)


def test_overrides_are_kept_without_their_path_until_they_are_over(store: Store) -> None:
    plant, gone = StoredOverrides("plant", "{1}"), StoredOverrides("plant/gone", "{2}")
    store.write(Batch(overrides=(plant, gone)))
    store.write(Batch(deleted=("plant",)))
    assert {*store.overrides()} == {plant, gone}
    reopened(store)
    assert {*store.overrides()} == {plant, gone}
    store.write(Batch(overrides=(StoredOverrides("plant", "{3}"), StoredOverrides(gone.path, ""))))
    reopened(store)
    assert store.overrides() == (StoredOverrides("plant", "{3}"),)


def test_what_is_the_same_is_not_written_and_keeps_its_version(store: Store) -> None:
    store.write(desired("plant", at=5.0))
    store.write(desired("plant", at=6.0))
    store.write(observed("plant", True, at=5.0))
    store.write(observed("plant", True, at=6.0))
    found = store.read("plant")
    assert found is not None
    assert found.desired is not None
    assert found.observed is not None
    assert (found.desired.version, found.desired.at) == (1, 5.0)
    assert (found.observed.version, found.observed.at) == (1, 5.0)


def test_what_differs_has_the_next_version(store: Store) -> None:
    for state in ("running", "stopped", "running"):
        store.write(desired("plant", state))
    store.write(observed("plant", True))
    store.write(observed("plant", False))
    found = store.read("plant")
    assert found is not None
    assert found.desired is not None
    assert found.observed is not None
    assert (found.desired.version, found.observed.version) == (3, 2)


def test_a_forgotten_path_takes_all_below_it_and_no_neighbour(store: Store) -> None:
    for path in ("plant", "plant/a", "plant/a/x", "plant/a-b", "plant/ab", "plant/a0"):
        store.write(desired(path))
        store.write(observed(path, True))
    store.write(Batch(deleted=("plant/a",)))
    assert {i.path for i in reopened(store)} == {"plant", "plant/a-b", "plant/ab", "plant/a0"}
    assert store.read("plant/a/x") is None


def test_a_path_forgotten_and_declared_in_one_batch_is_a_new_one(store: Store) -> None:
    store.write(desired("plant", born=1.0))
    batch = desired("plant", born=7.0)
    store.write(Batch(deleted=("plant",), desired=batch.desired))
    assert reopened(store) == (Identity("plant", 7.0),)


def test_events_are_bounded_and_the_last_ones_are_kept(make: Make) -> None:
    store = make(events_kept=10)
    store.open()
    for first in range(0, 100, 7):
        store.write(events(*(str(n) for n in range(first, first + 7))))
    kept = store.events(limit=1000)
    assert [e.event.text for e in kept] == [str(n) for n in range(95, 105)]
    store.close()


def test_events_are_read_by_path_and_from_where_one_stopped(store: Store) -> None:
    store.write(events("a1", "a2", path="a"))
    store.write(events("b1", path="b"))
    store.write(events("a3", path="a"))
    assert [e.event.text for e in store.events(path="a", limit=2)] == ["a2", "a3"]
    seen = store.events()[1].id
    assert [e.event.text for e in store.events(after=seen)] == ["b1", "a3"]


def test_events_of_a_path_are_those_of_all_below_it_as_well(store: Store) -> None:
    for path in ("a", "a/b", "a/b/c", "ab", "a%", "a_b", "b/a"):
        store.write(events(path, path=path))
    assert [e.event.text for e in store.events(path="a")] == ["a", "a/b", "a/b/c"]
    assert [e.event.text for e in store.events(path="a/b")] == ["a/b", "a/b/c"]


def test_events_since_a_time_are_not_earlier(store: Store) -> None:
    for at in (1.0, 2.0, 3.0):
        store.write(events(str(at), at=at))
    assert [e.event.text for e in store.events(since=2.0)] == ["2.0", "3.0"]
    assert [e.event.text for e in store.events(since=1.0, limit=1)] == ["3.0"]


def test_the_number_of_an_event_is_never_given_twice(make: Make) -> None:
    store = make(events_kept=1)
    store.open()
    store.write(events("a"))
    first = store.events()[0].id
    reopened(store)
    store.write(events("b"))
    assert store.events()[0].id > first
    store.close()


def test_a_store_in_use_is_refused(store: Store, make: Make, tmp_path: Path) -> None:
    again = store if isinstance(store, MemoryStore) else SqliteStore(store.place)
    with pytest.raises(StoreError, match="in use by another"):
        again.open()


def test_closing_twice_is_harmless(store: Store) -> None:
    store.close()
    store.close()
    assert store.open() == ()
