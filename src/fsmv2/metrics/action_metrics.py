"""Figures of actions: queued, waiting, executed, timed out, and what ran in an open circuit."""

from __future__ import annotations

from fsmv2.core.contract import buckets
from fsmv2.metrics.census import Census
from fsmv2.metrics.infrastructure_metrics import put_troubles
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.metric import Metric
from fsmv2.metrics.readings import Readings
from fsmv2.runtime.action_counts import status_of
from fsmv2.worker import Outcome

ACTIONS = (
    Metric(
        name="fsmv2_action_queued_total",
        kind="counter",
        labels=("type", "action"),
        meaning="Actions that were handed to the executor.",
    ),
    Metric(
        name="fsmv2_actions_completed_total",
        kind="counter",
        labels=("type", "action", "status"),
        meaning="Actions that ended; those cancelled before they were started included.",
    ),
    Metric(
        name="fsmv2_action_queue_size",
        kind="gauge",
        meaning="Actions that wait for a slot.",
    ),
    Metric(
        name="fsmv2_action_queue_wait_seconds",
        kind="histogram",
        meaning="Time an action waited for its slot.",
        buckets=buckets.QUEUE_WAIT,
    ),
    Metric(
        name="fsmv2_action_execution_duration_seconds",
        kind="histogram",
        labels=("type", "action", "status"),
        meaning=(
            "Time from the start of an action to its end; of one given up as stuck, until then."
        ),
        buckets=buckets.ACTION,
    ),
    Metric(
        name="fsmv2_action_timeout_total",
        kind="counter",
        labels=("type", "action"),
        meaning="Actions that were cancelled because they took longer than their timeout.",
        alert="ActionsTimeOut",
    ),
    Metric(
        name="fsmv2_worker_pool_utilization",
        kind="gauge",
        labels=("pool",),
        meaning=(
            "Share of the slots that are taken, 0 to 1: of all actions, and of the lane for "
            "stops and repairs (urgent)."
        ),
    ),
    Metric(
        name="fsmv2_worker_pool_queue_size",
        kind="gauge",
        labels=("pool",),
        meaning="Actions that wait for a slot of the pool.",
        alert="ActionQueueLong",
    ),
    Metric(
        name="fsmv2_actions_during_circuit_total",
        kind="counter",
        labels=("type",),
        meaning=(
            "Actions that were queued or running when a circuit above their worker opened; they"
            " go on."
        ),
    ),
    Metric(
        name="fsmv2_action_post_circuit_duration_seconds",
        kind="histogram",
        labels=("type",),
        meaning="Time for which such an action went on after the circuit had opened.",
        buckets=buckets.RECOVERY,
    ),
    Metric(
        name="fsmv2_action_stuck",
        kind="gauge",
        labels=("type", "path"),
        meaning="1 for each worker with an action that was given up and still has not ended.",
        alert="ActionsTimeOut",
    ),
    Metric(
        name="fsmv2_actions_stuck",
        kind="gauge",
        labels=("type",),
        meaning="Workers with such an action.",
        alert="ActionsTimeOut",
    ),
)


def read_actions(source: Source, census: Census, to: Readings) -> None:
    """Put the figures into `to`."""
    counted = source.core.tallies
    actions = [(type_, name) for type_, d in census.definitions.items() for name in d.actions]
    acting = list(dict.fromkeys(type_ for type_, _ in actions))
    put_troubles(to, "fsmv2_action_stuck", "fsmv2_actions_stuck", census.stuck, acting)
    to.begin_at_zero("fsmv2_actions_during_circuit_total", acting)
    to.put_all("fsmv2_actions_during_circuit_total", counted.during_circuit)
    for type_, histogram in dict(counted.post_circuit_seconds).items():
        to.put("fsmv2_action_post_circuit_duration_seconds", histogram.read(), type_)
    executor = source.executor
    if executor is None:
        return
    done = executor.counts
    to.begin_at_zero("fsmv2_action_queued_total", actions)
    to.put_all("fsmv2_action_queued_total", done.queued)
    every = [(*action, status_of(outcome)) for action in actions for outcome in Outcome]
    to.begin_at_zero("fsmv2_actions_completed_total", every)
    to.put_all("fsmv2_actions_completed_total", done.ended)
    to.begin_at_zero("fsmv2_action_timeout_total", actions)
    to.put_all("fsmv2_action_timeout_total", done.timed_out)
    for labels, histogram in dict(done.execution).items():
        to.put("fsmv2_action_execution_duration_seconds", histogram.read(), *labels)
    to.put("fsmv2_action_queue_wait_seconds", done.wait.read())
    to.put("fsmv2_action_queue_size", executor.queued)
    for name, pool in executor.pools().items():
        to.put("fsmv2_worker_pool_utilization", pool.taken / pool.slots, name)
        to.put("fsmv2_worker_pool_queue_size", pool.waiting, name)
