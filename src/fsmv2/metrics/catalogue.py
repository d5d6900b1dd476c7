"""Every metric that is exported, with what it means. The reference page is made from this.

The names are those of the design that fsmv2 implements, in the conventions of Prometheus: base
units, `_total` for counters, labels of small sets only. A path is a label only on series that exist
while something is wrong; at most so many as `engine: {metrics: {series: 200}}` says.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["counter", "gauge", "histogram", "summary"]

UNITS = ("seconds", "bytes", "ratio")


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. `alert`: the alerts that use it; `formerly`: another name in the design."""

    name: str
    kind: Kind
    labels: tuple[str, ...] = ()
    meaning: str
    alert: str = ""
    formerly: str = ""

    @property
    def unit(self) -> str:
        """Its unit as OpenMetrics names it; '' for a plain number."""
        last = self.name.removesuffix("_total").rpartition("_")[2]
        return last if last in UNITS else ""


HIERARCHY = (
    Metric(
        name="fsmv2_workers",
        kind="gauge",
        labels=("type", "state", "phase"),
        meaning="Workers in each state.",
    ),
    Metric(
        name="fsmv2_active_supervisors",
        kind="gauge",
        meaning="Supervisors in the tree, those that are being stopped included.",
        alert="SupervisorsGrow",
    ),
    Metric(
        name="fsmv2_children",
        kind="gauge",
        labels=("type",),
        meaning="Children of all workers of a type together.",
        formerly="fsmv2_children_count, which the rules of Prometheus reserve for histograms",
    ),
    Metric(
        name="fsmv2_tick_depth",
        kind="gauge",
        meaning="Levels of the tree: 1 is the root alone.",
    ),
    Metric(
        name="fsmv2_resync_healed_total",
        kind="counter",
        meaning="Wake-ups that were lost and made up for by the resync; each is a fault of fsmv2.",
    ),
)

PROCESS = (
    Metric(
        name="fsmv2_build_info",
        kind="gauge",
        labels=("version", "python"),
        meaning="1; the version of fsmv2 and of Python are its labels.",
    ),
    Metric(
        name="fsmv2_generation",
        kind="gauge",
        meaning="Number of the generation of the document that runs; 0 when none is kept.",
    ),
    Metric(
        name="fsmv2_document_differs",
        kind="gauge",
        meaning="1 while the document is not what runs.",
        alert="DocumentDiffers",
    ),
    Metric(
        name="fsmv2_pinned",
        kind="gauge",
        meaning="1 while an older generation was made to run again and changes are not applied.",
    ),
    Metric(
        name="fsmv2_series_dropped",
        kind="gauge",
        labels=("metric",),
        meaning="Series with a path that this scrape left out, beyond the most that are allowed.",
    ),
)

AREAS: dict[str, tuple[Metric, ...]] = {
    "Hierarchy": HIERARCHY,
    "The process itself": PROCESS,
}
"""All metrics, in the order of the reference page."""

METRICS = {metric.name: metric for area in AREAS.values() for metric in area}
"""The same by name."""
