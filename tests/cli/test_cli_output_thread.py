"""The thread that prints: it blocks and fails, and nobody else does."""

from __future__ import annotations

import errno
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TextIO

import pytest

from busy_machine import allowed
from fsmv2.cli import output_thread
from fsmv2.cli.output_thread import Outlet, opened


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < limit, "never so"
        time.sleep(0.005)


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        yield reading, stream
    os.close(reading)


def read_all(reading: int, until_text: str) -> str:
    found = b""
    while until_text.encode() not in found:
        found += os.read(reading, 65536)
    return found.decode()


def test_h65_lines_beyond_the_bound_are_counted_at_their_place(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stream = pipe
    monkeypatch.setattr(output_thread, "MOST_LINES", 10)
    outlet = Outlet(stream, "stdout")
    outlet.text("x" * 200_000 + "\n")  # more than a pipe holds
    until(lambda: not outlet._queue)
    for number in range(30):
        outlet.text(f"line {number}\n")
    found = read_all(reading, "left out")
    outlet.text("later\n")
    found += read_all(reading, "later")
    outlet.close()
    lines = found.splitlines()[1:]
    assert lines[:10] == [f"line {number}" for number in range(10)]
    assert lines[10:] == ["20 lines left out here: the output was not read in time", "later"]


def test_h65_an_output_that_is_stuck_does_not_hold_the_end(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    outlet = Outlet(stream, "stdout")
    outlet.text("x" * 200_000)
    began = time.monotonic()
    outlet.close(stuck=0.1)
    assert time.monotonic() - began < allowed(5)
    read_all(reading, "x" * 200_000)


def test_h66_when_the_disk_has_room_again_the_count_is_printed_first(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stream = pipe
    full, whys = threading.Event(), list[str]()
    full.set()
    real = os.write

    def write(file: int, data: bytes) -> int:
        if full.is_set() and file == stream.fileno():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data)

    monkeypatch.setattr(os, "write", write)
    outlet = Outlet(stream, "stdout")
    outlet.failed = whys.append
    for number in range(3):
        outlet.text(f"line {number}\n")
    until(lambda: not outlet.waiting)
    full.clear()
    outlet.text("line 3\n")
    outlet.close()
    why = "stdout cannot be written: no space left on device"
    assert read_all(reading, "line 3\n") == f"3 lines left out here: {why}\nline 3\n"
    assert whys == [why]


def test_everything_that_prints_goes_through_the_thread(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of these would return, were it to write into this full pipe itself."""
    reading, stream = pipe
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    with opened() as opened_output:
        assert opened_output.out is opened_output.err  # one pipe keeps the order of both
        sys.stdout.write("x" * 200_000 + "\n")
        print("printed")
        handler = logging.StreamHandler(sys.stderr)
        handler.emit(logging.LogRecord("a", logging.ERROR, "", 0, "logged", None, None))
        thread = threading.Thread(target=lambda: 1 / 0)
        monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
        thread.start()
        thread.join()
        opened_output.out.later(lambda: {}["x"])  # type: ignore[misc]
        found = read_all(reading, "a line could not be printed: KeyError")
    for text in ("printed", "logged", "ZeroDivisionError: division"):
        assert text in found
