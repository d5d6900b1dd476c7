"""A look at a process that is as it was costs little, and misses nothing that has changed."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from fsmv2.builtin.process.process_record import ProcessRecord, read_record, write_record
from fsmv2.builtin.process.repeated_look import RepeatedLook
from fsmv2.builtin.process.shim.record_writer import FILE
from fsmv2.host.process_identity import living


def record_of(pid: int, shim: int | None = None) -> ProcessRecord:
    command, keeps = living(pid), living(shim or pid)
    assert command is not None
    assert keeps is not None
    return ProcessRecord(
        pid=pid, start_time=command.start_time, shim=keeps.pid, shim_start=keeps.start_time
    )


def looked(folder: Path, record: ProcessRecord, *, age: float = 60.0) -> RepeatedLook:
    """A look at a record that was written so long ago."""
    write_record(folder, record)
    then = time.time() - age
    os.utime(folder / FILE, (then, then))
    look = RepeatedLook()
    before = look.begin(str(folder))
    look.found(str(folder), before, read_record(folder))
    return look


def test_what_has_not_changed_is_known_by_what_the_kernel_says(tmp_path: Path) -> None:
    record = record_of(os.getpid())
    look = looked(tmp_path, record)
    fields = look.fields(str(tmp_path), record)
    assert fields is not None
    assert int(fields[19]) == record.start_time


@pytest.mark.parametrize("how", ["written", "gone", "unknown", "ended", "another", "other boot"])
def test_whatever_has_changed_needs_a_whole_look(tmp_path: Path, how: str) -> None:
    record = record_of(os.getpid())
    look = looked(tmp_path, record)
    known: ProcessRecord | None = record
    folder = str(tmp_path)
    if how == "written":
        write_record(tmp_path, msgspec.structs.replace(record, said=True))
    elif how == "gone":
        (tmp_path / FILE).unlink()
    elif how == "unknown":
        known = None
    elif how == "ended":
        known = msgspec.structs.replace(record, start_time=record.start_time - 1)
    elif how == "another":
        folder = f"{tmp_path}-2"
    else:
        known = msgspec.structs.replace(record, boot="another run of the machine")
    assert look.fields(folder, known) is None


def test_a_record_of_this_moment_may_be_written_again_in_it(tmp_path: Path) -> None:
    """Files have the time of the kernel's last tick, so another one may bear the same."""
    record = record_of(os.getpid())
    assert looked(tmp_path, record, age=-5.0).fields(str(tmp_path), record) is None


@pytest.mark.parametrize("who", ["command", "shim"])
def test_the_end_of_the_command_or_of_its_shim_is_seen_at_once(tmp_path: Path, who: str) -> None:
    child = subprocess.Popen(["sleep", "1000"])
    try:
        pids = (child.pid, os.getpid()) if who == "command" else (os.getpid(), child.pid)
        record = record_of(*pids)
        look = looked(tmp_path, record)
        assert look.fields(str(tmp_path), record) is not None
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert look.fields(str(tmp_path), record) is None, "it is a zombie"
    finally:
        child.kill()
        child.wait()


def test_what_could_not_be_written_is_tried_again(tmp_path: Path) -> None:
    """The record on the disk is another one than what is known, as after a restored backup."""
    record = record_of(os.getpid())
    write_record(tmp_path, msgspec.structs.replace(record, digest="of another config"))
    os.utime(tmp_path / FILE, (1.0, 1.0))
    look = RepeatedLook()
    look.found(str(tmp_path), look.begin(str(tmp_path)), record)
    assert look.fields(str(tmp_path), record) is None
