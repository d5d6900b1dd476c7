"""A disk that is full or read-only is called that, however the error came about."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from fsmv2.errors import StoreError
from fsmv2.host.disk_trouble import disk_trouble, is_read_only
from fsmv2.store import Batch, EventRecord, SqliteStore
from full_disk import failing_disk

EVENT = EventRecord(at=1.0, path="a", kind="note", level="info", state="", text="it", tick=1)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, "input/output error"),
    ],
)
def test_an_error_of_the_system_is_said_in_words(number: int, text: str) -> None:
    assert disk_trouble(OSError(number, os.strerror(number), "/srv/journal")) == text


def test_any_other_error_is_named() -> None:
    assert disk_trouble(ValueError("no")) == "ValueError: no"


def test_an_error_of_ours_keeps_its_words_and_its_fix() -> None:
    """It is an error of the system, too, and has sentences of its own."""
    error = StoreError("3 MB is too small.", fix="Raise `journal_mb`.")
    assert disk_trouble(error) == str(error)


def test_a_folder_that_can_be_written_is_not_read_only(tmp_path: Path) -> None:
    assert not is_read_only(tmp_path)
    assert not is_read_only(tmp_path / "missing")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.real
def test_a_disk_with_errors_is_read_only_whatever_its_mount_says(tmp_path: Path) -> None:
    """As the kernel makes it, while files on it are open for writing."""
    with failing_disk(tmp_path / "disk") as disk:
        store = SqliteStore(disk.folder / "store.db")
        store.open()
        store.write(Batch(events=(EVENT,)))
        disk.fail()
        assert is_read_only(disk.folder)
        with pytest.raises(StoreError, match="the file system is read-only"):
            store.write(Batch(events=(EVENT,)))
        store.close()
