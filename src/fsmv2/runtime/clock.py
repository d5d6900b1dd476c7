"""The clock of the core: monotonic seconds in which stalls of the loop itself do not count.

A machine that slept, or a process that was stopped for a minute, must not find every observation
stale when it wakes: nobody was silent, we were not listening.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Clock:
    """Seconds since it was made, less the time in which supervision was stalled. Thread-safe.

    `source` gives monotonic seconds: the machine's, or those of a simulation.
    """

    TOLERATED = 1.0
    """Seconds of lateness that are ordinary on a busy machine and count as time passed."""

    def __init__(self, source: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._start = source()
        self._lost = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Seconds since the clock was made, without stalls; never goes back."""
        return self._source() - self._start - self._lost

    def woke(self, late: float) -> None:
        """Note that the supervision loop woke `late` seconds after it had asked to be woken."""
        if late > self.TOLERATED:
            with self._lock:
                # Part of it may be ordinary; leaving out all but that keeps time from going back.
                self._lost += late - self.TOLERATED
