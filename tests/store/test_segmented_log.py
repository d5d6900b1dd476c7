"""Segments: appended to, bounded, and read up to the last whole record whatever befell the file."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tracemalloc
from pathlib import Path

import pytest

from fsmv2.errors import JournalError, StoreError
from fsmv2.store.segmented_log import Segment, SegmentedLog, segments_in

RECORDS = [f"record {n} ".encode() * (n % 7 + 1) for n in range(40)]


def written(folder: Path, records: list[bytes] = RECORDS) -> Path:
    """One segment with these records."""
    segments = SegmentedLog(folder, 10**9)
    segments.begin(iter(records[:1]))
    for record in records[1:]:
        segments.append(record)
    segments.close()
    return segments_in(folder)[-1]


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    segment = Segment(written(tmp_path / "journal"))
    assert list(segment.records()) == RECORDS
    assert segment.ending == ""


def test_a_record_can_be_read_as_soon_as_it_is_written(tmp_path: Path) -> None:
    segments = SegmentedLog(tmp_path, 10**9)
    segments.begin(iter([b"first"]))
    segments.append(b"second")
    assert list(Segment(segments_in(tmp_path)[0]).records()) == [b"first", b"second"]
    segments.close()


def test_cut_off_anywhere_it_is_read_up_to_the_last_whole_record(tmp_path: Path) -> None:
    """As a kill, or a full disk, leaves it."""
    path = written(tmp_path / "journal")
    whole, seen = path.read_bytes(), set()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        segment = Segment(path)
        found = list(segment.records())
        assert found == RECORDS[: len(found)]
        assert segment.ending or len(found) < len(RECORDS)
        seen.add(len(found))
    assert seen == set(range(len(RECORDS)))


def test_damaged_anywhere_no_wrong_record_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "journal")
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :])
        try:
            segment = Segment(path)
        except JournalError:
            assert at < 20, "only what tells a journal from other files"
            continue
        found = list(segment.records())
        assert found == RECORDS[: len(found)]
        assert "damaged at byte" in segment.ending or "cut off" in segment.ending


def test_the_folder_stays_within_its_size_and_the_oldest_goes(tmp_path: Path) -> None:
    size = 60_000
    segments = SegmentedLog(tmp_path, size)
    for _ in range(12):
        segments.begin(iter([os.urandom(2_000)]))
        while not segments.full:
            segments.append(os.urandom(500))
            assert sum(path.stat().st_size for path in segments_in(tmp_path)) <= size
    segments.close()
    names = [path.name for path in segments_in(tmp_path)]
    assert names[-1] == "00000012.journal"
    assert len(names) >= 3
    assert names[0] > "00000006.journal"


def test_a_tree_too_large_for_the_folder_is_said(tmp_path: Path) -> None:
    segments = SegmentedLog(tmp_path, 2**20)
    with pytest.raises(StoreError, match=r"1 MB is too small .* Raise `journal_mb`"):
        segments.begin(os.urandom(100_000) for _ in range(20))
    segments.close()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    first, second = (
        SegmentedLog(tmp_path / "journal", 10**6),
        SegmentedLog(tmp_path / "journal", 10**6),
    )
    first.open()
    with pytest.raises(StoreError, match=f"the journal .* in this process, {os.getpid()}"):
        second.open()
    first.close()
    second.open()
    second.close()


def test_a_folder_deleted_in_use_is_noticed(tmp_path: Path) -> None:
    segments = SegmentedLog(tmp_path / "journal", 10**6)
    segments.begin(iter([b"first"]))
    shutil.rmtree(tmp_path / "journal")
    with pytest.raises(OSError, match="deleted or replaced while it was in use"):
        segments.append(b"second")
    segments.close()


@pytest.mark.parametrize("away", ["removed", "moved", "replaced"])
def test_h69_a_segment_is_begun_where_the_folder_was_removed(tmp_path: Path, away: str) -> None:
    """Without anybody who makes the folder; its lock is taken again, too."""
    folder = tmp_path / "state" / "journal"
    segments = SegmentedLog(folder, 10**6)
    segments.begin(iter([b"first"]))
    folder.parent.rename(tmp_path / "away")
    if away == "removed":
        shutil.rmtree(tmp_path / "away")
    elif away == "replaced":
        folder.mkdir(parents=True)
    with pytest.raises(OSError, match="while it was in use"):
        segments.append(b"second")
    segments.begin(iter([b"third"]))
    assert [path.name for path in segments_in(folder)] == ["00000002.journal"]
    with pytest.raises(StoreError, match="in this process"):
        SegmentedLog(folder, 10**6).open()
    segments.close()


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    assert stat.S_IMODE(written(tmp_path / "journal").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"SQLite format 3\x00", b"fsmv2 journal x\n", b"\n"])
def test_another_file_is_no_journal(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.journal"
    file.write_bytes(content)
    with pytest.raises(JournalError, match="is not a journal of fsmv2"):
        Segment(file)


def test_another_version_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    file.write_bytes(b"fsmv2 journal 7\nwhatever")
    with pytest.raises(JournalError, match="has journal format 7; this fsmv2 reads format 1"):
        Segment(file)


def test_a_file_killed_at_once_is_empty_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "a.journal"
    for content in (b"", b"fsmv2 jour"):
        file.write_bytes(content)
        segment = Segment(file)
        assert list(segment.records()) == []
        assert segment.ending == "it was killed before anything was written"


def full_disk(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """From now on `after` bytes can be written to segments, as one write takes a part of them."""
    real, left = os.write, [after]

    def write(file: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = real(file, data[: left[0]])
        left[0] -= done
        return done

    monkeypatch.setattr(os, "write", write)


def test_a_record_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = SegmentedLog(tmp_path, 10**9)
    segments.begin(iter([b"first"]))
    path = segments_in(tmp_path)[0]
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        full_disk(patched, after=5)
        with pytest.raises(OSError, match="No space"):
            segments.append(b"second")
    assert path.read_bytes() == before
    with pytest.raises(OSError, match="no segment was created"):
        segments.append(b"third")  # it would build on what is not there
    segments.begin(iter([b"fourth"]))
    segments.close()
    assert list(Segment(segments_in(tmp_path)[-1]).records()) == [b"fourth"]


@pytest.mark.parametrize("after", [0, 5, 30])
def test_a_segment_that_cannot_be_begun_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    written(tmp_path)
    segments = SegmentedLog(tmp_path, 10**9)
    with monkeypatch.context() as patched:
        full_disk(patched, after)
        with pytest.raises(OSError, match="No space"):
            segments.begin(iter([os.urandom(100)]))
    assert [path.name for path in segments_in(tmp_path)] == ["00000001.journal"]
    segments.begin(iter([b"later"]))
    segments.close()


def test_what_a_record_grows_to_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, [b"first", b"0" * 20_000_000])
    monkeypatch.setattr("fsmv2.store.segmented_log.LARGEST", 1_000_000)
    tracemalloc.start()
    segment = Segment(path)
    assert list(segment.records()) == [b"first"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "damaged at byte" in segment.ending
    assert peak < 4_000_000


def test_many_records_that_grow_are_bounded_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, [b"0" * 1_000_000] * 10)
    monkeypatch.setattr("fsmv2.store.segmented_log.SPARE", 0)
    monkeypatch.setattr("fsmv2.store.segmented_log.EXPANSION", 100)
    segment = Segment(path)
    assert len(list(segment.records())) < 10
    assert "damaged at byte" in segment.ending


def test_a_length_that_is_a_lie_costs_no_memory(tmp_path: Path) -> None:
    path = written(tmp_path, [b"first"])
    with path.open("ab") as file:
        file.write(b"\xff\xff\xff\xff\x00\x00\x00\x00")
    tracemalloc.start()
    assert list(Segment(path).records()) == [b"first"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_record_that_nobody_would_read_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsmv2.store.segmented_log.LARGEST", 1000)
    segments = SegmentedLog(tmp_path, 10**9)
    with pytest.raises(StoreError, match="too large"):
        segments.begin(iter([b"0" * 1001]))
    segments.close()
