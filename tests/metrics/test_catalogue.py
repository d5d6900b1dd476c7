"""The catalogue: what is exported is what the reference says, in the conventions of Prometheus."""

from __future__ import annotations

from pathlib import Path

import generate
import pytest

from fsmv2.metrics.catalogue import AREAS, METRICS
from fsmv2.metrics.metric import Metric

PAGE = Path(generate.__file__).parent / "reference" / "metrics.md"


def test_no_metric_stands_there_twice() -> None:
    assert len(METRICS) == sum(map(len, AREAS.values()))


def test_the_page_has_every_metric_and_no_other() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `fsmv2_")]
    assert [row.split("`")[1] for row in rows] == [*METRICS]


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_metric_is_named_as_its_kind_and_unit_ask_for(metric: Metric) -> None:
    assert metric.name.startswith("fsmv2_")
    assert metric.name.endswith("_total") is (metric.kind == "counter")
    assert bool(metric.buckets) is (metric.kind == "histogram")
    timed = metric.kind in ("histogram", "summary")
    assert not timed or metric.unit == "seconds"
    assert metric.meaning.endswith(".")


PATHS_AT_ANY_TIME = "fsmv2_worker_"


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_series_with_a_path_has_a_total_beside_it(metric: Metric) -> None:
    """Alerts fire on totals, which always exist; series with a path only name who it is."""
    if "path" not in metric.labels or metric.name.startswith(PATHS_AT_ANY_TIME):
        return
    assert metric.labels == ("type", "path")
    alike = [
        other.name
        for other in METRICS.values()
        if other.kind == "gauge" and other.labels == ("type",) and _stem(other) == _stem(metric)
    ]
    assert len(alike) == 1, metric.name


def _stem(metric: Metric) -> list[str]:
    """Its words, without the plural and the unit."""
    words = metric.name.removeprefix("fsmv2_").removesuffix("_seconds").split("_")
    return [word.removesuffix("s").removesuffix("d") for word in words]
