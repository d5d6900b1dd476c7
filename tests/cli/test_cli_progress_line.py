"""The line about long work: on a terminal only, and never in the way of anything else."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from fsmv2.cli import console, progress_line
from fsmv2.cli.progress_line import CLEAR, LongWork, long_work


class Terminal(io.StringIO):
    """A terminal that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        written = super().write(text)
        if "checking" in text:
            self.shown.set()
        return written


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr(progress_line, "FIRST_AFTER", 0.0)
    monkeypatch.setattr(progress_line, "EVERY", 600.0)
    return Terminal()


def line_after(seconds: float, share: float | None) -> str:
    work = LongWork("x")
    if share is not None:
        work.begin("x", lambda: share)
    return work.line(work._since + seconds)


def test_it_says_how_long_how_far_and_how_long_yet() -> None:
    assert line_after(12.0, None) == "x … 12 s"
    assert line_after(30.0, 0.25) == "x … 25%, 30 s, about 1 min 30 s left"
    assert line_after(7200.0, 0.5) == "x … 50%, 2 h 0 min, about 2 h 0 min left"
    assert line_after(1.0, 0.001) == "x … 1 s"


def test_what_cannot_be_asked_is_left_out() -> None:
    work = LongWork("x")
    work.begin("x", lambda: 1 / 0)
    assert work.line(work._since + 1.0) == "x … 1 s"


def test_it_appears_is_cut_to_the_width_and_goes(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    with long_work("checking \x1b[31m" + "y" * 100):
        assert terminal.shown.wait(60)
    shown = terminal.getvalue()
    assert shown.startswith(CLEAR + "checking \\x1b[31myyy")
    assert len(shown.split(CLEAR)[1]) == 39
    assert shown.endswith(CLEAR)
    assert console.PROGRESS_LINE is None


def test_it_goes_before_anything_else_is_written(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    with long_work("checking"):
        assert terminal.shown.wait(60)
        console.progress("a warning")
    assert f"{CLEAR}a warning\n" in terminal.getvalue()


@pytest.mark.parametrize("term", ["dumb", ""])
def test_off_a_terminal_there_is_none(
    term: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", term)
    if not term:
        monkeypatch.setattr(terminal, "isatty", lambda: False)
    with long_work("checking"):
        assert console.PROGRESS_LINE is None
    assert terminal.getvalue() == ""
