"""A file that is no store that can be read is refused with what it is, and what to do."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fsmv2.errors import StoreError
from fsmv2.store import Batch, EventRecord, SqliteStore, reading
from fsmv2.store.read_only import opened_store
from fsmv2.store.schema import VERSION
from fsmv2.store.store_facts import read_facts
from fsmv2.store.stored_events import events_in
from other_user import as_nobody


def as_folder(file: Path) -> None:
    file.mkdir()


def of_another_kind(file: Path) -> None:
    os.mkfifo(file)


def as_text(file: Path) -> None:
    file.write_text("agent: {name: edge}\n")


def empty(file: Path) -> None:
    file.touch()


def of_another_program(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE songs (name TEXT)")


def missing(file: Path) -> None:
    """Nothing."""


REFUSED: dict[Callable[[Path], None], tuple[str, str]] = {
    as_folder: ("{file} is a folder, expected the file of a store", "--state-dir"),
    of_another_kind: ("{file} is no file, expected the file of a store", "--state-dir"),
    as_text: ("it is not a store: no SQLite file", "Put a copy in its place"),
    empty: ("there is no store {file}: the file is empty", "fsmv2 doctor"),
    of_another_program: ("it is the SQLite file of another program", "Put a copy in its place"),
    missing: ("there is no store {file}.", "fsmv2 run"),
}


def messages(file: Path) -> Iterator[StoreError]:
    """Of each who reads a store that another process may hold."""
    with pytest.raises(StoreError) as caught:
        events_in(file)
    yield caught.value
    with pytest.raises(StoreError) as caught, reading(file):
        pass
    yield caught.value
    with pytest.raises(StoreError) as caught:
        read_facts(file)
    yield caught.value


@pytest.mark.parametrize("make", REFUSED, ids=lambda make: make.__name__)
def test_what_is_no_store_is_called_what_it_is(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    file = tmp_path / "store.db"
    make(file)
    text, fix = REFUSED[make]
    for error in messages(file):
        assert text.format(file=file) in error.message
        assert fix in error.fix


@pytest.mark.parametrize("make", [as_folder, of_another_kind])
def test_a_tree_is_not_started_on_it(make: Callable[[Path], None], tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    make(file)
    with pytest.raises(StoreError, match="expected the file of a store"):
        SqliteStore(file).open()


def written(file: Path) -> Path:
    """A store that was used, and is closed."""
    event = EventRecord(at=1.0, path="a", kind="note", level="info", state="", text="it", tick=1)
    store = SqliteStore(file)
    store.open()
    store.write(Batch(events=(event,)))
    store.close()
    return file


def test_a_store_of_a_newer_program_says_so(tmp_path: Path) -> None:
    file = written(tmp_path / "store.db")
    with closing(sqlite3.connect(file)) as later:
        later.execute(f"PRAGMA user_version = {VERSION + 1}")
    for error in messages(file):
        assert f"the store {file} was written by a newer fsmv2" in error.message
        assert "newer fsmv2" in error.fix


def test_a_directory_that_does_not_exist_is_named_as_what_is_missing(tmp_path: Path) -> None:
    for error in messages(tmp_path / "nowhere" / "else" / "store.db"):
        assert f"the directory {tmp_path}/nowhere/else does not exist" in error.message
    (tmp_path / "file").touch()
    for error in messages(tmp_path / "file" / "store.db"):
        assert f"{tmp_path}/file is a file, expected the state directory" in error.message


def test_another_users_store_names_both_users(tmp_path: Path) -> None:
    file = written(tmp_path / "store.db")
    file.chmod(0o600)
    with as_nobody():
        for error in messages(file):
            assert f"the store {file} cannot be read: permission denied. " in error.message
            assert "belongs to the user root, and this is nobody" in error.message
            assert "sudo -u root" in error.fix


def test_ones_own_store_that_may_not_be_read_names_its_mode(tmp_path: Path) -> None:
    with as_nobody(), tempfile.TemporaryDirectory(dir="/tmp") as own:
        file = Path(own, "store.db")
        file.write_text("x")
        file.chmod(0)
        for error in messages(file):
            assert f"permission denied at {file}, its mode is 000" in error.message
            assert error.fix == f"chmod u+rw {file}"


def test_what_can_be_read_is_read(tmp_path: Path) -> None:
    file = written(tmp_path / "store.db")
    with opened_store(file, "events") as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (1,)
    with (
        pytest.raises(StoreError) as caught,
        opened_store(file, "songs", fix="Sing.") as connection,
    ):
        connection.execute("SELECT * FROM song")
    assert (
        caught.value.message
        == f"the songs in the store {file} cannot be read: no such table: song."
    )
    assert caught.value.fix == "Sing."
