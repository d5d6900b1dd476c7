"""The figures of one moment, by the metric they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from fsmv2.metrics.catalogue import METRICS

Labels = tuple[str, ...]
"""Values of the labels of one series, in the order of the catalogue."""

Key = TypeVar("Key", bound=str | Labels)
"""Those of several labels, or of a single one by itself."""


class Readings:
    """What has been read so far. A metric that the catalogue does not have is refused."""

    def __init__(self, most_paths: int) -> None:
        """`most_paths`: series with a path that one metric may have; the others are counted."""
        self._most_paths = most_paths
        self._series: defaultdict[str, dict[Labels, float]] = defaultdict(dict)
        self.dropped: dict[str, int] = {
            metric.name: 0 for metric in METRICS.values() if "path" in metric.labels
        }

    def put(self, name: str, value: float, *labels: str) -> None:
        """Note one series."""
        metric = METRICS[name]
        if len(labels) != len(metric.labels):
            raise ValueError(f"{name} has the labels {metric.labels}, given were {labels}")
        series = self._series[name]
        if name in self.dropped and len(series) >= self._most_paths:
            self.dropped[name] += 1
            return
        series[labels] = value

    def put_all(self, name: str, values: Mapping[Key, float]) -> None:
        """Note many series of one metric, by their label or labels."""
        for labels, value in values.items():
            self.put(name, value, *((labels,) if isinstance(labels, str) else labels))

    def at_least_zero(self, name: str, labels: Iterable[Labels]) -> None:
        """Have these series exist: a counter that appears with its first event hides that one."""
        series = self._series[name]
        for one in labels:
            series.setdefault(one, 0.0)

    def of(self, name: str) -> Mapping[Labels, float]:
        """The series of one metric."""
        return self._series[name]
