"""Figures of the tree: how many workers, how deep, and what the supervision of it does."""

from __future__ import annotations

from typing import get_args

from fsmv2.core.contract import buckets
from fsmv2.core.state.tallies import Operation
from fsmv2.metrics.census import Census
from fsmv2.metrics.infrastructure_metrics import put_troubles
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

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
        formerly="fsmv2_children_count: Prometheus keeps _count for histograms and summaries",
    ),
    Metric(
        name="fsmv2_children_declared",
        kind="gauge",
        labels=("type",),
        meaning=(
            "Children that all workers of a type declare. Fewer than there are: some are no longer "
            "declared and have not ended yet."
        ),
        alert="SupervisorsGrow",
    ),
    Metric(
        name="fsmv2_paused",
        kind="gauge",
        labels=("type", "path"),
        meaning="1 for each worker that an operator has paused, with all below it.",
    ),
    Metric(
        name="fsmv2_pauses",
        kind="gauge",
        labels=("type",),
        meaning="Workers that an operator has paused, those below them not counted.",
    ),
    Metric(
        name="fsmv2_reconciliation_total",
        kind="counter",
        labels=("type", "operation"),
        meaning=(
            "Children that were added, updated, removed or recreated, by the type of their parent."
        ),
    ),
    Metric(
        name="fsmv2_reconciliation_duration_seconds",
        kind="histogram",
        labels=("type",),
        meaning=(
            "Time that one look at the children of a worker took, by its type. Many changes "
            "take several looks."
        ),
        alert="SlowReconciliation",
        buckets=buckets.RECONCILIATION,
    ),
    Metric(
        name="fsmv2_tick_depth",
        kind="gauge",
        meaning="Levels of the tree: 1 is the root alone.",
    ),
    Metric(
        name="fsmv2_tick_propagation_duration_seconds",
        kind="histogram",
        meaning=(
            "Time from a change of what is declared at the root to the last derive it led to, "
            "to within a slice of supervision (5 ms)."
        ),
        alert="SlowPropagation",
        buckets=buckets.PROPAGATION,
    ),
    Metric(
        name="fsmv2_tick_duration_seconds",
        kind="histogram",
        meaning="Time that a tick of one worker took; one in 32 is measured, at random.",
        buckets=buckets.TICK,
    ),
    Metric(
        name="fsmv2_ticks_total",
        kind="counter",
        meaning="Ticks: looks at one worker, each of which decides what is next.",
        alert="NoProgress",
    ),
    Metric(
        name="fsmv2_tick_causes_total",
        kind="counter",
        labels=("cause",),
        meaning="Causes of ticks; a tick may have several.",
    ),
    Metric(
        name="fsmv2_resync_healed_total",
        kind="counter",
        meaning="Wake-ups that were lost and made up for by the resync; each is a fault of fsmv2.",
    ),
    Metric(
        name="fsmv2_supervisor_cleanup_total",
        kind="counter",
        meaning=(
            "Supervisors that were released: stopped, their tasks ended, their resources closed."
        ),
    ),
    Metric(
        name="fsmv2_supervisor_cleanup_failures_total",
        kind="counter",
        meaning="Releases that were forced, because the stop was not done within its deadline.",
    ),
)


def read_hierarchy(source: Source, census: Census, to: Readings) -> None:
    """Put the figures into `to`."""
    core, counted = source.core, source.core.tallies
    to.put_all("fsmv2_workers", census.workers)
    to.put("fsmv2_active_supervisors", len(core.by_path))
    to.put_all("fsmv2_children", census.children)
    to.put_all("fsmv2_children_declared", census.declared)
    to.put("fsmv2_tick_depth", census.levels)
    put_troubles(to, "fsmv2_paused", "fsmv2_pauses", census.paused, census.definitions)
    parents = [type_ for type_, children in census.children.items() if children]
    every = [(type_, operation) for type_ in parents for operation in get_args(Operation)]
    to.begin_at_zero("fsmv2_reconciliation_total", every)
    to.put_all("fsmv2_reconciliation_total", counted.reconciliations)
    to.put("fsmv2_ticks_total", core.counters.ticks)
    to.put_all("fsmv2_tick_causes_total", counted.causes)
    to.put("fsmv2_resync_healed_total", core.counters.healed)
    to.put("fsmv2_supervisor_cleanup_total", counted.cleanups)
    to.put("fsmv2_supervisor_cleanup_failures_total", counted.cleanup_failures)
    took = source.durations
    if took is None:
        return
    to.put("fsmv2_tick_duration_seconds", took.ticks.read())
    to.put("fsmv2_tick_propagation_duration_seconds", took.propagations.read())
    for type_, histogram in dict(took.reconciliations).items():
        to.put("fsmv2_reconciliation_duration_seconds", histogram.read(), type_)
