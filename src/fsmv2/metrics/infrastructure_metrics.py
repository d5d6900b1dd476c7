"""Figures of checks, circuits, escalations and restarts, and by path who is in trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from fsmv2.core import Supervisor
from fsmv2.core.contract import buckets
from fsmv2.core.state.tallies import RestartReason
from fsmv2.metrics.census import Census
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings

INFRASTRUCTURE = (
    Metric(
        name="fsmv2_circuit_open",
        kind="gauge",
        labels=("type", "path"),
        meaning=(
            "1 for each worker whose circuit is open: a check found one of its children at fault."
        ),
        alert="CircuitOpen",
    ),
    Metric(
        name="fsmv2_circuits_open",
        kind="gauge",
        labels=("type",),
        meaning="Workers whose circuit is open.",
        alert="CircuitOpen",
    ),
    Metric(
        name="fsmv2_infrastructure_recovery_total",
        kind="counter",
        labels=("type",),
        meaning="Circuits that closed because the checks found everything healthy again.",
    ),
    Metric(
        name="fsmv2_infrastructure_recovery_duration_seconds",
        kind="histogram",
        labels=("type",),
        meaning="Time from the opening of a circuit until it closed.",
        buckets=buckets.RECOVERY,
    ),
    Metric(
        name="fsmv2_child_health_check_total",
        kind="counter",
        labels=("type", "check", "status"),
        meaning=(
            "Answers of checks: healthy, fault, or unknown where the children were not observed"
            " lately."
        ),
    ),
    Metric(
        name="fsmv2_infrastructure_check_failures_total",
        kind="counter",
        labels=("type", "check"),
        meaning="Faults that a check found twice in a row, so that the circuit opened.",
        alert="InfrastructureFailsOften",
    ),
    Metric(
        name="fsmv2_escalations_total",
        kind="counter",
        labels=("type",),
        meaning="Times a worker was escalated: retries did not help, and an operator is needed.",
    ),
    Metric(
        name="fsmv2_escalation_active",
        kind="gauge",
        labels=("type", "path"),
        meaning="1 for each worker that is escalated, until it is healthy for long enough.",
        alert="EscalationActive",
    ),
    Metric(
        name="fsmv2_escalations_active",
        kind="gauge",
        labels=("type",),
        meaning="Workers that are escalated.",
        alert="EscalationActive",
    ),
    Metric(
        name="fsmv2_restarts_total",
        kind="counter",
        labels=("type", "reason"),
        meaning=(
            "Restarts as a new incarnation: found at fault, silent, ended though it should run, "
            "with its group, with a parent whose child kept failing (escalation), for a changed "
            "spec or config, for a changed secret, or on request."
        ),
    ),
    Metric(
        name="fsmv2_restart_failures_total",
        kind="counter",
        labels=("type",),
        meaning=(
            "Attempts that failed again: the worker was in trouble already and had not been "
            "healthy for long enough since."
        ),
        alert="RestartFailures",
    ),
)

STATUSES = ("healthy", "fault", "unknown")


def read_infrastructure(source: Source, census: Census, to: Readings) -> None:
    """Put the figures into `to`."""
    counted = source.core.tallies
    types = list(census.definitions)
    checks = [(t, check.name) for t, d in census.definitions.items() for check in d.checks]
    guarded = list(dict.fromkeys(type_ for type_, _ in checks))
    put_troubles(to, "fsmv2_circuit_open", "fsmv2_circuits_open", census.circuits, guarded)
    put_troubles(to, "fsmv2_escalation_active", "fsmv2_escalations_active", census.escalated, types)
    to.begin_at_zero("fsmv2_infrastructure_recovery_total", guarded)
    to.put_all("fsmv2_infrastructure_recovery_total", counted.recoveries)
    for type_, histogram in dict(counted.recovery_seconds).items():
        to.put("fsmv2_infrastructure_recovery_duration_seconds", histogram.read(), type_)
    every = [(type_, check, status) for type_, check in checks for status in STATUSES]
    to.begin_at_zero("fsmv2_child_health_check_total", every)
    to.put_all("fsmv2_child_health_check_total", counted.checks)
    to.begin_at_zero("fsmv2_infrastructure_check_failures_total", checks)
    to.put_all("fsmv2_infrastructure_check_failures_total", counted.check_failures)
    for name, values in (
        ("fsmv2_escalations_total", counted.escalations),
        ("fsmv2_restart_failures_total", counted.restart_failures),
    ):
        to.begin_at_zero(name, types)
        to.put_all(name, values)
    reasons = get_args(RestartReason)
    to.begin_at_zero("fsmv2_restarts_total", [(type_, why) for type_ in types for why in reasons])
    to.put_all("fsmv2_restarts_total", counted.restarts)


def put_troubles(
    to: Readings, by_path: str, total: str, who: Iterable[Supervisor], types: Iterable[str]
) -> None:
    """A series for each of them, and for each type how many there are."""
    counts = Counter(dict.fromkeys(types, 0))
    for s in who:
        counts[s.type_name] += 1
        to.put(by_path, 1, s.type_name, s.path)
    to.put_all(total, counts)
