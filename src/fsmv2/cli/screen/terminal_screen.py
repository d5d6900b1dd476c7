"""Writes lines to a terminal, on its alternate screen, and of those only what changed.

What was on the terminal before is there again after `leave`, whatever happened between.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOBase
from typing import TextIO

from fsmv2.cli.console import Part
from fsmv2.cli.screen.screen_content import Line

ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"
"""The alternate screen, no cursor, and nothing that is too long goes on in the next line."""

LEAVE = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"

CLEAR = "\x1b[0m\x1b[2J"

COLOURS = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "white": "37",
}

KEPT = 1000
"""Lines printed by others meanwhile that are kept, to be printed at the end."""


class TerminalScreen:
    """The terminal of `stream`. `coloured`: whether colours may be written."""

    def __init__(self, stream: TextIO, *, coloured: bool) -> None:
        self._stream = stream
        self._coloured = coloured
        self._drawn: list[str] = []
        self._size = (0, 0)
        self.entered = False

    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now; a window may have any size."""
        try:
            columns, lines = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError):
            columns, lines = 0, 0
        return columns or 80, lines or 24

    def enter(self) -> None:
        """Take the terminal."""
        if not self.entered:
            self.entered = True
            self.forget()
            self._write(ENTER)

    def leave(self) -> None:
        """Give it back as it was."""
        if self.entered:
            self.entered = False
            self._write(LEAVE)

    def forget(self) -> None:
        """Have everything drawn the next time: nobody knows what the terminal shows."""
        self._drawn, self._size = [], (0, 0)

    def draw(self, lines: Sequence[Line], size: tuple[int, int]) -> None:
        """Show these lines, which fit into `size`."""
        shown = [self._text(line) for line in lines]
        parts = []
        if size != self._size:
            parts.append(CLEAR)
            self._drawn, self._size = [], size
        drawn = self._drawn
        drawn += [""] * (len(shown) - len(drawn))
        shown += [""] * (len(drawn) - len(shown))
        for number, (before, text) in enumerate(zip(drawn, shown, strict=True), start=1):
            if before != text:
                # Erased first: behind a full line the cursor is still on its last column.
                parts.append(f"\x1b[{number};1H\x1b[K{text}")
        if parts:
            self._write("".join(parts))
        self._drawn = shown

    def _text(self, line: Line) -> str:
        return "".join(map(self._part, line))

    def _part(self, part: Part) -> str:
        if isinstance(part, str):
            return part
        codes = [COLOURS[part.fg]] if part.fg and self._coloured else []
        codes += ["1"] * part.bold + ["2"] * part.dim + ["7"] * part.reverse
        return f"\x1b[{';'.join(codes)}m{part.text}\x1b[0m" if codes and part.text else part.text

    def _write(self, text: str) -> None:
        # A terminal that is gone is no reason to end what is shown on it.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


class KeptOutput(TextIOBase):
    """Stands in the place of stdout or stderr while a screen is shown: lines go to `told`."""

    def __init__(self, stream: TextIO, told: Callable[[str], None]) -> None:
        self._stream = stream
        self._told = told
        self._part = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in the typeshed
        """That of the stream behind it."""
        return self._stream.encoding or "utf-8"

    def isatty(self) -> bool:
        """What is printed is for a terminal, if later."""
        return True

    def fileno(self) -> int:
        """That of the stream behind it."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Take a text; a line is told when it is whole."""
        *lines, self._part = (self._part + text).split("\n")
        for line in lines:
            self._told(line)
        return len(text)

    def end(self) -> None:
        """Tell what has no line end yet."""
        if self._part:
            self.write("\n")


@contextmanager
def kept_output(told: Callable[[str], None]) -> Iterator[None]:
    """Have nothing printed across a screen inside, but `told`; and printed after it."""
    before = sys.stdout, sys.stderr
    kept: deque[tuple[TextIO, str]] = deque(maxlen=KEPT)

    def keeps(stream: TextIO) -> KeptOutput:
        def take(line: str) -> None:
            kept.append((stream, line))
            told(line)

        return KeptOutput(stream, take)

    ours = [keeps(stream) if stream.isatty() else stream for stream in before]
    sys.stdout, sys.stderr = ours
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in ours:
            if isinstance(stream, KeptOutput):
                stream.end()
        for stream, line in kept:
            with contextlib.suppress(OSError, ValueError):
                stream.write(f"{line}\n")
                stream.flush()
