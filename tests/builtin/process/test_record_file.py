"""The record of a process, written and read by whoever watches it now."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fsmv2.builtin.process.process_record import ProcessRecord, read_record, write_record
from fsmv2.builtin.process.record_file import Recorded, RecordFile
from fsmv2.host.process_identity import living

RECORDS = RecordFile("it.json", Recorded)


def test_a_record_survives_being_written_many_times(tmp_path: Path) -> None:
    """Two files take turns; a reader always finds one that is whole."""
    for pid in range(1, 50):
        write_record(str(tmp_path), ProcessRecord(pid=pid, start_time=pid * 7))
        assert read_record(str(tmp_path)) == ProcessRecord(pid=pid, start_time=pid * 7)
    assert len(list(tmp_path.iterdir())) <= 2


@pytest.mark.parametrize("text", ["", '{"pid": ', '{"pid": "x", "start_time": []}', "\0" * 99])
def test_one_that_is_lost_or_damaged_is_none(text: str, tmp_path: Path) -> None:
    assert RECORDS.read(tmp_path) is None
    (tmp_path / "it.json").write_text(text)
    assert RECORDS.read(tmp_path) is None


def test_what_is_recorded_runs_while_exactly_that_process_lives(tmp_path: Path) -> None:
    own = living(os.getpid())
    assert own is not None
    for start_time, boot, runs in (
        (own.start_time, own.boot, True),
        (own.start_time, "", True),
        (own.start_time, "another", False),
        (own.start_time + 1, own.boot, False),
    ):
        RECORDS.write(tmp_path, Recorded(pid=own.pid, start_time=start_time, boot=boot))
        read = RECORDS.read(tmp_path)
        assert read is not None
        assert read.runs is runs


def test_a_record_that_is_removed_leaves_its_space_to_the_next(tmp_path: Path) -> None:
    RECORDS.write(tmp_path, Recorded(pid=1, start_time=1))
    RECORDS.remove(tmp_path)
    RECORDS.remove(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["it.json.spare"]
