"""What a process wrote, handed to the log: once, bounded, counted, over turned and lost files."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from fsmv2 import ChildSpec, EngineSettings, Runtime, VariableBundle, WorkerFactory
from fsmv2.builtin.process import Process, ProcessSpec, Ready
from fsmv2.builtin.process.output_follower import Follower, last_words
from fsmv2.builtin.process.shim.segments import Segments
from fsmv2.core.contract.settings import TypeSettings

LIMIT = 16 << 10


class Log:
    """What was logged; a note of lines left out stands where they would be."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, **fields: Any) -> None:
        if event == "wrote":
            self.lines.append(f"{fields['stream']} {fields['line']}")
        else:
            assert event == "left out"
            self.lines.append(f"… {fields['lines']}")


class World:
    """One directory, what is written there, and a follower whose clock is moved by hand."""

    def __init__(self, directory: Path) -> None:
        self.directory = str(directory)
        self.shim = Segments(self.directory, LIMIT)
        self.now = 0.0
        self.log = Log()
        self.begin()

    def begin(self) -> None:
        """Another run of fsmv2."""
        self.follower = Follower(lambda: self.now)

    def write(self, *lines: str, stream: str = "out") -> None:
        self.shim.write(self.shim.say(stream.encode(), [line.encode() for line in lines]))

    def describe(self, limit: int = 100, *, after: float = 1.0, redact: Any = str) -> list[str]:
        """What one more look tells."""
        self.now += after
        self.log.lines.clear()
        self.follower.follow(self.directory, self.log, limit, redact)
        return list(self.log.lines)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_lines_are_told_once_with_their_stream(world: World) -> None:
    assert world.describe() == []
    world.write("one")
    world.write("two", "", stream="err")
    assert world.describe() == ["out one", "err two"]
    assert world.describe() == []


def test_a_follower_is_behind_for_as_long_as_it_has_not_read_all(world: World) -> None:
    """By one look at the file, and also where it was turned over since."""
    behind = world.follower.is_behind
    assert behind(world.directory)
    world.write("one")
    world.describe()
    assert not behind(world.directory)
    world.write("two")
    assert behind(world.directory)
    world.describe()
    assert not behind(world.directory)
    world.write("x" * LIMIT)
    world.write("y" * LIMIT)
    assert behind(world.directory)
    world.describe()
    assert not behind(world.directory)


def test_what_the_shim_says_is_not_told_for_the_process(world: World) -> None:
    world.write("started pid 4711", stream="fsmv2")
    world.write("one")
    assert world.describe() == ["out one"]


def test_what_was_written_while_fsmv2_was_away_is_told_once(world: World) -> None:
    world.write("one")
    assert world.describe() == ["out one"]
    world.write("two")
    world.begin()
    assert world.describe() == ["out two"]
    world.begin()
    assert world.describe() == []


def test_over_turned_files_nothing_is_missed_and_nothing_told_twice(world: World) -> None:
    """Each look after half a file of lines, so that every other one meets a new file."""
    told = []
    for block in range(40):
        world.write(*(f"line {n}" for n in range(block * 100, block * 100 + 100)))
        told += world.describe(limit=1000)
    assert told == [f"out line {n}" for n in range(4000)]


@pytest.mark.parametrize("restarted", [False, True])
def test_lines_that_were_gone_before_they_were_read_are_counted(
    world: World, restarted: bool
) -> None:
    world.write("first")
    assert world.describe() == ["out first"]
    for number in range(3000):
        world.write(f"line {number}")
    if restarted:
        world.begin()
    [gap, *told] = world.describe(limit=10_000)[-len(world.log.lines) :]
    assert int(gap.removeprefix("… ")) + len(told) == 3000
    assert told[-1] == "out line 2999"


def test_of_a_loud_second_the_first_and_last_lines_are_told_and_the_rest_is_counted(
    world: World,
) -> None:
    world.write(*(str(n) for n in range(100)))
    world.write("1000 lines left out", stream="fsmv2")
    world.write(*(f" fsmv2 {n} lines left out" for n in range(100, 130)), stream="err")
    world.write(*(str(n) for n in range(130, 135)))
    told = world.describe(limit=10)
    head, tail = [f"out {n}" for n in range(5)], [f"out {n}" for n in range(130, 135)]
    assert told == [*head, "… 1125", *tail]


def test_the_limit_is_of_a_second_however_often_it_is_looked_at(world: World) -> None:
    told = []
    for _ in range(20):
        world.write(*(["x"] * 10))
        told += world.describe(limit=10, after=0.1)
    assert told.count("out x") <= 10 + 20
    assert told.count("out x") + sum(int(t[2:]) for t in told if t.startswith("…")) == 200


def test_nobody_is_told_anything_with_a_limit_of_zero(world: World) -> None:
    world.write("one", "two")
    assert world.describe(limit=0) == []
    assert world.describe(limit=10) == []


def test_a_file_that_was_removed_is_no_trouble(world: World, tmp_path: Path) -> None:
    world.write("one")
    assert world.describe() == ["out one"]
    for file in tmp_path.glob("output.*"):
        file.unlink()
    assert world.describe() == []
    world.write("two")
    assert world.describe() == ["out two"]


def test_last_words_are_of_the_last_run_and_of_errors_if_there_are_any(world: World) -> None:
    def words() -> str:
        return last_words(world.directory)

    assert words() == "it wrote nothing"
    world.write("started pid 1", stream="fsmv2")
    world.write("of yesterday", stream="err")
    world.write("started pid 2", stream="fsmv2")
    assert words() == "it wrote nothing"
    world.write("a", "b", "c", "d")
    assert words() == "b / c / d"
    world.write("no such plant", stream="err")
    world.write("bye")
    assert words() == "no such plant"
    world.write(*(str(n) for n in range(10)))
    assert words() == "7 / 8 / 9"


def test_last_words_are_found_over_turned_files_and_are_short(world: World) -> None:
    world.write("x" * 2000)
    while not (Path(world.directory) / "output.previous").exists():
        world.write("y" * 600, stream="err")
    assert last_words(world.directory, count=2) == f"{'y' * 500} / {'y' * 500}"


def test_secrets_are_taken_out_of_lines_and_last_words(world: World) -> None:
    """Also of those that were written before the shim knew of them."""
    world.write("password hunter2")

    def redact(text: str) -> str:
        return text.replace("hunter2", "***")

    assert world.describe(redact=redact) == ["out password ***"]
    assert last_words(world.directory, redact) == "password ***"


SPEAKS = (
    "import signal, sys, time\n"
    "def bye(*_):\n    print('goodbye'); sys.exit()\n"
    "signal.signal(signal.SIGTERM, bye)\n"
    "print('ready'); print('careful', file=sys.stderr); time.sleep(600)"
)


async def _run(tmp_path: Path) -> None:
    factory = WorkerFactory()
    factory.register(Process)
    spec = ProcessSpec(
        command=(sys.executable, "-uc", SPEAKS),
        state_dir=str(tmp_path / "state"),
        ready=Ready(line="ready"),
        variables=VariableBundle({}),
    )
    settings = EngineSettings(types={"process": TypeSettings(interval=0.2)})
    async with Runtime(ChildSpec("p", "process", spec), factory, settings=settings) as tree:
        await tree.until(lambda t: t["p"].state == "running", timeout=200)


@pytest.mark.real
def test_the_output_of_a_real_process_is_in_the_log_with_path_and_stream(tmp_path: Path) -> None:
    """Its last words at the stop with it."""
    with capture_logs() as logged:
        asyncio.run(_run(tmp_path))
    wrote = [entry for entry in logged if entry["event"] == "wrote"]
    said = [(entry["path"], entry["stream"], entry["line"]) for entry in wrote]
    assert sorted(said[:2]) == [("p", "err", "careful"), ("p", "out", "ready")]
    assert said[2:] == [("p", "out", "goodbye")]
    assert {(entry["logger"], entry["log_level"]) for entry in wrote} == {("fsmv2.output", "info")}


@pytest.mark.real
@pytest.mark.parametrize("level", ["INFO", "WARNING"])
def test_an_embedding_program_decides_by_the_level_of_their_logger(
    tmp_path: Path, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    caplog.set_level("INFO")
    caplog.set_level(level, "fsmv2.output")
    try:
        asyncio.run(_run(tmp_path))
    finally:
        structlog.configure(**before)
        logging.getLogger("fsmv2.output").setLevel(logging.NOTSET)
    lines = [r.__dict__["line"] for r in caplog.records if r.name == "fsmv2.output"]
    assert sorted(lines) == ([] if level == "WARNING" else ["careful", "goodbye", "ready"])
