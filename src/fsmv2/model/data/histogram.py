"""Numbers counted by how large they are, as a monitoring system wants them."""

from __future__ import annotations

from bisect import bisect_left

import msgspec


class HistogramCounts(msgspec.Struct, frozen=True):
    """What a histogram held at one moment: for each bound, and beyond the last, how many."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float


class Histogram:
    """Counts numbers in buckets; `bounds`, ascending, are the largest number of each bucket.

    Added to by one thread, read by any.
    """

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def add(self, value: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    def read(self) -> HistogramCounts:
        """What it holds now; the total may be that of a moment later."""
        return HistogramCounts(self._bounds, tuple(self._counts), self._total)


def add_to(
    histograms: dict[str, Histogram], key: str, bounds: tuple[float, ...], value: float
) -> None:
    """Count one in the histogram of this key, which begins with its first number."""
    found = histograms.get(key)
    if found is None:
        found = histograms[key] = Histogram(bounds)
    found.add(value)
