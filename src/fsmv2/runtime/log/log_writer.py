"""The thread of the log: takes what happens from any thread, and hands lines to those that write.

Who logs never waits: an entry is put into a queue, and its text is made here. What waits is
bounded; what is beyond that is counted, and the count is a line of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from fsmv2.containment import ANY_RAISED
from fsmv2.runtime.log.entry import LogEntry, Redact
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.runtime.log.other_events import LinesLeftOut
from fsmv2.runtime.log.pipeline import Item, LogPipeline
from fsmv2.runtime.log.recent_lines import RecentLines

MOST = 20_000
"""Entries that may wait; some seconds of a storm, and about ten MB."""

LOOK_EVERY = 1.0
"""Seconds between two looks at what is due without anything happening."""

CLOSED_WITHIN = 5.0

Write = Callable[[LogEntry], None]


class LogWriter:
    """Runs from the moment it is made. All but `_run` and what it calls: from any thread."""

    def __init__(
        self, levels: LogLevels, sinks: Sequence[Write], *, exclusive: bool = False
    ) -> None:
        """`sinks` are called on the thread with each line, in order; they should not block.

        `exclusive`: what author code logs goes nowhere else.
        """
        self.levels = levels
        self.exclusive = exclusive
        self.state_of: Callable[[str], str] = lambda _: ""
        """Gives the state of a path, from any thread; set by the runtime."""
        self.redact: Redact | None = None
        """Takes secrets out of a value, whoever logged it; set by the runtime that knows them."""
        self.recent = RecentLines()
        """The last lines, for whoever asks."""
        self._pipeline = LogPipeline(levels)
        self._sinks: tuple[Write, ...] = (self.recent, *sinks)
        self._queue: deque[Item] = deque()
        self._wake = threading.Event()
        self._idle = self._closing = False
        self._lost = 0
        self._flushes: deque[threading.Event] = deque()
        self._thread = threading.Thread(target=self._run, name="fsmv2-log", daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Have it written, at once."""
        if len(self._queue) >= MOST or self._closing:
            self._lost += 1
            return
        self._queue.append(item)
        if self._idle:
            self._wake.set()

    def flush(self, within: float = CLOSED_WITHIN) -> None:
        """Wait until everything that was put is handed to the sinks."""
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            return
        done = threading.Event()
        self._flushes.append(done)
        self._wake.set()
        done.wait(within)

    def close(self) -> None:
        """Write what waits, with the counts of what was folded, and end."""
        self._closing = True
        self._wake.set()
        self._thread.join(CLOSED_WITHIN)

    # ---- on the thread ----------------------------------------------------------------------

    def _run(self) -> None:
        looked = time.monotonic()
        while True:
            flushes, self._flushes = self._flushes, deque()
            self._drain()
            now = time.monotonic()
            if now >= looked + LOOK_EVERY:
                looked = now
                self._hand_out(self._pipeline.due(now, time.time()))
            for done in flushes:
                done.set()
            if self._closing and not self._queue:
                self._hand_out(self._pipeline.flush())
                self._say_lost()
                for done in self._flushes:
                    done.set()
                return
            self._idle = True
            if not self._queue and not self._flushes and not self._closing:
                self._wake.wait(LOOK_EVERY)
            self._idle = False
            self._wake.clear()

    def _drain(self) -> None:
        while self._queue:
            item = self._queue.popleft()
            try:
                lines = self._pipeline.take(item, time.monotonic())
            except ANY_RAISED:  # one entry that cannot be taken must not end the log
                self._lost += 1
                continue
            self._hand_out(lines)
        self._say_lost()

    def _say_lost(self) -> None:
        if self._lost:
            lost, self._lost = self._lost, 0
            event = LinesLeftOut(lines=lost)
            text = f"{lost:,} line{'s' * (lost != 1)} left out here: too much happened at once"
            self._hand_out([LogEntry(time.time(), event.level, event.name, text, fields=event)])

    def _hand_out(self, lines: Sequence[LogEntry]) -> None:
        for given in lines:
            line = given if self.redact is None else self.redact(given)
            for write in self._sinks:
                try:
                    write(line)
                except ANY_RAISED:  # data of an author that cannot be shown, say
                    self._lost += 1
