"""The text that a scrape is answered with.

prometheus-client writes it, and reads the figures of the process from the system. It is loaded by
the first scrape: a tree that nobody watches does not pay for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fsmv2.metrics.action_metrics import read_actions
from fsmv2.metrics.catalogue import METRICS
from fsmv2.metrics.census import give_way, take_census
from fsmv2.metrics.flow_metrics import read_flows
from fsmv2.metrics.hierarchy_metrics import read_hierarchy
from fsmv2.metrics.infrastructure_metrics import read_infrastructure
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.notification_metrics import read_notifications
from fsmv2.metrics.observation_metrics import read_observations
from fsmv2.metrics.process_metrics import read_process
from fsmv2.metrics.readings import Readings
from fsmv2.metrics.template_metrics import read_templates
from fsmv2.metrics.trouble_metrics import read_trouble
from fsmv2.metrics.watched_metrics import read_watched
from fsmv2.model.data.histogram import HistogramCounts
from fsmv2.path_pattern import path_pattern

if TYPE_CHECKING:
    from prometheus_client import Metric as Family

OPENMETRICS = "application/openmetrics-text"
OPENMETRICS_TYPE = f"{OPENMETRICS}; version=1.0.0; charset=utf-8"
TEXT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(source: Source, accept: str = "") -> tuple[bytes, str]:
    """All metrics of a tree now, and the content type of the text.

    OpenMetrics if the header `accept` names it, else the text format of Prometheus. Call it on a
    thread of its own: it takes some tens of milliseconds for ten thousand workers, and looks at a
    file.
    """
    from prometheus_client.exposition import generate_latest
    from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

    families = _Families(read(source))
    if wants_openmetrics(accept):
        text: bytes = generate_openmetrics(families)  # type: ignore[no-untyped-call]  # theirs
        return text, OPENMETRICS_TYPE
    return generate_latest(families), TEXT_TYPE


def wants_openmetrics(accept: str) -> bool:
    """Whether an `Accept` header names OpenMetrics 1.0."""
    for one in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in one.split(";"))
        versions = [p.partition("=")[2] for p in parameters if p.startswith("version=")]
        if kind == OPENMETRICS and (not versions or versions[0].startswith("1.")):
            return True
    return False


def read(source: Source) -> Readings:
    """All figures of a tree now."""
    settings = source.core.settings.metrics
    found = Readings(METRICS, settings.series)
    wanted = path_pattern(settings.paths).fullmatch if settings.paths else None
    census = take_census(source.core, source.now, wanted)
    read_trouble(census, found)
    read_infrastructure(source, census, found)
    read_actions(source, census, found)
    read_hierarchy(source, census, found)
    read_templates(source, census, found)
    read_observations(source, census, found)
    read_process(source, found)
    read_flows(source, found)
    read_notifications(source, found)
    read_watched(source, census, found)
    found.put_all("fsmv2_series_dropped", found.dropped)
    return found


class _Families:
    """The readings as prometheus-client wants them: a collector that is asked once."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Family]:
        """Every metric of the catalogue, and those of the process."""
        from prometheus_client import ProcessCollector

        for number, metric in enumerate(METRICS.values()):
            if not number % 8:
                give_way()
            yield _family(metric, self._readings)
        yield from ProcessCollector(registry=None).collect()


def _family(metric: Metric, readings: Readings) -> Family:
    from prometheus_client import Metric as Family

    found = Family(metric.name.removesuffix("_total"), metric.meaning, metric.kind, metric.unit)
    for values, value in readings.of(metric.name).items():
        labels = dict(zip(metric.labels, values, strict=True))
        if isinstance(value, HistogramCounts):
            _add_histogram(found, labels, value)
        else:
            found.add_sample(metric.name, labels, float(value))
    return found


def _add_histogram(to: Family, labels: dict[str, str], value: HistogramCounts) -> None:
    """Each bucket has all that is not larger than its bound; the last has all."""
    so_far = 0
    for bound, count in zip((*value.bounds, math.inf), value.counts, strict=True):
        so_far += count
        to.add_sample(f"{to.name}_bucket", {**labels, "le": _bound(bound)}, so_far)
    to.add_sample(f"{to.name}_count", labels, so_far)
    to.add_sample(f"{to.name}_sum", labels, value.total)


def _bound(bound: float) -> str:
    return "+Inf" if bound == math.inf else repr(bound)
