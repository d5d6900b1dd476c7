"""What a flow tells of itself: a frozen picture, and the counters it is made from."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Literal

import msgspec

RECENT_POLLS = 5
"""Polls over which their rate is measured: a single slow one is nothing to speak of."""
ENOUGH_POLLS = 3


ErrorKind = Literal["read", "publish", "write"]
"""A read or a value was no good; a sample was not stored by the broker; a command failed."""


class WriteStats(msgspec.Struct, kw_only=True):
    """What became of the commands of a write flow; each counts once, a duplicate apart.

    `unanswered_total`: answers that could not be sent. `last_error`: of the last command that was
    not written, whatever the reason. `failing`: the same while a failed write is recent and none
    has succeeded since.
    """

    written_total: int = 0
    """Commands whose value the device has confirmed."""
    refused_total: int = 0
    """Commands that were refused before anything was sent."""
    failed_total: int = 0
    """Commands that were tried, and that the device cannot have carried out."""
    unknown_total: int = 0
    """Commands that were sent, and nothing says whether they were carried out."""
    duplicates_total: int = 0
    """Commands whose id had been seen before; not carried out again."""
    unanswered_total: int = 0
    last_error: str = ""
    failing: str = ""


class FlowStats(msgspec.Struct, frozen=True, kw_only=True):
    """One flow now. Totals count since it was started; `queue_depth` is with what flows of its name
    before it have not sent yet; rates are per second over ten seconds.

    A rate is 0 when nothing has come for longer than a couple of the usual pauses.

    A side is connected when it accepts our connection; one that does and is in trouble all the
    same, such as a device that never answers, has an error beside it.
    """

    running: bool
    """Whether it was started and not stopped."""
    started_at: float
    """When, in Unix seconds."""
    input_connected: bool
    """Whether the device, or the source of commands, accepts our connection."""
    output_connected: bool
    """Whether the broker, or the device that is written to, does."""
    input_error: str
    """What is wrong with the input; empty: nothing."""
    output_error: str
    """What is wrong with the output; empty: nothing."""
    polls_total: int
    """Polls of the device that were carried through."""
    skipped_polls_total: int
    """Polls that were left out."""
    accepted_total: int
    """Samples that were taken in to be published."""
    acked_total: int
    """Samples that the broker has acknowledged."""
    errors_total: int
    """Reads, publishes and writes that failed."""
    messages_per_second: float
    """Rate of accepted samples."""
    errors_per_second: float
    """Rate of errors."""
    last_message_ms: int | None
    """When the last sample was accepted, in Unix milliseconds; None: none was."""
    queue_depth: int
    skipped_slow_total: int = 0
    """Of the skipped polls, those whose time passed while the one before was still under way; the
    others found no room for their samples."""
    measured_every: float | None = None
    """Seconds between the beginnings of the last polls; None: too few were carried through."""
    poll_seconds: float | None = None
    """Seconds that the last polls took."""
    device_users: int = 1
    """Flows that share the connection to the device with this one, itself included."""
    device_conflict: str = ""
    """A setting of this flow that another one of the same device overrules, in words."""
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


class FlowCounters:
    """The figures of one flow, written on the engine's loop, read from any thread."""

    __slots__ = (
        "_began",
        "_durations",
        "_intervals",
        "accepted",
        "accepted_bytes",
        "acked",
        "errors",
        "errors_by_kind",
        "errors_rate",
        "last_message_ms",
        "messages_rate",
        "polls",
        "skipped_full",
        "skipped_slow",
        "started_at",
        "suppressed",
    )

    def __init__(self) -> None:
        self.started_at = time.time()
        self.polls = 0
        self.skipped_full = 0
        self.skipped_slow = 0
        self._began: float | None = None
        self._intervals: deque[float] = deque(maxlen=RECENT_POLLS)
        self._durations: deque[float] = deque(maxlen=RECENT_POLLS)
        self.accepted = 0
        self.accepted_bytes = 0
        self.suppressed = 0
        self.acked = 0
        self.errors = 0
        self.errors_by_kind: dict[ErrorKind, int] = {"read": 0, "publish": 0, "write": 0}
        self.last_message_ms: int | None = None
        self.messages_rate = Rate()
        self.errors_rate = Rate()

    def accept(self, count: int, at_ms: int, size: int = 0) -> None:
        """Samples were taken into the queue; `size`: of their payloads together, in bytes."""
        self.accepted += count
        self.accepted_bytes += size
        self.last_message_ms = at_ms
        self.messages_rate.add(count)

    @property
    def measured_every(self) -> float | None:
        """Seconds between polls, the median of the last ones; None until there are enough."""
        return _median(self._intervals)

    @property
    def poll_seconds(self) -> float | None:
        """Seconds a poll takes, the median of the last ones; None until there are enough."""
        return _median(self._durations)

    def polled(self, began: float, ended: float) -> None:
        """A poll was carried through (monotonic seconds)."""
        if self._began is not None:
            self._intervals.append(began - self._began)
        self._began = began
        self._durations.append(ended - began)

    def skip_full(self) -> None:
        """A poll was left out: there is no room for its samples."""
        self.skipped_full += 1
        self._began = None  # the time without polls says nothing of the device

    def skip_slow(self, polls: int) -> None:
        """The time of so many polls passed while one was under way."""
        self.skipped_slow += polls

    def fail(self, kind: ErrorKind) -> None:
        """Something was no good."""
        self.errors += 1
        self.errors_by_kind[kind] += 1
        self.errors_rate.add(1)


def _median(values: deque[float]) -> float | None:
    copied = tuple(values)  # another thread may be adding
    ordered = sorted(copied)
    return ordered[len(ordered) // 2] if len(ordered) >= ENOUGH_POLLS else None
