"""One line about work that takes long, on a terminal's stderr: what is done, how far, how long yet.

It appears after a second, changes twice a second, and is gone before anything else is printed and
at the end. A thread writes it, since the work itself has no moment for it: reading a document of a
thousand bridges is one call. Off a terminal there is none.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator

from fsmv2.cli import console
from fsmv2.diagnostic import visible

FIRST_AFTER, EVERY = 1.0, 0.5
"""Seconds before it appears, and between two changes."""

FROM_SHARE = 0.02
"""The share of the work from which on the rest is estimated."""

CLEAR = "\r\x1b[K"


class LongWork:
    """What is being done. `share`: how much of it is done, asked for with each change."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._share: Callable[[], float] | None = None
        self._since = time.monotonic()

    def begin(self, text: str, share: Callable[[], float] | None = None) -> None:
        """From now on this is done; `share`: 0 to 1, called on another thread."""
        self._text, self._share, self._since = text, share, time.monotonic()

    def line(self, now: float) -> str:
        """What is shown, at a time of the monotonic clock."""
        took = now - self._since
        done = 0.0
        if self._share is not None:
            with contextlib.suppress(Exception):  # what it looks at changes meanwhile
                done = min(max(self._share(), 0.0), 1.0)
        if done < FROM_SHARE:
            return f"{self._text} … {_duration(took)}"
        left = took / done - took
        return f"{self._text} … {done:.0%}, {_duration(took)}, about {_duration(left)} left"


@contextlib.contextmanager
def long_work(text: str) -> Iterator[LongWork]:
    """Show on a terminal that this is being done, while inside."""
    work = LongWork(text)
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield work
        return
    shown = _ShownLine(work)
    console.PROGRESS_LINE = shown
    try:
        yield work
    finally:
        shown.end()
        console.PROGRESS_LINE = None


class _ShownLine:
    """The line on the terminal, and the thread that writes it."""

    def __init__(self, work: LongWork) -> None:
        self._work = work
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._there = False
        self._thread = threading.Thread(target=self._show, name="fsmv2-progress", daemon=True)
        self._thread.start()

    def clear(self) -> None:
        """Remove the line, until it is written again."""
        with self._lock:
            self._clear()

    def end(self) -> None:
        """Remove it for good."""
        self._over.set()
        self._thread.join()
        self.clear()

    def _clear(self) -> None:
        if self._there:
            _write(CLEAR)
            self._there = False

    def _show(self) -> None:
        wait = FIRST_AFTER
        while not self._over.wait(wait):
            wait = EVERY
            width = shutil.get_terminal_size().columns
            line = visible(self._work.line(time.monotonic()))
            with self._lock:
                self._there = True
                _write(CLEAR + line[: max(width - 1, 0)])


def _write(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # a terminal that is gone misses nothing
        sys.stderr.write(text)
        sys.stderr.flush()


def _duration(seconds: float) -> str:
    """'12 s', '3 min 20 s', '2 h 5 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
