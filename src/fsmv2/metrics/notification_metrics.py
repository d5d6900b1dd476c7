"""Figures of notifications: what became of them at each target of the document."""

from __future__ import annotations

from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

NOTIFICATIONS = (
    Metric(
        name="fsmv2_notifications_total",
        kind="counter",
        labels=("target", "outcome"),
        meaning=(
            "Results of notifications since the start or the last change of the target: sent, "
            "retried (an attempt failed), failed (given up or refused), summarised, suppressed (a "
            "repeat), dropped (too many at once, or at a stop)."
        ),
    ),
    Metric(
        name="fsmv2_notifications_waiting",
        kind="gauge",
        labels=("target",),
        meaning="Notifications that are still to be sent, those that quiet hours hold included.",
    ),
    Metric(
        name="fsmv2_notification_target_failing",
        kind="gauge",
        labels=("target",),
        meaning="1 while the last attempt at a target has failed.",
    ),
)


def read_notifications(source: Source, to: Readings) -> None:
    """Put the figures into `to`."""
    for target in source.notifications:
        for outcome, count in target.counts.items():
            to.put("fsmv2_notifications_total", count, target.name, outcome)
        to.put("fsmv2_notifications_waiting", target.waiting, target.name)
        to.put("fsmv2_notification_target_failing", target.failing_since > 0, target.name)
