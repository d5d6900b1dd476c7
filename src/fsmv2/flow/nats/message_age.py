"""How long something may have waited unread because this process, or its loop, stood still.

A message has no time of arrival of its own: while the process is stopped or the machine sleeps, it
waits in the socket and looks fresh afterwards. A write flow therefore asks here how old the
messages that it reads now may be.
"""

from __future__ import annotations

import time

AFTERGLOW = 1.0
"""Seconds after a stall in which messages may still be those that waited through it."""
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady() -> float:
    """Seconds of a clock that nobody sets and that goes on while the machine sleeps."""
    return time.clock_gettime(CLOCK)


class StallDetector:
    """`beat` is to be called regularly, every `PACE` seconds; times are those of `steady`."""

    PACE = 0.25

    def __init__(self, now: float) -> None:
        self._beat = now
        self._stall = 0.0
        self._stall_ended = now - AFTERGLOW

    def beat(self, now: float) -> None:
        """The loop is alive."""
        gap = now - self._beat
        if gap > 2 * self.PACE:
            # What waited through the one before may not have been read yet.
            recent = now - self._stall_ended <= AFTERGLOW + gap
            self._stall = max(gap, self._stall if recent else 0.0)
            self._stall_ended = now
        self._beat = now

    def arrived(self, now: float) -> float:
        """The earliest time at which a message read `now` may have arrived."""
        self.beat(now)
        return now - self._stall if now - self._stall_ended < AFTERGLOW else now
