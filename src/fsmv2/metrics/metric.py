"""What is said of a metric, to Prometheus and in the reference.

The names are those of the design that fsmv2 implements, in the conventions of Prometheus: base
units, `_total` for counters, labels of small sets only. A path is a label only on series that exist
while something is wrong, or where the settings ask for it; and only of so many.
"""

from __future__ import annotations

from typing import Literal

import msgspec

UNITS = ("seconds", "bytes")

PATH = "path"
"""The label that is not of a small set."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. `alert`: the alert that uses it; `formerly`: another name in the design."""

    name: str
    kind: Literal["counter", "gauge", "histogram", "summary"]
    labels: tuple[str, ...] = ()
    meaning: str
    alert: str = ""
    formerly: str = ""
    buckets: tuple[float, ...] = ()

    @property
    def unit(self) -> str:
        """Its unit as OpenMetrics names it; '' for a plain number."""
        last = self.name.removesuffix("_total").rpartition("_")[2]
        return last if last in UNITS else ""
