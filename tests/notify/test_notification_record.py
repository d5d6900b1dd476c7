"""What notifications keep for a restart: written in the end, whatever the disk does."""

from __future__ import annotations

from pathlib import Path

from tests.full_disk import fill, small_disk
from tests.notify.samples import eventually

from fsmv2.notify.notification_record import NotificationRecordWriter


def test_what_a_full_disk_did_not_take_is_written_once_there_is_room(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as folder:
        filler = fill(folder)
        file = folder / "notifications.json"
        writer = NotificationRecordWriter(file, retry_every=0.05)
        writer.start()
        writer.put(b"the newest" * 1000)
        eventually(lambda: writer.error)
        assert not file.exists()
        filler.unlink()
        eventually(file.exists)
        assert file.read_bytes() == b"the newest" * 1000
        eventually(lambda: not writer.error)
        writer.close(30.0)


def test_an_end_does_not_wait_for_a_disk_that_stays_full(tmp_path: Path) -> None:
    writer = NotificationRecordWriter(tmp_path / "missing" / "file", retry_every=3600.0)
    writer.start()
    writer.put(b"{}")
    eventually(lambda: writer.error)
    writer.close(30.0)
    assert not writer.is_alive
