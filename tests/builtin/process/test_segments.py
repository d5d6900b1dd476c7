"""Lines on the disk: bounded, numbered, and able to go on whatever happens to files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fsmv2.builtin.process.shim import segments
from fsmv2.builtin.process.shim.rate_limit import RateLimit
from fsmv2.builtin.process.shim.segments import Segments, number_of

LIMIT = 16 << 10


def write(log: Segments, *lines: str) -> None:
    log.write(log.say(b"out", [line.encode() for line in lines]))


def texts(directory: Path) -> list[str]:
    """Every line that is kept, oldest first, without its time."""
    found = []
    for name in ("output.previous", "output.log"):
        if (directory / name).exists():
            header, *lines = (directory / name).read_text().splitlines()
            assert number_of(header.encode()) is not None
            found += [line.partition(" ")[2] for line in lines]
    return found


def size(directory: Path) -> int:
    return sum(file.stat().st_size for file in directory.glob("output.*"))


def test_both_files_together_stay_within_the_limit_and_know_their_numbers(tmp_path: Path) -> None:
    log = Segments(str(tmp_path), LIMIT)
    for number in range(5000):
        write(log, f"line {number}")
        assert size(tmp_path) <= LIMIT
    kept = texts(tmp_path)
    assert kept == [f"out line {n}" for n in range(5000 - len(kept), 5000)]
    assert size(tmp_path) > LIMIT / 2 - 100
    before = number_of((tmp_path / "output.previous").read_bytes().partition(b"\n")[0])
    assert before == 5000 - len(kept)
    assert (tmp_path / "output.log").stat().st_mode & 0o777 == 0o600


def test_a_block_larger_than_everything_keeps_its_end(tmp_path: Path) -> None:
    log = Segments(str(tmp_path), LIMIT)
    write(log, *(f"line {n}" for n in range(9000)))
    assert size(tmp_path) <= LIMIT
    assert texts(tmp_path)[-1] == "out line 8999"
    write(log, "after")
    assert texts(tmp_path)[-2:] == ["out line 8999", "out after"]


@pytest.mark.parametrize("torn", ["", "2026-11-25T23:27:30.123Z out half a li"])
def test_the_next_shim_goes_on_with_lines_and_numbers(tmp_path: Path, torn: str) -> None:
    """Also when the one before was killed in the middle of a line."""
    write(Segments(str(tmp_path), LIMIT), "one", "two")
    with (tmp_path / "output.log").open("a") as opened:
        opened.write(torn)
    write(Segments(str(tmp_path), LIMIT), "three")
    kept = texts(tmp_path)
    assert (kept[:2], kept[-1]) == (["out one", "out two"], "out three")
    assert len(kept) == 3 + bool(torn)


def test_a_smaller_limit_keeps_the_last_lines(tmp_path: Path) -> None:
    log = Segments(str(tmp_path), 8 * LIMIT)
    write(log, *(f"line {n}" for n in range(3500)))
    write(Segments(str(tmp_path), LIMIT), "after")
    assert size(tmp_path) <= LIMIT
    assert texts(tmp_path)[-2:] == ["out line 3499", "out after"]


def test_a_file_of_somebody_else_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text("not ours\n")
    write(Segments(str(tmp_path), LIMIT), "one")
    assert (tmp_path / "output.log").read_text().startswith("# 0 lines before these\n")
    assert (tmp_path / "output.previous").read_text() == "not ours\n"


@pytest.mark.parametrize("loss", ["removed", "emptied", "folder removed"])
def test_what_an_operator_does_to_the_file_stops_nothing(tmp_path: Path, loss: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    log = Segments(str(home), LIMIT)
    write(log, "one")
    if loss == "emptied":
        os.truncate(home / "output.log", 0)
    else:
        (home / "output.log").unlink()
    if loss == "folder removed":
        home.rmdir()
        write(log, "nobody reads this")
        home.mkdir()
    write(log, "two")
    assert texts(home)[-1] == "out two"
    if loss == "folder removed":
        assert "fsmv2 1 lines left out: the disk did not take them" in texts(home)


def test_a_full_disk_stops_nothing_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The half line that fitted is ended before the next one."""
    log = Segments(str(tmp_path), LIMIT)
    write(log, "one")
    whole = os.write
    monkeypatch.setattr(segments.os, "write", lambda file, data: whole(file, data[:10]))
    write(log, "two")
    monkeypatch.undo()
    write(log, "three")
    kept = texts(tmp_path)
    assert kept[0] == "out one"
    assert kept[-2:] == ["fsmv2 1 lines left out: the disk did not take them", "out three"]


def test_a_flood_keeps_its_begin_and_its_end_and_counts_the_rest() -> None:
    """And what is kept spans at least ten seconds, whatever is written."""
    limit, now, line = 1 << 20, 100.0, b"x" * 99 + b"\n"
    rate = RateLimit(limit, now)
    given, left_out, wrote = 0, 0, 0
    for _ in range(1000):  # ten seconds of 100 MB/s
        now += 0.01
        wrote += 10_000
        if rate.holds:
            rate.hold(10_000, line * 100)
        else:
            given += len(rate.give(line * 10_000, now))
        if rate.due(now) == 0.0:
            count, last = rate.settle()
            left_out += count
            given += len(last)
    count, last = rate.settle()
    assert left_out + count + (given + len(last)) // 100 == wrote
    assert last.endswith(line)
    assert 0 < given <= limit / 2 + limit + 11 * (16 << 10)


def test_what_is_no_flood_passes_as_it_is() -> None:
    rate = RateLimit(1 << 20, 0.0)
    assert rate.give(b"one\n", 0.0) == b"one\n"
    assert rate.due(0.0) is None
    burst = b"x\n" * 100_000
    assert rate.give(burst, 1.0) == burst
    assert rate.settle() == (0, b"")
