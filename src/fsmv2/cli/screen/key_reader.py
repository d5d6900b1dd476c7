"""Reads keys from a terminal, each by its name, and gives the terminal back as it was.

Ctrl-C stays a signal. Keys are read only while the program is in the foreground: else they are
meant for another, and reading them would stop this one.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import termios
from collections.abc import Iterator
from typing import Any

SEQUENCES = {
    "[A": "up",
    "[B": "down",
    "[C": "right",
    "[D": "left",
    "[H": "home",
    "[F": "end",
    "[1~": "home",
    "[4~": "end",
    "[7~": "home",
    "[8~": "end",
    "[5~": "page up",
    "[6~": "page down",
    "[11~": "f1",
    "[[A": "f1",
    "P": "f1",
}
"""What terminals send for keys, without the escape and the O of the application mode."""

CHARACTERS = {
    "\r": "enter",
    "\n": "enter",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x0c": "ctrl-l",
    "\x15": "ctrl-u",
    "\t": "tab",
    " ": "space",
}

ESCAPE_WITHIN = 0.05
"""Seconds after which an escape is the key itself, and not the beginning of another."""

_SEQUENCE = re.compile(r"\x1b(?:O(.)|(\[\[?[0-9;?]*[ -/]*[@-~]))", re.DOTALL)


class KeyReader:
    """The keys of the terminal `file`, a descriptor. Used by one thread."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._before: list[Any] | None = None  # as termios has it
        self._gone = False

    def enter(self) -> None:
        """Have keys handed over one by one and not shown, from when it is in the foreground on."""
        if self._before is None and self._in_foreground():
            with contextlib.suppress(termios.error, OSError):
                before = termios.tcgetattr(self._file)
                mode = termios.tcgetattr(self._file)
                mode[3] &= ~(termios.ICANON | termios.ECHO)
                mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
                # Never TCSADRAIN: it waits until a terminal that nobody reads has shown everything.
                termios.tcsetattr(self._file, termios.TCSANOW, mode)
                self._before = before

    def leave(self) -> None:
        """Give the terminal back."""
        if self._before is not None:
            before, self._before = self._before, None
            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(self._file, termios.TCSANOW, before)

    def wait(self, seconds: float, wake: int) -> list[str]:
        """The keys that are pressed within this time; none, as soon as `wake` can be read."""
        self.enter()
        files = [wake]
        if self._before is not None and not self._gone and self._in_foreground():
            files.append(self._file)
        ready, _, _ = select.select(files, [], [], seconds)
        if self._file not in ready:
            return []
        text = self._read()
        if text == "\x1b" and select.select([self._file], [], [], ESCAPE_WITHIN)[0]:
            text += self._read()
        return list(keys_in(text))

    def _read(self) -> str:
        try:
            data = os.read(self._file, 1024)
        except OSError:  # it is in the background by now, or the terminal is gone
            data = b""
        self._gone = not data
        return data.decode(errors="ignore")

    def _in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._file) == os.getpgrp()
        except OSError:
            return False


def keys_in(text: str) -> Iterator[str]:
    """The names of the keys for which a terminal has sent this."""
    at = 0
    while at < len(text):
        found = _SEQUENCE.match(text, at)
        if found:
            at = found.end()
            if name := SEQUENCES.get(found[1] or found[2]):
                yield name
            elif found[1] in ("A", "B", "C", "D", "H", "F"):
                yield SEQUENCES[f"[{found[1]}"]
            continue
        character = text[at]
        at += 1
        if character == "\x1b":
            yield "escape"
        elif character in CHARACTERS:
            yield CHARACTERS[character]
        elif character.isprintable():
            yield character
