"""The figures of one moment, by the metric they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeVar

from fsmv2.metrics.metric import PATH, Metric
from fsmv2.model.data.histogram import HistogramCounts

Labels = tuple[str, ...]
"""Values of the labels of one series, in the order of the catalogue."""

Key = TypeVar("Key", bound=str | Labels)
"""Those of several labels, or of a single one by itself."""

Value = float | HistogramCounts


class Readings:
    """What has been read so far. A metric that is not among those given is refused."""

    def __init__(self, metrics: Mapping[str, Metric], most_paths: int) -> None:
        """`most_paths`: series with a path that one metric may have; the others are counted."""
        self._metrics = metrics
        self._most_paths = most_paths
        self._series: defaultdict[str, dict[Labels, Value]] = defaultdict(dict)
        self.dropped: dict[str, int] = {
            metric.name: 0 for metric in metrics.values() if PATH in metric.labels
        }

    def put(self, name: str, value: Value, *labels: str) -> None:
        """Note one series."""
        metric = self._metrics[name]
        if len(labels) != len(metric.labels):
            raise ValueError(f"{name} has the labels {metric.labels}, given were {labels}")
        series = self._series[name]
        if name in self.dropped and len(series) >= self._most_paths:
            self.dropped[name] += 1
            return
        series[labels] = value

    def put_all(self, name: str, values: Mapping[Key, Value]) -> None:
        """Note many series of one metric, by their label or labels."""
        for labels, value in dict(values).items():  # a copy: another thread may be counting
            self.put(name, value, *((labels,) if isinstance(labels, str) else labels))

    def begin_at_zero(self, name: str, labels: Iterable[Key]) -> None:
        """Have these series exist: a counter that appears with its first event hides that one."""
        series = self._series[name]
        for one in labels:
            series.setdefault((one,) if isinstance(one, str) else one, 0.0)

    def of(self, name: str) -> Mapping[Labels, Value]:
        """The series of one metric."""
        return self._series[name]
