"""Figures of observations and of the transitions between states."""

from __future__ import annotations

from collections import Counter

from fsmv2.metrics.census import Census
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

OBSERVATION = (
    Metric(
        name="fsmv2_observation_age_seconds",
        kind="summary",
        labels=("type", "quantile"),
        meaning=(
            "Age of the newest observation of each worker that is observed; the quantile 1 is "
            "the oldest."
        ),
    ),
    Metric(
        name="fsmv2_observations_total",
        kind="counter",
        labels=("type", "changed"),
        meaning="Observations that arrived, and whether they differ from the last one.",
    ),
    Metric(
        name="fsmv2_observation_errors_total",
        kind="counter",
        labels=("type",),
        meaning=(
            "Observations that were errors: the device or process was asked, and something went"
            " wrong."
        ),
    ),
    Metric(
        name="fsmv2_observation_stale_seconds",
        kind="gauge",
        labels=("type", "path"),
        meaning=(
            "Age of the newest observation, or time since it was first asked, of each worker "
            "whose observations do not come."
        ),
        alert="StaleObservations",
    ),
    Metric(
        name="fsmv2_observations_stale",
        kind="gauge",
        labels=("type",),
        meaning="Workers whose observations do not come.",
        alert="StaleObservations",
    ),
    Metric(
        name="fsmv2_state_transitions_total",
        kind="counter",
        labels=("type", "from", "to"),
        meaning="Transitions from one state to another.",
    ),
)

QUANTILES = (0.5, 0.95, 1.0)


def read_observations(source: Source, census: Census, to: Readings) -> None:
    """Put the figures into `to`."""
    counted = source.core.tallies
    for type_, ages in census.ages.items():
        ages.sort()
        for quantile in QUANTILES:
            at = min(len(ages) - 1, int(quantile * len(ages)))
            to.put("fsmv2_observation_age_seconds", ages[at], type_, f"{quantile:g}")
    to.begin_at_zero(
        "fsmv2_observations_total",
        [(type_, changed) for type_ in census.definitions for changed in ("true", "false")],
    )
    for (type_, changed), count in dict(counted.observations).items():
        to.put("fsmv2_observations_total", count, type_, "true" if changed else "false")
    to.begin_at_zero("fsmv2_observation_errors_total", census.definitions)
    to.put_all("fsmv2_observation_errors_total", counted.observation_errors)
    totals = Counter(dict.fromkeys(census.definitions, 0))
    for s in census.stale:
        totals[s.type_name] += 1
        newest = s.observed_at if s.observed_at is not None else s.watched_at
        age = 0.0 if newest is None else source.now - newest
        to.put("fsmv2_observation_stale_seconds", age, s.type_name, s.path)
    to.put_all("fsmv2_observations_stale", totals)
    to.put_all("fsmv2_state_transitions_total", counted.transitions)
