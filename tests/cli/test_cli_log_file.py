"""A log in files: bounded, private, renamed when full; a disk that is full costs lines alone."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.full_disk import fill, small_disk

from fsmv2.cli.log_file import FILES, LogFile
from fsmv2.errors import FsmError


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    before = os.umask(0o022)
    yield tmp_path / "fsmv2.log"
    os.umask(before)


def wait_until(there: Callable[[], bool]) -> None:
    limit = time.monotonic() + 200
    while not there():
        assert time.monotonic() < limit
        time.sleep(0.01)


def write(file: LogFile, *texts: str) -> None:
    for text in texts:
        file.text(text + "\n")
    file.close()


def test_only_its_owner_may_read_it_and_another_start_goes_on_in_it(place: Path) -> None:
    write(LogFile(place, 1000), "one")
    write(LogFile(place, 1000), "two")
    assert place.read_text() == "one\ntwo\n"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_full_ones_are_renamed_and_the_oldest_goes(place: Path) -> None:
    write(LogFile(place, 100), *[f"{number:049d}" for number in range(20)])
    names = sorted(file.name for file in place.parent.iterdir())
    assert names == ["fsmv2.log", *(f"fsmv2.log.{n}" for n in range(1, FILES + 1))]
    kept = [place, *(place.with_name(f"fsmv2.log.{n}") for n in range(1, FILES + 1))]
    assert all(file.stat().st_size <= 100 for file in kept)
    lines = [int(line) for file in reversed(kept) for line in file.read_text().split()]
    assert lines == list(range(20 - len(lines), 20))


def test_a_mode_that_somebody_chose_is_kept_also_by_those_that_follow(place: Path) -> None:
    place.touch()
    place.chmod(0o640)
    write(LogFile(place, 60), *["x" * 49] * 3)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in place.parent.iterdir()}
    assert modes == {0o640}


def test_one_that_was_moved_away_is_made_anew(place: Path) -> None:
    file = LogFile(place, 1000)
    file.text("before\n")
    wait_until(lambda: bool(place.read_text()))
    place.rename(place.with_name("rotated"))
    write(file, "after")
    assert place.with_name("rotated").read_text() == "before\n"
    assert place.read_text() == "after\n"


@pytest.mark.parametrize("what", ["a link", "a folder", "a pipe", "nowhere"])
def test_what_is_no_file_is_refused_at_once(place: Path, what: str) -> None:
    if what == "a link":
        place.symlink_to(place.with_name("target"))
    elif what == "a folder":
        place.mkdir()
    elif what == "a pipe":
        os.mkfifo(place)
    else:
        place = place.parent / "missing" / "fsmv2.log"
    with pytest.raises(FsmError, match="cannot be opened"):
        LogFile(place, 1000)
    assert not place.with_name("target").exists()


def test_a_full_disk_costs_lines_which_are_counted(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, write_really = [True], os.write

    def write_or_not(descriptor: int, data: bytes) -> int:
        if full[0] and os.readlink(f"/proc/self/fd/{descriptor}") == str(place):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_really(descriptor, data)

    monkeypatch.setattr(os, "write", write_or_not)
    file, told = LogFile(place, 1000), []
    file.failed = lambda why: (told.append(why), None)[1]
    file.text("lost\n")
    file.text("lost, too\n")
    wait_until(lambda: not file.waiting)
    full[0] = False
    write(file, "kept")
    assert place.read_text() == (
        f"2 lines left out here: log file {place} cannot be written: no space left on device\n"
        "kept\n"
    )
    assert len(told) == 1


def test_a_disk_that_becomes_full_leaves_no_half_line(place: Path) -> None:
    with small_disk(place.parent / "disk") as disk:
        file, line = LogFile(disk / "fsmv2.log", 1 << 20), "x" * 999 + "\n"
        file.text(line)
        wait_until(lambda: bool((disk / "fsmv2.log").stat().st_size))
        filler = fill(disk)
        for _ in range(9):
            file.text(line)
        wait_until(lambda: not file.waiting)
        filler.unlink()
        write(file, "after")
        lines = (disk / "fsmv2.log").read_text().splitlines()
    whole = [found for found in lines if found == line.strip()]
    assert 1 <= len(whole) < 10
    assert lines[len(whole)].startswith(f"{10 - len(whole)} lines left out here: ")
    assert lines[len(whole) + 1 :] == ["after"]
