"""A command on a terminal of its own, which is emulated: what a person would see of it."""

from __future__ import annotations

import contextlib
import copy
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyte

from forked_python import PATIENCE

ALTERNATE = 1049 << 5
"""The mode of the alternate screen, as pyte numbers private modes."""


class EmulatedScreen(pyte.Screen):
    """A screen that has an alternate one, which that of pyte has not."""

    def __init__(self, columns: int, lines: int) -> None:
        self.alternate = False
        super().__init__(columns, lines)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private") and 1049 in modes and not self.alternate:
            self._before = copy.deepcopy(self.buffer), copy.copy(self.cursor)
            self.alternate = True
            self.erase_in_display(2)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private") and 1049 in modes and self.alternate:
            self.alternate = False
            self.buffer, self.cursor = self._before

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """Behind a full line the cursor of a real terminal is on its last column, and erases it."""
        behind, self.cursor.x = self.cursor.x, min(self.cursor.x, self.columns - 1)
        super().erase_in_line(how, private)
        self.cursor.x = behind

    @property
    def lines_shown(self) -> list[str]:
        return [line.rstrip() for line in self.display]


class EmulatedTerminal:
    """The command, and what its terminal shows."""

    def __init__(
        self, words: list[str | Path], columns: int, lines: int, env: Mapping[str, str]
    ) -> None:
        self.screen = EmulatedScreen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.sent = b""
        self.process, self._ours = pty.fork()
        if not self.process:
            unwanted = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
            environment = {k: v for k, v in os.environ.items() if k not in unwanted}
            environment |= {"TERM": "xterm-256color", **env}
            _sized(0, columns, lines)
            command = [sys.executable, "-m", "fsmv2.cli", *map(str, words)]
            os.execve(command[0], command, environment)  # noqa: S606
        self.modes = termios.tcgetattr(self._ours)
        self.code: int | None = None

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        _sized(self._ours, columns, lines)

    def until(self, seen: Callable[[str], bool]) -> str:
        """What is shown, once it is as wanted."""
        limit = time.monotonic() + PATIENCE
        while not seen(shown := "\n".join(self.screen.lines_shown)):
            assert time.monotonic() < limit, shown
            if select.select([self._ours], [], [], 0.2)[0] and not self._take():
                assert seen("\n".join(self.screen.lines_shown)), shown
        return shown

    def shows(self, text: str) -> str:
        return self.until(lambda shown: text in shown)

    def end(self) -> str:
        """What is shown when it has ended."""
        while self._take():
            pass
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return "\n".join(self.screen.lines_shown)

    @property
    def as_before(self) -> bool:
        """Whether keys are handled as before the command."""
        return termios.tcgetattr(self._ours)[3] == self.modes[3]

    def _take(self) -> bool:
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # EIO: the command has ended, and all was read
            return False
        self.sent += data
        self._stream.feed(data)
        return bool(data)

    def close(self) -> None:
        if self.code is None:
            os.kill(self.process, signal.SIGTERM)  # what it has started ends with it
            self.end()
        os.close(self._ours)


@contextlib.contextmanager
def on_a_terminal(
    *words: str | Path, columns: int = 80, lines: int = 24, env: Mapping[str, str] | None = None
) -> Iterator[EmulatedTerminal]:
    terminal = EmulatedTerminal([*words], columns, lines, env or {})
    try:
        yield terminal
    finally:
        terminal.close()


def _sized(file: int, columns: int, lines: int) -> None:
    fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
