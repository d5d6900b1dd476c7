"""What a process writes, handed to the log: bounded, whole lines, over replaced and cut files."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from fsmv2 import ChildSpec, EngineSettings, Runtime, VariableBundle, WorkerFactory
from fsmv2.builtin.process import Process, ProcessSpec, Ready
from fsmv2.builtin.process.output import CHUNK, LINE, Follower, begin, keep_small, last_lines
from fsmv2.core.settings import TypeSettings


class Log:
    """What was logged."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.left_out: list[dict[str, Any]] = []

    def info(self, event: str, *, line: str) -> None:
        assert event == "wrote"
        self.lines.append(line)

    def warning(self, event: str, **fields: Any) -> None:
        assert event == "left out"
        self.left_out.append(fields)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "output.log"


def write(file: Path, text: str | bytes) -> None:
    with file.open("ab") as opened:
        opened.write(text.encode() if isinstance(text, str) else text)


def test_lines_are_told_once_and_only_when_they_are_whole(file: Path) -> None:
    """A look in the middle of a line, of a character even, shows no half of it."""
    log = Log()
    with Follower() as follower:
        follower.follow(file, log, 100)
        write(file, "one\ntw")
        follower.follow(file, log, 100)
        assert log.lines == ["one"]
        write(file, "o\n\nthr")
        write(file, "é".encode()[:1])
        follower.follow(file, log, 100)
        write(file, "é".encode()[1:] + b"e\r\n")
        follower.follow(file, log, 100)
        assert log.lines == ["one", "two", "thrée"]
        assert not log.left_out


def test_what_was_there_before_is_not_told_again(file: Path) -> None:
    """After a crash of fsmv2 the adopted process goes on where it is."""
    log = Log()
    write(file, "of yesterday\n")
    with Follower() as follower:
        follower.follow(file, log, 100)
        write(file, "of today\n")
        follower.follow(file, log, 100)
        assert log.lines == ["of today"]


def test_what_was_written_while_fsmv2_was_away_is_told_once(file: Path) -> None:
    """Each follower is another run of fsmv2; the last line was not whole at the crash."""
    before, after, cut, replaced = Log(), Log(), Log(), Log()
    write(file, "")
    with Follower() as follower:
        follower.follow(file, before, 100)
        write(file, "one\ntw")
        follower.follow(file, before, 100)
    write(file, "o\nthree\n")
    with Follower() as follower:
        follower.follow(file, after, 100)
        follower.follow(file, after, 100)
    assert (before.lines, after.lines) == (["one"], ["two", "three"])
    os.truncate(file, 0)
    write(file, "four\n")
    with Follower() as follower:
        follower.follow(file, cut, 100)
    os.close(begin(file))
    write(file, "five\n")
    with Follower() as follower:
        follower.follow(file, replaced, 100)
    assert (cut.lines, replaced.lines) == (["four"], ["five"])


def test_however_much_was_written_a_bounded_part_is_kept(file: Path) -> None:
    """The latest, for its owner alone; the file itself begins anew."""
    write(file, b"x" * 1_000_000 + b"the end\n")
    keep_small(file, 1000)
    previous = file.with_suffix(".previous")
    assert file.stat().st_size == 0
    assert previous.stat().st_size == 1000
    assert previous.read_bytes().endswith(b"xthe end\n")
    assert previous.stat().st_mode & 0o777 == 0o600


def test_a_cut_file_that_has_grown_again_is_read_from_its_begin(file: Path) -> None:
    """Its size alone does not tell that it was cut."""
    log = Log()
    write(file, "")
    with Follower() as follower:
        follower.follow(file, log, 100)
        write(file, "a" * 50 + "\n")
        follower.follow(file, log, 100)
        assert keep_small(file, 20)
        follower.was_cut()
        write(file, "b" * 20 + "\n" + "c" * 60 + "\n")
        follower.follow(file, log, 100)
        assert log.lines[1:] == ["b" * 20, "c" * 60]
        assert not keep_small(file, 1000)


def test_a_new_process_has_a_new_file_and_the_old_one_is_read_to_its_end(file: Path) -> None:
    """The last words of one that died are not lost when the next one starts."""
    log = Log()
    with Follower() as follower:
        follower.follow(file, log, 100)
        write(file, "begins\n")
        follower.follow(file, log, 100)
        write(file, "panics\nwithout an end")
        os.close(begin(file))
        write(file, "begins again\n")
        follower.follow(file, log, 100)
        assert log.lines == ["begins", "panics", "without an end", "begins again"]


def test_a_file_that_is_cut_goes_on_from_its_begin(file: Path) -> None:
    log = Log()
    with Follower() as follower:
        follower.follow(file, log, 100)
        write(file, "a" * 2000 + "\n")
        follower.follow(file, log, 100)
        keep_small(file, 1000)
        write(file, "after\n")
        follower.follow(file, log, 100)
        assert log.lines[-1] == "after"
        assert log.lines[0].endswith("… (2000 characters)")


def test_a_chatty_process_is_cut_and_that_is_said(file: Path) -> None:
    log = Log()
    with Follower() as follower:
        follower.follow(file, log, 10)
        write(file, "".join(f"{n}\n" for n in range(35)))
        follower.follow(file, log, 10)
        assert log.lines == [str(n) for n in range(10)]
        assert log.left_out == [{"lines": 25, "bytes": 0, "all_of_it": str(file)}]
        write(file, ("x" * 99 + "\n") * (2 * CHUNK // 100))
        write(file, "the latest\n")
        follower.follow(file, log, 10**6)
        assert log.lines[-1] == "the latest"
        assert log.left_out[1]["bytes"] > CHUNK / 2
        assert all(len(line) in (99, 10) for line in log.lines[10:])


def test_a_line_without_end_and_bytes_of_any_kind_harm_nobody(file: Path) -> None:
    log = Log()
    with Follower() as follower:
        follower.follow(file, log, 10)
        for _ in range(50):
            write(file, "y" * 100_000)
            follower.follow(file, log, 10)
        write(file, b"\n\xff\xfe\x00\x1b[31mred\n")
        follower.follow(file, log, 10)
        assert log.lines[0].startswith("yyy")
        assert log.lines[1].endswith("[31mred")
        assert "\x1b" not in log.lines[1]
        assert "\x00" not in log.lines[1]


async def _run(tmp_path: Path, source: str) -> None:
    factory = WorkerFactory()
    factory.register(Process)
    spec = ProcessSpec(
        command=(sys.executable, "-uc", source),
        state_dir=str(tmp_path / "state"),
        ready=Ready(line="ready"),
        variables=VariableBundle({}),
    )
    settings = EngineSettings(types={"process": TypeSettings(interval=0.2)})
    async with Runtime(ChildSpec("p", "process", spec), factory, settings=settings) as tree:
        await tree.until(lambda t: t["p"].state == "running", timeout=30)
        await asyncio.sleep(0.5)


@pytest.mark.real
def test_the_output_of_a_real_process_is_in_the_log_with_its_path(tmp_path: Path) -> None:
    """Both streams, in order, its last words at the stop with them."""
    source = (
        "import signal, sys, time\n"
        "def bye(*_):\n    print('goodbye'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, bye)\n"
        "print('ready'); print('careful', file=sys.stderr); time.sleep(600)"
    )
    with capture_logs() as logged:
        asyncio.run(_run(tmp_path, source))
    wrote = [(entry["path"], entry["line"]) for entry in logged if entry["event"] == "wrote"]
    assert wrote == [("p", "ready"), ("p", "careful"), ("p", "goodbye")]


def test_half_a_secret_is_not_shown_either(file: Path) -> None:
    """One that stands where the line is shortened is taken out before, in log and reason."""
    secret = "hunter2-" * 8
    log = Log()
    with Follower() as follower:
        follower.follow(file, log, 10)
        write(file, "x" * (LINE - 20) + secret + "y" * 400 + "\n")
        follower.follow(file, log, 10, lambda text: text.replace(secret, "***"))
    assert "hunter2" not in log.lines[0]
    [line] = last_lines(file, lambda text: text.replace(secret, "***"))
    assert "hunter2" not in line
    assert len(line) == LINE
