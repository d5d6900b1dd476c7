"""Figures of single workers: those that `engine: {metrics: {paths: ...}}` names."""

from __future__ import annotations

from fsmv2.metrics.census import Census
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

WATCHED = (
    Metric(
        name="fsmv2_worker_state",
        kind="gauge",
        labels=("type", "path", "state"),
        meaning="1 for the state of each worker that `engine: {metrics: {paths: ...}}` names.",
    ),
    Metric(
        name="fsmv2_worker_healthy",
        kind="gauge",
        labels=("type", "path"),
        meaning="1 while it is healthy.",
    ),
    Metric(
        name="fsmv2_worker_incarnation",
        kind="gauge",
        labels=("type", "path"),
        meaning="Its incarnation: 1, and one more with each restart.",
    ),
    Metric(
        name="fsmv2_worker_attempts",
        kind="gauge",
        labels=("type", "path"),
        meaning="Failed attempts since it was last healthy for long enough.",
    ),
    Metric(
        name="fsmv2_worker_observation_age_seconds",
        kind="gauge",
        labels=("type", "path"),
        meaning="Age of its newest observation.",
    ),
)


def read_watched(source: Source, census: Census, to: Readings) -> None:
    """Put in the figures of single workers, those that the settings ask for."""
    now = source.now
    for s in census.watched:
        attempts, seen, status = s.attempts, s.observed_at, s.status
        to.put("fsmv2_worker_state", 1, s.type_name, s.path, status.state)
        to.put("fsmv2_worker_healthy", status.healthy, s.type_name, s.path)
        to.put("fsmv2_worker_incarnation", s.incarnation, s.type_name, s.path)
        to.put("fsmv2_worker_attempts", attempts.count if attempts else 0, s.type_name, s.path)
        if seen is not None:
            age = max(0.0, now - seen)
            to.put("fsmv2_worker_observation_age_seconds", age, s.type_name, s.path)
