"""Which of a tag's values are published: a deadband, and at most one sample in an interval.

A flow asks for each value it reads of a tag that has such options. No clock here: times are given,
in seconds of any steady clock, so that a test can move them.
"""

from __future__ import annotations

import math
from typing import TypeGuard

from fsmv2.flow.tag import Tag, Value


class Thinning:
    """What was published of one tag, and what waits for its interval to end.

    The first value always passes, and so does one of another type than the last published, a value
    that is no number, and the first number after one. What the deadband would hold back is judged
    against the last *published* value, so that a slow drift does not stay unseen. A value that
    passes the deadband within the interval waits; a later one takes its place, also one that is
    back within the deadband: then there is nothing left to tell.
    """

    __slots__ = ("_held", "_last", "_until", "tag")

    def __init__(self, tag: Tag) -> None:
        self.tag = tag
        self._last: Value | None = None
        self._until = -math.inf
        self._held: tuple[Value, int] | None = None

    @staticmethod
    def applies_to(tag: Tag) -> bool:
        """Whether a tag has any such option."""
        return tag.deadband is not None or tag.deadband_percent is not None or tag.min_interval > 0

    @property
    def due(self) -> float:
        """When a held value is to be released; infinite: none is held."""
        return self._until if self._held is not None else math.inf

    def offer(self, value: Value, at_ms: int, now: float) -> tuple[bool, int]:
        """Take in a value; returns whether it is published now, and how many are never to be.

        A value that is held is neither yet. `at_ms`: when it was read, kept with a held one.
        """
        suppressed = 0
        if self._held is not None:
            self._held, suppressed = None, 1
        if not self._differs(value):
            return False, suppressed + 1
        if now < self._until:
            self._held = (value, at_ms)
            return False, suppressed
        self._publish(value, now)
        return True, suppressed

    def release(self, now: float) -> tuple[Value, int] | None:
        """The held value and its time, when its interval has ended; it counts as published."""
        held = self._held
        if held is None or now < self._until:
            return None
        self._held = None
        # The next interval begins where this one ended, or now if that is late.
        self._publish(held[0], self._until if now == math.inf else now)
        return held

    def _publish(self, value: Value, now: float) -> None:
        self._last = value
        self._until = now + self.tag.min_interval

    def _differs(self, value: Value) -> bool:
        """Whether the deadband lets the value pass."""
        tag, last = self.tag, self._last
        if tag.deadband is None and tag.deadband_percent is None:
            return True
        if last is None or not _is_number(value) or not _is_number(last):
            return last is None or type(value) is not type(last) or value != last
        if not math.isfinite(value) or not math.isfinite(last):
            return not (value == last or (math.isnan(value) and math.isnan(last)))
        band = tag.deadband
        if band is None:
            band = abs(last) * (tag.deadband_percent or 0.0) / 100
        difference = abs(value - last)
        # 23.6 - 23.5 is a little more than 0.1 in binary; to a person it is 0.1.
        return difference > band and not math.isclose(difference, band, rel_tol=1e-9)


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
