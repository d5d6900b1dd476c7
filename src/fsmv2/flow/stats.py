"""What a flow tells of itself: a frozen picture, and the counters it is made from."""

from __future__ import annotations

import math
import time
from collections import deque

import msgspec


class WriteStats(msgspec.Struct, kw_only=True):
    """What became of the commands of a write flow; each counts once, a duplicate apart.

    `unanswered_total`: answers that could not be sent. `last_error`: of the last command that was
    not written, whatever the reason. `failing`: the same while a failed write is recent and none
    has succeeded since.
    """

    written_total: int = 0
    refused_total: int = 0
    failed_total: int = 0
    unknown_total: int = 0
    duplicates_total: int = 0
    unanswered_total: int = 0
    last_error: str = ""
    failing: str = ""


class FlowStats(msgspec.Struct, frozen=True, kw_only=True):
    """One flow now. Totals count since it was started; rates are per second over ten seconds.

    A rate is 0 when nothing has come for longer than a couple of the usual pauses.

    A side is connected when it accepts our connection; one that does and is in trouble all the
    same, such as a device that never answers, has an error beside it.
    """

    running: bool
    started_at: float
    input_connected: bool
    output_connected: bool
    input_error: str
    output_error: str
    polls_total: int
    skipped_polls_total: int
    accepted_total: int
    acked_total: int
    errors_total: int
    messages_per_second: float
    errors_per_second: float
    last_message_ms: int | None
    queue_depth: int
    suppressed_total: int = 0
    """Values that were read and not published: within the deadband, or not the last in time."""
    writes: WriteStats | None = None
    """Of a write flow, which neither polls nor publishes samples."""


CEASED = 2.5
"""Usual pauses between events after which, without another one, they have ceased."""
CEASED_AT_LEAST = 2.0
"""Seconds without an event that mean nothing, however fast the events before came."""


class Rate:
    """Events per second now, without a timer: over `window` seconds, and 0 when they have ceased.

    When they come less often than twice in the window, it is taken over the last few of them.
    """

    __slots__ = ("_counts", "_last", "_pause", "_window")

    def __init__(self, window: int = 10) -> None:
        self._window = window
        self._counts: deque[tuple[int, int]] = deque(maxlen=window + 1)
        self._last: float | None = None
        self._pause = 0.0  # between events, as usual lately; 0: not known

    def add(self, count: int, now: float | None = None) -> None:
        """Count events that happened now (monotonic seconds)."""
        now = time.monotonic() if now is None else now
        if self._last is not None:
            pause = now - self._last
            if not self._pause or pause < self._pause / 2:
                self._pause = pause
            elif pause > self._silence():
                self._pause = 0.0  # they had ceased, which says nothing of how often they come now
                self._counts.clear()
            else:
                self._pause += (pause - self._pause) / 4
        self._last = now
        second = int(now)
        if self._counts and self._counts[-1][0] == second:
            count += self._counts.pop()[1]
        self._counts.append((second, count))

    def value(self, now: float | None = None) -> float:
        """The rate over the full seconds of the window."""
        now = time.monotonic() if now is None else now
        if self._last is None or now - self._last > self._silence():
            return 0.0
        second, window = int(now), self._window
        if 2 * self._pause > window:
            window = math.ceil(4 * self._pause)
        counts = tuple(self._counts)  # a copy: another thread may be adding
        full = [n for at, n in counts if second - window <= at < second]
        first = min((at for at, _ in counts), default=second)
        span = min(window, second - first)
        return sum(full) / span if span > 0 else 0.0

    def _silence(self) -> float:
        """Seconds without an event after which they have ceased."""
        return max(CEASED_AT_LEAST, CEASED * self._pause)


class Counters:
    """The figures of one flow, written on the engine's loop, read from any thread."""

    __slots__ = (
        "accepted",
        "acked",
        "errors",
        "errors_rate",
        "last_message_ms",
        "messages_rate",
        "polls",
        "skipped",
        "started_at",
        "suppressed",
    )

    def __init__(self) -> None:
        self.started_at = time.time()
        self.polls = 0
        self.skipped = 0
        self.accepted = 0
        self.suppressed = 0
        self.acked = 0
        self.errors = 0
        self.last_message_ms: int | None = None
        self.messages_rate = Rate()
        self.errors_rate = Rate()

    def accept(self, count: int, at_ms: int) -> None:
        """Samples were taken into the queue."""
        self.accepted += count
        self.last_message_ms = at_ms
        self.messages_rate.add(count)

    def fail(self) -> None:
        """A read or a value was no good."""
        self.errors += 1
        self.errors_rate.add(1)
