"""The lag of an event loop: what a timeout or a latency measured on it may be off by.

On a machine that is asked for more than it can do, everything seems slow. A worker that measures
time can subtract what is not the device's doing, and say so instead of blaming the device.
"""

from __future__ import annotations

import asyncio
import time

EVERY = 0.25
"""Seconds between two measurements."""

FADES = 0.5
"""What is left of an old lag at the next measurement: late a moment ago counts for a while."""


WINDOW = 15.0
"""Seconds; the worst of the last one to two of these is what a scrape each 15 s must not miss."""


class RecentWorst:
    """The largest of what was noted in the last 15 to 30 seconds. Thread-safe."""

    __slots__ = ("_before", "_begun", "_now")

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._before = self._now = 0.0

    def add(self, value: float) -> None:
        """Take one number into account."""
        self._turn()
        self._now = max(self._now, value)

    def value(self) -> float:
        """The largest lately."""
        self._turn()
        return max(self._before, self._now)

    def _turn(self) -> None:
        since = time.monotonic() - self._begun
        if since > WINDOW:
            self._begun += since
            self._before, self._now = (self._now if since < 2 * WINDOW else 0.0), 0.0


class LoopLag:
    """Measures one loop from inside; 0 until it is started, and on a virtual clock forever."""

    def __init__(self) -> None:
        self._late = 0.0
        self._worst = RecentWorst()
        self._due = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to measure; on the loop itself."""
        self._due = loop.time()  # before another thread may ask
        self._loop = loop
        self._plan()

    def seconds(self) -> float:
        """Seconds by which the loop is late now, or was a moment ago; on the loop itself."""
        if self._loop is None:
            return 0.0
        return max(self._late, self._loop.time() - self._due)

    @property
    def silent_for(self) -> float | None:
        """Seconds since the loop last came round; None: it is not measured. From any thread."""
        return None if self._loop is None else max(0.0, time.monotonic() - self._due + EVERY)

    def worst(self) -> float:
        """Seconds by which it was late at most in the last 15 to 30 seconds; from any thread."""
        if self._loop is None:
            return 0.0
        return max(self._worst.value(), self._loop.time() - self._due)

    def _plan(self) -> None:
        # `start` sets the loop before it plans a measurement.
        assert self._loop is not None  # noqa: S101
        self._due = self._loop.time() + EVERY
        self._loop.call_at(self._due, self._measure)

    def _measure(self) -> None:
        # `start` sets the loop before it plans a measurement.
        assert self._loop is not None  # noqa: S101
        late = self._loop.time() - self._due
        self._worst.add(late)
        self._late = max(late, self._late * FADES)
        self._plan()
