"""A flood of lines, thinned: what is kept spans some time, and the disk is not worn out.

A limit of bytes alone would let a process that writes fast enough push the cause of its trouble
out of its own log within a second. So it may write half of the limit at once and a tenth of it in
each second that follows; of the rest the last lines are kept, and the others are counted.
"""

from __future__ import annotations

SETTLE = 1.0
"""Seconds of a flood after which its last lines and the number of those left out are written."""
REFILL = 10
"""The whole limit is allowed anew in so many seconds: that is what the kept lines span at least."""
TAIL = 16 << 10
"""Bytes of a flood's end that are kept."""
LAST = 100
"""Lines of a flood's end that are worth keeping."""


class RateLimit:
    """Lets lines through, or holds them until `settle`."""

    def __init__(self, limit: int, now: float) -> None:
        self._burst = limit / 2
        self._per_second = limit / REFILL
        self._tail = min(TAIL, limit // 8)
        self._room = self._burst
        self._at = now
        self._held = b""
        self._lines = 0
        self._since = 0.0

    def give(self, lines: bytes, now: float) -> bytes:
        """What of these whole lines is to be written now."""
        self._room = min(self._burst, self._room + (now - self._at) * self._per_second)
        self._at = now
        if len(lines) <= self._room:
            self._room -= len(lines)
            return lines
        self._since = now
        self.hold(lines.count(b"\n"), lines)
        return b""

    @property
    def holds(self) -> bool:
        """Whether there is a flood: lines are then only to be held."""
        return self._lines > 0

    def hold(self, count: int, last: bytes) -> None:
        """Count lines of a flood; of the `last` of them some are kept."""
        self._lines += count
        self._held += last
        if len(self._held) > self._tail:
            kept = self._held[-self._tail :]
            self._held = kept[kept.find(b"\n") + 1 :]

    def due(self, now: float) -> float | None:
        """Seconds until `settle` is to be called; None when nothing is held."""
        return max(0.0, self._since + SETTLE - now) if self._lines else None

    def settle(self) -> tuple[int, bytes]:
        """How many lines were left out, and the last ones of the flood."""
        left_out, held = self._lines - self._held.count(b"\n"), self._held
        self._lines, self._held = 0, b""
        return left_out, held
