"""A program beside the tree: its messages, its time, and its end, whoever wants it."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

import pytest

from fsmv2.host.side_program import SideProgram

ECHO = """
import sys
from fsmv2.host.side_process import own_pipes, read_frame, write_frame
asked, answers = own_pipes()
print("not a message")
while True:
    write_frame(answers, read_frame(asked)[::-1])
"""


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "echoes.py").write_text(ECHO)
    (tmp_path / "sleeps.py").write_text("import time; time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def test_messages_come_back_whole_whatever_else_it_prints() -> None:
    program = SideProgram("echoes", within=60)
    assert program.start()
    for text in (b"abc", b"", b"x" * 1_000_000):
        program.send(text)
        assert program.receive() == text[::-1]
    program.end()
    assert program.process is not None
    assert program.process.returncode == -9
    assert program.ended == "it was no longer needed"


def test_one_that_takes_too_long_is_ended_and_says_so() -> None:
    program = SideProgram("sleeps", within=0.2)
    assert program.start()
    with pytest.raises((EOFError, ValueError, OSError)):
        program.receive()
    program.end()
    assert program.ended == "it took more than 0 s"


def test_one_that_was_ended_before_is_not_started() -> None:
    program = SideProgram("sleeps", within=60)
    program.end("nobody waits")
    assert not program.start()
    assert program.process is None


def test_an_interpreter_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    program = SideProgram("sleeps", within=60)
    with pytest.raises(FileNotFoundError):
        program.start()
    program.end()


async def test_who_is_cancelled_ends_it_and_waits_for_its_end() -> None:
    program, begun = SideProgram("sleeps", within=60), threading.Event()

    def work() -> bytes:
        program.start()
        begun.set()
        return program.receive()

    running = asyncio.ensure_future(program.run(work))
    await asyncio.to_thread(begun.wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert program.process is not None
    assert program.process.returncode is not None
