"""The last lines of the log, kept in memory for whoever asks: those that are no events of a store.

What a store keeps as an event, and what a process wrote, is read where it is kept: it outlasts the
program. What is only logged, debug lines and what author code logs, is nowhere else if nobody
asked for a log.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from fsmv2.runtime.log.entry import LogEntry

KEPT = 5_000
"""Lines; some three megabytes."""

ONLY_LOGGED = frozenset(
    {
        "children_reconciled",
        "circuit_open",
        "document_problem",
        "library_log",
        "lines_left_out",
        "notice",
        "run_ended",
        "run_started",
        "template_rendered",
        "tick",
        "variables_propagated",
        "worker_log",
    }
)
"""Events of the log that are no reports of a tree, and so are in no store."""


class RecentLines:
    """Those of one log. A sink of it, called on its thread; asked from any other."""

    def __init__(self, *, clock: Callable[[], float] = time.time) -> None:
        self.begun = clock()
        """When it began, in Unix seconds: numbers of another one mean nothing here."""
        self._lines: deque[tuple[int, LogEntry]] = deque(maxlen=KEPT)
        self._last = 0
        self._lock = Lock()

    def __call__(self, entry: LogEntry) -> None:
        """Keep a line."""
        if entry.event in ONLY_LOGGED:
            with self._lock:
                self._last += 1
                self._lines.append((self._last, entry))

    def numbered(self, number: int) -> list[tuple[int, LogEntry]]:
        """Those with a greater number, oldest first, with their numbers."""
        with self._lock:
            if self._last <= number:  # asked again and again while nothing is logged
                return []
            return [one for one in self._lines if one[0] > number]

    def after(
        self, number: int = 0, *, path: str = "", since: float = 0.0
    ) -> tuple[list[LogEntry], int]:
        """Those with a greater number, oldest first, and the number of the newest of all.

        `path`: of it and below; `since`: Unix seconds, not earlier.
        """
        with self._lock:
            lines, last = list(self._lines), self._last
        below = f"{path}/"
        found = [
            one
            for at, one in lines
            if at > number
            and one.time >= since
            and (not path or one.path == path or one.path.startswith(below))
        ]
        return found, last
