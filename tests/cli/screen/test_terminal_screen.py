"""What a terminal is sent: only what changed, and at the end what gives it back."""

from __future__ import annotations

import io
import sys

import pytest
from emulated_terminal import EmulatedScreen, pyte

from fsmv2.cli.console import styled
from fsmv2.cli.screen.screen_content import Line
from fsmv2.cli.screen.terminal_screen import TerminalScreen, kept_output

FRAME: list[Line] = [(styled("title", bold=True),), ("one ", styled("red", fg="red")), ("last",)]


class Terminal(io.StringIO):
    """A terminal that is emulated."""

    def __init__(self, columns: int = 20, lines: int = 4) -> None:
        super().__init__()
        self.screen = EmulatedScreen(columns, lines)
        self._stream = pyte.Stream(self.screen)
        self.written = 0

    def write(self, text: str) -> int:
        self.written += len(text)
        self._stream.feed(text)
        return len(text)

    def isatty(self) -> bool:
        return True

    def shown(self) -> list[str]:
        return self.screen.lines_shown


def test_a_frame_is_shown_and_the_next_one_sends_only_the_line_that_changed() -> None:
    terminal = Terminal()
    screen = TerminalScreen(terminal, coloured=True)
    screen.enter()
    screen.draw(FRAME, (20, 4))
    assert terminal.shown() == ["title", "one red", "last", ""]
    assert terminal.screen.buffer[1][4].fg == "red"
    before = terminal.written
    screen.draw(FRAME, (20, 4))
    assert terminal.written == before
    screen.draw([*FRAME[:2], ("end",)], (20, 4))
    assert terminal.shown() == ["title", "one red", "end", ""]
    assert terminal.written - before < 20


def test_a_line_as_wide_as_the_terminal_keeps_its_last_column() -> None:
    """Of `generation 12` at the right edge, `generation 1` would be another generation."""
    terminal = Terminal()
    screen = TerminalScreen(terminal, coloured=True)
    screen.enter()
    screen.draw([("all well", " " * 3, styled("number 12", dim=True))], (20, 4))
    assert terminal.shown()[0] == "all well   number 12"
    screen.draw([("short",)], (20, 4))
    assert terminal.shown()[0] == "short"


def test_a_shorter_frame_and_another_size_leave_nothing_behind() -> None:
    terminal = Terminal(lines=6)
    screen = TerminalScreen(terminal, coloured=False)
    screen.enter()
    screen.draw([("x" * 20,)] * 6, (20, 6))
    screen.draw([("y",)], (20, 6))
    assert terminal.shown() == ["y", "", "", "", "", ""]
    screen.draw([("x" * 20,)] * 6, (20, 6))
    terminal.screen.resize(4, 10)
    screen.draw([("z",)], (10, 4))
    assert terminal.shown() == ["z", "", "", ""]


def test_what_was_there_before_is_there_again() -> None:
    terminal = Terminal()
    terminal.write("$ fsmv2 run\r\n")
    screen = TerminalScreen(terminal, coloured=True)
    screen.leave()
    screen.enter()
    screen.enter()
    screen.draw(FRAME, (20, 4))
    assert terminal.screen.cursor.hidden
    screen.leave()
    screen.leave()
    assert terminal.shown() == ["$ fsmv2 run", "", "", ""]
    assert not terminal.screen.cursor.hidden
    assert not terminal.screen.alternate


def test_without_colour_what_is_selected_is_still_to_be_seen() -> None:
    terminal = Terminal()
    screen = TerminalScreen(terminal, coloured=False)
    screen.draw([(styled("one", fg="red", reverse=True, bold=True),)], (20, 4))
    found = terminal.screen.buffer[0][0]
    assert (found.fg, found.reverse, found.bold) == ("default", True, True)


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    closed = io.StringIO()
    closed.close()
    screen = TerminalScreen(closed, coloured=True)
    screen.enter()
    screen.draw(FRAME, screen.size())
    screen.leave()
    assert screen.size() == (80, 24)


def test_what_is_printed_meanwhile_is_told_and_printed_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal, pipe, told = io.StringIO(), io.StringIO(), list[str]()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdout", pipe)
    monkeypatch.setattr(sys, "stderr", terminal)
    with kept_output(told.append):
        print("a\nb", file=sys.stderr)
        sys.stderr.write("half")
        print("data")
        assert (terminal.getvalue(), pipe.getvalue()) == ("", "data\n")
    assert told == ["a", "b", "half"]
    assert terminal.getvalue() == "a\nb\nhalf\n"
    assert sys.stderr is terminal
