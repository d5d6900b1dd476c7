"""The file: what is refused at the start and left as it was, and what fails while it is used."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from test_store_conformance import desired, events

from fsmv2 import StoreError
from fsmv2.errors import StoreLostError
from fsmv2.store import Batch, Identity, SqliteStore, StoredOverrides, schema


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def known(file: Path) -> tuple[Identity, ...]:
    store = SqliteStore(file)
    found = store.open()
    store.close()
    return found


def filled(file: Path) -> Path:
    store = SqliteStore(file)
    store.open()
    for n in range(200):
        store.write(desired(f"plant/w{n}", "x" * 200))
    store.close()
    return file


def refused(file: Path, match: str) -> str:
    before = file.read_bytes()
    with pytest.raises(StoreError, match=match) as caught:
        SqliteStore(file).open()
    assert file.read_bytes() == before, "left as it was"
    assert str(file) in str(caught.value)
    assert caught.value.fix
    return str(caught.value)


def test_a_newer_store_is_refused_and_left_as_it_was(file: Path) -> None:
    with sqlite3.connect(filled(file)) as connection:
        connection.execute("PRAGMA user_version = 7")
    connection.close()
    assert "Use the newer fsmv2" in refused(file, r"newer fsmv2: it has version 7, .* up to 6")


def test_a_store_of_the_first_version_is_brought_up_to_date(file: Path) -> None:
    with sqlite3.connect(filled(file)) as connection:
        for table in ("override", "generation", "head", "pending_apply"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert len(known(file)) == 200
    store = SqliteStore(file)
    store.open()
    overrides = StoredOverrides("plant/w0", '{"who":"ops"}')
    store.write(Batch(overrides=(overrides,)))
    store.close()
    store.open()
    assert store.overrides() == (overrides,)
    store.close()


def test_a_file_that_is_no_store_is_refused(file: Path) -> None:
    file.write_text("enterprise: acme\n" * 100)
    refused(file, "no SQLite file")


def test_the_database_of_another_program_is_refused(file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE mail (id)")
    connection.close()
    refused(file, "of another program")


def test_a_damaged_store_is_refused(file: Path) -> None:
    data = bytearray(filled(file).read_bytes())
    data[4096 : len(data) // 2] = os.urandom(len(data) // 2 - 4096)
    file.write_bytes(data)
    refused(file, "cannot be read: ")


def test_a_store_cut_short_is_refused(file: Path) -> None:
    filled(file).write_bytes(file.read_bytes()[:5000])
    refused(file, "cannot be read: ")


def test_a_store_used_by_another_process_names_it(file: Path) -> None:
    code = (
        "import sys; from fsmv2.store import SqliteStore; s = SqliteStore(sys.argv[1]); s.open();"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"by another fsmv2, process {other.pid}"):
            SqliteStore(file).open()
        other.kill()
    assert known(file) == ()


def test_a_place_that_cannot_be_written_is_said_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StoreError, match=r"cannot be used: (Not a directory|File exists)"):
        SqliteStore(tmp_path / "file" / "store.db").open()


def test_a_full_store_fails_and_goes_on_when_there_is_room_again(file: Path) -> None:
    store = SqliteStore(file, max_bytes=200_000)
    store.open()
    store.write(desired("plant"))
    with pytest.raises(StoreError, match=r"cannot be written: database or disk is full"):
        store.write(desired("plant/big", "x" * 400_000))
    store.write(desired("plant/small"))
    assert store.read("plant/big") is None
    store.close()
    assert {i.path for i in store.open()} == {"plant", "plant/small"}
    store.close()


def test_a_batch_that_fails_leaves_nothing_behind(file: Path) -> None:
    store = SqliteStore(file, max_bytes=200_000)
    store.open()
    batch = Batch(
        desired=desired("plant").desired + desired("plant/big", "x" * 400_000).desired,
        events=events("one").events,
    )
    with pytest.raises(StoreError):
        store.write(batch)
    assert store.read("plant") is None
    assert store.events() == ()
    store.close()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_deleted_or_replaced_while_in_use_is_noticed(file: Path, replaced: bool) -> None:
    """SQLite itself would go on writing into a file that has no name any more."""
    store = SqliteStore(file)
    store.open()
    store.write(desired("plant", born=1.0))
    if replaced:
        os.replace(filled(file.with_name("other.db")), file)
    else:
        file.unlink()
    with pytest.raises(StoreLostError, match="deleted or replaced while it was in use"):
        store.write(desired("plant/a"))
    store.write(desired("plant/a", born=2.0))
    store.close()
    paths = {i.path for i in known(file)}
    assert "plant/a" in paths
    assert ("plant/w1" in paths) is replaced


def test_h69_a_store_whose_folder_was_removed_keeps_others_out_again(file: Path) -> None:
    store = SqliteStore(file)
    store.open()
    store.write(desired("plant"))
    shutil.rmtree(file.parent)
    with pytest.raises(StoreLostError):
        store.write(desired("plant"))
    store.write(desired("plant"))
    with pytest.raises(StoreError, match="in use"):
        SqliteStore(file).open()
    store.close()
    SqliteStore(file).open()


def test_a_loss_that_a_reader_met_first_is_told_to_the_writer(file: Path) -> None:
    """Only the writer can have everything written anew."""
    store = SqliteStore(file)
    store.open()
    store.write(desired("plant"))
    file.unlink()
    for _ in range(2):
        with pytest.raises(StoreLostError):
            store.events()
    with pytest.raises(StoreLostError):
        store.write(desired("plant/a"))
    store.write(desired("plant/a"))
    store.close()


def test_a_file_replaced_by_something_else_is_not_written_to(file: Path) -> None:
    store = SqliteStore(file)
    store.open()
    store.write(desired("plant"))
    file.unlink()
    file.write_text("my notes")
    for match in ("deleted or replaced", "no SQLite file", "no SQLite file"):
        with pytest.raises(StoreError, match=match):
            store.write(desired("plant"))
    assert file.read_text() == "my notes"
    store.close()


def test_only_the_owner_can_read_it(file: Path) -> None:
    """Configurations hold addresses and names, if no secrets."""
    store = SqliteStore(file)
    store.open()
    store.write(desired("plant"))
    modes = {p.name: p.stat().st_mode & 0o077 for p in file.parent.glob("store.db*")}
    store.close()
    assert {name: mode for name, mode in modes.items() if not name.endswith(".lock")} == {
        "store.db": 0,
        "store.db-wal": 0,
        "store.db-shm": 0,
    }


def test_a_log_left_by_a_killed_process_is_read(file: Path) -> None:
    """The store copied while in use is what a machine that lost its power would find."""
    store = SqliteStore(file)
    store.open()
    store.write(desired("plant", born=3.0))
    copy = file.with_name("copy.db")
    for suffix in ("", "-wal"):
        copy.with_name(copy.name + suffix).write_bytes(
            file.with_name(file.name + suffix).read_bytes()
        )
    store.close()
    assert known(copy) == (Identity("plant", 3.0),)


def beside(file: Path) -> Path:
    """The journal that SQLite has beside a new file until all of it is written: it was empty."""
    journal = file.with_name(f"{file.name}-journal")
    numbers = (0, 0, 0, 512, 4096)  # records, nonce, pages before, sector, page
    header = bytes.fromhex("d9d505f920a163d7") + b"".join(n.to_bytes(4, "big") for n in numbers)
    journal.write_bytes(header.ljust(512, b"\0"))
    return journal


def test_one_that_was_killed_while_it_was_made_is_made_again(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        schema.create(connection)
    journal = beside(file)
    store = SqliteStore(file)
    assert store.open() == ()
    assert not journal.exists()
    store.write(desired("plant/a", "x"))
    store.close()
    assert [identity.path for identity in known(file)] == ["plant/a"]


def test_the_unfinished_file_of_another_program_is_left_as_it_was(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    journal = beside(file)
    refused(file, "the SQLite file of another program")
    assert journal.exists()
