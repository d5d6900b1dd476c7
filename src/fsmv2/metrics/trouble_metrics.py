"""Figures of workers that need a look, and why: what an alert of a dead machine is made of."""

from __future__ import annotations

from collections import Counter

from fsmv2.escaping import printable_line
from fsmv2.metrics.census import Census
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

LONGEST_REASON = 160
"""Characters of a reason in a label; a device may say anything."""

TROUBLE = (
    Metric(
        name="fsmv2_worker_in_trouble",
        kind="gauge",
        labels=("type", "path", "state", "reason"),
        meaning=(
            "1 for each worker that needs a look: degraded, failed, or failing repeatedly. "
            "Where a worker below it does, too, only that one is named: it is nearer to the cause. "
            f"The reason has at most {LONGEST_REASON} characters; a rule should aggregate over it, "
            "as it may change."
        ),
        alert="WorkerInTrouble",
    ),
    Metric(
        name="fsmv2_workers_in_trouble",
        kind="gauge",
        labels=("type",),
        meaning="Such workers.",
        alert="WorkerInTrouble",
    ),
)


def read_trouble(census: Census, to: Readings) -> None:
    """Put in who needs a look."""
    counts = Counter(dict.fromkeys(census.definitions, 0))
    for s, status in census.in_trouble:
        counts[s.type_name] += 1
        reason = printable_line(status.reason)
        if len(reason) > LONGEST_REASON:
            reason = f"{reason[: LONGEST_REASON - 1]}…"
        to.put("fsmv2_worker_in_trouble", 1, s.type_name, s.path, status.state, reason)
    to.put_all("fsmv2_workers_in_trouble", counts)
