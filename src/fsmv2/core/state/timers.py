"""The timers of all supervisors in one heap; those that count no more are dropped when met.

What counts is the `timers` of the supervisor, by kind: whoever takes one out there cancels it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from fsmv2.core.state.supervisor import Supervisor

TOLERATED = 1024
"""Entries of the heap that are tolerated before those that count no more are looked for."""

SAMPLE = 64
"""Entries that are looked at to tell whether many do not count: not all, of a hundred thousand."""

DROPPED_AT_ONCE = 512
"""Entries that do not count dropped in one go: after a large removal there are many. H51"""


class Timers:
    """A heap of (due, serial, supervisor, kind)."""

    __slots__ = ("_heap", "_limit")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Supervisor, str]] = []
        self._limit = TOLERATED

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[tuple[float, int, Supervisor, str]]:
        return iter(self._heap)

    def put(self, supervisor: Supervisor, kind: str, due: float, serial: int) -> None:
        """Have `kind` fire at `due`, instead of when it was to fire before."""
        supervisor.timers[kind] = due
        # The serial stands before the supervisor, which cannot be compared: two that are due at the
        # same moment fire in the order in which they were set, and so does a replay.
        heapq.heappush(self._heap, (due, serial, supervisor, kind))
        if len(self._heap) > self._limit:
            self._drop_replaced()

    def pop(self, now: float, began: int) -> tuple[Supervisor, str, bool] | None:
        """The next that is due and has a serial below `began`, taken out; and whether it counts."""
        heap = self._heap
        if not heap or heap[0][0] > now or heap[0][1] >= began:
            return None
        entry = heapq.heappop(heap)
        counts = _counts(entry)
        if counts:
            del entry[2].timers[entry[3]]
        return entry[2], entry[3], counts

    def first(self) -> float | None:
        """When the next is due; or, after a great many that do not count, when to ask again."""
        heap = self._heap
        for _ in range(DROPPED_AT_ONCE):
            if not heap or _counts(heap[0]):
                break
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def _drop_replaced(self) -> None:
        """Replaced timers stay in the heap until they are due, which may be a month. H39"""
        # Every so many of the heap, and not its head: what no longer counts is dropped there when
        # it is met, and gathers further down.
        sample = self._heap[:: max(1, len(self._heap) // SAMPLE)]
        if 2 * sum(map(_counts, sample)) < len(sample):
            self._heap = [entry for entry in self._heap if _counts(entry)]
            heapq.heapify(self._heap)
        self._limit = max(TOLERATED, 2 * len(self._heap))


def _counts(entry: tuple[float, int, Supervisor, str]) -> bool:
    # By its due time alone, without a serial of its own: a timer that was replaced by one for the
    # same moment fires once all the same, as the first of the two takes the kind out.
    return entry[2].timers.get(entry[3]) == entry[0]
