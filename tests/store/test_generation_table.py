"""Generations of a document: written once, one head, and of two changes at once one is refused."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from older_stores import check_copy, make_store

from fsmv2.errors import GenerationConflictError, StoreError
from fsmv2.store import Generation, Head, PendingApply, SqliteStore, reading


def generation(number: int, text: bytes = b"agent: {name: edge}\n") -> Generation:
    return Generation(
        number=number,
        at=float(number),
        who="ann@host",
        tool="test",
        why="because",
        source="/plant.yaml",
        digest=f"d{number}",
        files={"": text},
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(file: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(file)) as found:
        found.open()
        yield found


def test_an_empty_store_has_no_head(store: SqliteStore) -> None:
    assert store.head() is None


def test_a_generation_is_kept_as_it_was_written(store: SqliteStore, file: Path) -> None:
    text = "ü: \U0001f600\r\n".encode() + b"\xff\x00"
    store.commit(generation(1, text), Head(number=1), based_on=0)
    store.close()
    store.open()
    assert store.head() == Head(number=1)
    found = store.generation(1)
    assert found is not None
    assert found.files == {"": text}
    assert (found.who, found.why, found.source) == ("ann@host", "because", "/plant.yaml")
    assert store.generation(2) is None
    with reading(file) as reader:  # while the store is held
        assert [one.number for one in reader.history()] == [1]


def test_of_two_changes_of_one_generation_the_second_is_refused(store: SqliteStore) -> None:
    store.commit(generation(1), Head(number=1), based_on=0)
    store.commit(generation(2), Head(number=2), based_on=1)
    with pytest.raises(GenerationConflictError, match="generation 2 is running now") as raised:
        store.commit(generation(3), Head(number=3), based_on=1)
    assert "generation 1" in str(raised.value)
    assert store.head() == Head(number=2)
    assert [one.number for one in store.history()] == [1, 2], "nothing of it is kept"


def test_the_last_hundred_and_the_head_are_kept(store: SqliteStore) -> None:
    store.commit(generation(1), Head(number=1), based_on=0)
    for number in range(2, 120):
        store.commit(generation(number), Head(number=1), based_on=1)
    assert [one.number for one in store.history()] == [1, *range(20, 120)]


def test_what_the_head_says_beside_its_number_is_changed(store: SqliteStore) -> None:
    store.commit(generation(1), Head(number=1), based_on=0)
    store.mark(Head(number=1, ended=True, pinned=True, managed=True))
    assert store.head() == Head(number=1, ended=True, pinned=True, managed=True)


def pending(number: int, *, to: int = 1) -> PendingApply:
    return PendingApply(
        generation=number, deadline=9.5, rollback=True, rollback_to=to, touched=b'{"edge": 1}'
    )


def test_what_is_waited_for_is_kept_until_its_generation_has_converged(store: SqliteStore) -> None:
    assert store.pending() is None
    store.commit(generation(1), Head(number=1), based_on=0, pending=pending(1))
    store.end_pending(7, converged=False)
    store.close()
    store.open()
    assert store.pending() == pending(1), "that of another generation is not ended"
    store.end_pending(1, converged=True)
    assert store.pending() is None
    store.mark(Head(number=1, ended=True))
    assert store.head() == Head(number=1, ended=True, converged=1)


def test_a_commit_takes_the_place_of_what_was_waited_for(store: SqliteStore) -> None:
    store.commit(generation(1), Head(number=1), based_on=0, pending=pending(1))
    store.commit(generation(2), Head(number=2), based_on=1, pending=pending(2))
    assert store.pending() == pending(2)
    store.commit(generation(3), Head(number=3), based_on=2)
    assert store.pending() is None


def outcomes(store: SqliteStore) -> list[str]:
    return [one.outcome for one in store.history()]


def test_what_became_of_each_generation_is_kept(store: SqliteStore) -> None:
    for number in range(1, 4):
        store.commit(
            generation(number), Head(number=number), based_on=number - 1, pending=pending(number)
        )
    assert outcomes(store) == ["superseded", "superseded", ""]
    store.end_pending(3, converged=False)
    assert outcomes(store)[2] == "not converged"
    store.end_pending(3, converged=True)
    store.commit(generation(4), Head(number=4), based_on=3, pending=pending(4))
    store.commit(generation(5), Head(number=5), based_on=4, before="rolled back")
    assert outcomes(store) == ["superseded", "superseded", "converged", "rolled back", ""]


def test_a_store_of_version_5_knows_what_converged_last(file: Path) -> None:
    make_store(file, 5, "")
    with closing(sqlite3.connect(file)) as old:
        for number in (1, 2):
            old.execute(
                "INSERT INTO generation VALUES (?, 1.0, 'ann', 't', '', '/p', 'd', ?, 0)",
                (number, zlib.compress(msgspec.msgpack.encode({"": b"x"}))),
            )
        old.execute("INSERT INTO head VALUES (1, 2, 0, 0, 1, 1)")
        old.commit()
    with reading(file) as reader:
        assert [one.outcome for one in reader.history()] == ["", ""]
        assert (found := reader.generation(2)) is not None
        assert found.outcome == ""
    with closing(SqliteStore(file)) as store:
        store.open()
        assert outcomes(store) == ["converged", ""]
        store.commit(generation(3), Head(number=3), based_on=2)
        assert outcomes(store) == ["converged", "superseded", ""]


def test_the_last_converged_one_and_what_is_returned_to_are_kept(store: SqliteStore) -> None:
    for number in range(1, 4):
        store.commit(generation(number), Head(number=number), based_on=number - 1)
    store.end_pending(2, converged=True)
    for number in range(4, 120):
        store.commit(
            generation(number), Head(number=number), based_on=number - 1, pending=pending(number)
        )
    assert [one.number for one in store.history()] == [1, 2, *range(20, 120)]


def test_a_store_of_version_4_is_read_as_it_is_and_brought_up_to_date(file: Path) -> None:
    with closing(sqlite3.connect(file)) as old:
        make_store(file, 4, "")
        old.execute(
            "INSERT INTO generation VALUES (1, 1.0, 'ann', 't', '', '/p', 'd', ?)",
            (zlib.compress(msgspec.msgpack.encode({"": b"x"})),),
        )
        old.execute("INSERT INTO head VALUES (1, 1, 0, 1, 1)")
        old.commit()
    with reading(file) as reader:
        found = reader.history(), reader.head(), reader.generation(1)
    with closing(SqliteStore(file)) as store:
        store.open()
        assert (store.history(), store.head(), store.generation(1)) == found
        assert store.head() == Head(number=1, pinned=True, ended=True)
        assert store.pending() is None
        store.commit(
            msgspec.structs.replace(generation(2), rollback_of=1), Head(number=2), based_on=1
        )
        assert [one.rollback_of for one in store.history()] == [0, 1]
    check_copy(file, 4, upgraded=True)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("DELETE FROM head", "does not record which one runs"),
        ("DELETE FROM generation WHERE number = 2", "generation 2 of the document runs, and"),
    ],
)
def test_a_history_without_its_head_is_never_an_empty_plant(
    store: SqliteStore, file: Path, damage: str, says: str
) -> None:
    store.commit(generation(1), Head(number=1), based_on=0)
    store.commit(generation(2), Head(number=2), based_on=1)
    store.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(damage)
        connection.commit()
    store.open()
    with pytest.raises(StoreError, match=says):
        store.head()


def test_a_damaged_text_is_said(store: SqliteStore, file: Path) -> None:
    store.commit(generation(1), Head(number=1), based_on=0)
    store.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE generation SET text = x'00'")
        connection.commit()
    store.open()
    with pytest.raises(StoreError, match="generation 1 of the document is damaged"):
        store.generation(1)


def test_no_store_and_one_without_generations_are_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"), reading(tmp_path / "none.db"):
        pass
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("CREATE TABLE a (b)")
    with pytest.raises(StoreError, match="cannot be read"), reading(old) as reader:
        reader.history()
