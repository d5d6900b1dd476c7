"""What `run` and `demo` print goes through a thread of its own, so that no reader holds up a tree.

A pager that waits, Ctrl-S, a full log disk, a reader that went away: each makes `write` block or
fail, on whatever thread calls it. Here only the thread of the output does. What waits for it is
bounded; lines beyond that, and lines that cannot be written, are counted and left out, and the
count is printed when it flows again. Inside `opened()` this holds for everything that prints
through `sys.stdout` and `sys.stderr`: lines, frames, logging, warnings, tracebacks.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import select
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple, TextIO

from fsmv2.errors import error_text

MOST_LINES = 10_000
MOST_TEXT = 4_000_000
"""Lines and characters that wait for one stream; about a minute of a storm, and a few MB."""

LINE = 120
"""Characters a line that is yet to be made is taken for."""

AT_ONCE = 65_536
"""Bytes of one write; also the longest part of a line that is kept back."""

STUCK = 1.0
CLOSED_WITHIN = 5.0
"""At the end: seconds without any progress, and in all, after which what waits is given up."""

Make = Callable[[], object]


class Item(NamedTuple):
    """A text, or what prints one when its turn comes; `lost` lines were left out before it."""

    what: str | Make
    lines: int
    size: int
    lost: int


class Outlet:
    """One stream with its thread. All but `_run` and what it calls may be used from any thread."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self.name = name
        self.lost: Callable[[int, str], None] = self._print_lost
        """Prints how many lines were left out, and why; called on the thread."""
        self.failed: Callable[[str], None] = lambda _: None
        """Is told once that the stream cannot be written."""
        self._stream = stream
        self._file = _descriptor(stream)
        self._queue: deque[Item] = deque()
        self._changed = threading.Condition()
        self._size = self._left_out = 0
        self._closing = self._busy = self._failed_once = self._in_a_line = False
        self._progress = 0
        self._why = ""
        self._made: list[str] = []
        self._thread = threading.Thread(target=self._run, name=f"fsmv2-{name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> bool:
        """Whether something is not written yet."""
        return self._busy or bool(self._queue)

    @property
    def own_thread(self) -> bool:
        """Whether the caller is called by this outlet."""
        return threading.current_thread() is self._thread

    def text(self, text: str) -> None:
        """Have a text written; at once part of what is being made, on the own thread."""
        if self.own_thread:
            self._made.append(text)
        elif text:
            self._put(text, max(1, text.count("\n")), len(text))

    def later(self, make: Make) -> None:
        """Have `make` called on the thread, where what it prints is written: one line."""
        self._put(make, 1, LINE)

    def close(self, *, stuck: float = STUCK, within: float = CLOSED_WITHIN) -> None:
        """Have everything written, as long as it proceeds; a thread that is stuck is left alone."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        limit, seen, moved = time.monotonic() + within, self._progress, time.monotonic()
        while self._thread.is_alive() and not self.own_thread:
            self._thread.join(0.02)
            now = time.monotonic()
            if self._progress != seen:
                seen, moved = self._progress, now
            if now > limit or now > moved + stuck:
                return

    def _put(self, what: str | Make, lines: int, size: int) -> None:
        with self._changed:
            full = len(self._queue) >= MOST_LINES or self._size + size > MOST_TEXT
            if full or self._closing:
                self._left_out += lines
                return
            self._queue.append(Item(what, lines, size, self._left_out))
            self._size += size
            self._left_out = 0
            self._changed.notify()

    # ---- on the thread ----------------------------------------------------------------------

    def _run(self) -> None:
        # A job in the background may print although its terminal says `stty tostop`: the signal
        # would stop the whole process, and a tree with nobody to supervise it is worse.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        lost = 0
        while (item := self._next()) is not None:
            lost += item.lost
            text = self._text_of(item.what)
            if lost:
                text = self._text_of(functools.partial(self.lost, lost, self._why)) + text
            lost = 0 if self._write(text) else lost + item.lines
            self._progress += 1

    def _next(self) -> Item | None:
        with self._changed:
            self._busy = False
            while not self._queue:
                if self._left_out and not self._closing:
                    item, self._left_out = Item("", 0, 0, self._left_out), 0
                    return item
                if self._closing:
                    return None
                self._changed.wait()
            self._busy = True
            item = self._queue.popleft()
            self._size -= item.size
            return item

    def _text_of(self, what: str | Make) -> str:
        if isinstance(what, str):
            return what
        self._made = []
        try:
            what()
        except Exception as error:  # noqa: BLE001  (one line that cannot be made must not end all)
            self._made.append(f"a line could not be printed: {error_text(error)}\n")
        return "".join(self._made)

    def _print_lost(self, lost: int, why: str) -> None:
        self.text(lost_text(lost, why) + "\n")

    def _write(self, text: str) -> bool:
        data = text.encode(self._stream.encoding or "utf-8", "backslashreplace")
        if not data:
            return True
        # What was cut in the middle of a line stays on a line of its own.
        left = memoryview(b"\n" + data if self._in_a_line else data)
        try:
            while left:
                left = left[self._write_some(left[:AT_ONCE]) :]
                self._in_a_line = True
                self._progress += 1
        except (OSError, ValueError) as error:
            return self._fails(error)
        self._in_a_line, self._why = False, ""
        return True

    def _fails(self, error: OSError | ValueError) -> bool:
        """Note why something could not be written; False."""
        why = error.strerror if isinstance(error, OSError) else ""
        self._why = f"{self.name} cannot be written: {(why or str(error)).lower()}"
        if not self._failed_once:
            self._failed_once = True
            self.failed(self._why)
        return False

    def _write_some(self, data: memoryview) -> int:
        if self._file is None:
            self._stream.write(bytes(data).decode(self._stream.encoding or "utf-8", "replace"))
            self._stream.flush()
            return len(data)
        while True:
            try:
                return os.write(self._file, data)
            except BlockingIOError:  # another program that has it made it non-blocking
                ready = select.poll()
                ready.register(self._file, select.POLLOUT)
                ready.poll()


def lost_text(lost: int, why: str) -> str:
    """`1,234 lines left out: nobody read them`."""
    lines = "1 line" if lost == 1 else f"{lost:,} lines"
    return f"{lines} left out here: {why or 'the output was not read in time'}"


class StandardOutlets(NamedTuple):
    """The outlets of stdout and stderr; one for both if they are the same terminal or file."""

    out: Outlet
    err: Outlet

    def close(self, *, stuck: float = STUCK) -> None:
        """Have everything written that can be."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for outlet in dict.fromkeys(self):
            outlet.close(stuck=stuck)


class QueuedStream(io.TextIOBase):
    """Stands in the place of `sys.stdout` or `sys.stderr`: hands whole lines to an outlet."""

    def __init__(self, stream: TextIO, outlet: Outlet) -> None:
        self._stream = stream
        self._outlet = outlet
        self._lock = threading.Lock()
        self._part = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in the typeshed
        """That of the stream behind it."""
        return self._stream.encoding or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]  # as above
        """No letter ends a command."""
        return "backslashreplace"

    def isatty(self) -> bool:
        """Whether the stream behind it is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """That of the stream behind it, for who asks for the size of the terminal."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, text: str) -> int:
        """Take a text; what has no line end yet waits for it, or for `flush`."""
        if not isinstance(text, str):
            raise TypeError(f"a text is expected, not {type(text).__name__}")
        if self._outlet.own_thread:
            self._outlet.text(text)
            return len(text)
        with self._lock:
            whole, end, part = (self._part + text).rpartition("\n")
            self._part = part
            self._outlet.text(whole + end)
            if len(self._part) > AT_ONCE:
                self._push()
        return len(text)

    def flush(self) -> None:
        """Have also an unfinished line written."""
        if self._part and not self._outlet.own_thread:
            with self._lock:
                self._push()

    def _push(self) -> None:
        part, self._part = self._part, ""
        self._outlet.text(part)


@contextlib.contextmanager
def opened() -> Iterator[StandardOutlets]:
    """Have everything that is printed inside written by threads of its own."""
    before = sys.stdout, sys.stderr
    for stream in before:
        stream.flush()
    out = Outlet(before[0], "stdout")
    err = out if _same(*before) else Outlet(before[1], "stderr")
    output = StandardOutlets(out, err)
    if err is not out:
        out.failed = lambda why: err.text(f"{why}; lines are counted and left out\n")
    sys.stdout = QueuedStream(before[0], out)
    sys.stderr = QueuedStream(before[1], err)
    try:
        yield output
    finally:
        output.close()
        sys.stdout, sys.stderr = before


def keep_standard_descriptors() -> None:
    """Occupy those of 0, 1 and 2 that are closed, as by `>&-`; called before a file is opened.

    Else the next file that is opened, a store perhaps, would be what is printed into. Each is one
    that cannot be written, so that it is noticed where the others are.
    """
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)  # the lowest that is free: this one
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            # It stands for a stream of the process and is never closed.
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def _descriptor(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None


def _same(one: TextIO, other: TextIO) -> bool:
    first, second = _descriptor(one), _descriptor(other)
    if first is None or second is None:
        return False
    try:
        return os.path.sameopenfile(first, second)
    except OSError:
        return False
