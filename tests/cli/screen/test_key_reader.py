"""Keys by their names, as terminals send them."""

from __future__ import annotations

import os
import pty
import termios

import pytest

from fsmv2.cli.screen.key_reader import KeyReader, keys_in


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b[A\x1bOB\x1b[C\x1bOD", ["up", "down", "right", "left"]),
        ("\x1b[5~\x1b[6~\x1b[H\x1bOF\x1b[1~", ["page up", "page down", "home", "end", "home"]),
        ("\x1b", ["escape"]),
        ("a\r \x7f\x0c", ["a", "enter", "space", "backspace", "ctrl-l"]),
        ("é/日", ["é", "/", "日"]),
        ("\x1bOP\x1b[[A", ["f1", "f1"]),
        ("\x1b[200~x\x1b[1;5Cy\x01", ["x", "y"]),
    ],
)
def test_keys_have_names_and_what_is_unknown_is_none(sent: str, keys: list[str]) -> None:
    assert list(keys_in(sent)) == keys


def test_keys_of_a_terminal_in_other_hands_are_not_read() -> None:
    ours, theirs = pty.openpty()
    woken, wake = os.pipe()
    before = termios.tcgetattr(theirs)
    os.write(ours, b"q")
    reader = KeyReader(theirs)
    assert reader.wait(0.0, woken) == []
    assert termios.tcgetattr(theirs) == before
    for file in (ours, theirs, woken, wake):
        os.close(file)


def test_keys_are_read_one_by_one_and_the_terminal_is_as_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = pty.openpty()
    woken, wake = os.pipe()
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    before = termios.tcgetattr(theirs)
    reader = KeyReader(theirs)
    reader.enter()
    assert not termios.tcgetattr(theirs)[3] & (termios.ECHO | termios.ICANON)
    assert termios.tcgetattr(theirs)[3] & termios.ISIG, "Ctrl-C stays a signal"
    os.write(ours, b"j\x1b[B")
    assert reader.wait(100.0, woken) == ["j", "down"]
    os.write(ours, b"\x1b")
    assert reader.wait(100.0, woken) == ["escape"]
    os.write(wake, b".")
    assert reader.wait(100.0, woken) == []
    os.read(woken, 1)
    reader.leave()
    assert termios.tcgetattr(theirs) == before
    reader.enter()
    os.close(ours)
    assert reader.wait(100.0, woken) == reader.wait(0.0, woken) == []
    for file in (theirs, woken, wake):
        os.close(file)
