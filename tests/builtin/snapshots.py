"""Snapshots made by hand, to ask one state of a built-in worker what it would do."""

from __future__ import annotations

from typing import Any

from fsmv2 import ChildStatus, ObservedState, Phase, Snapshot, UserSpec, Worker
from fsmv2.worker import Act, Goto, Stay


def status(
    state: str, phase: str, reason: str = "because", *, kind: str = "dataflow", since: float = 0.0
) -> ChildStatus:
    """A child's or dependency's status."""
    trouble = phase in ("degraded", "failed")
    return ChildStatus(
        kind, state, Phase(phase), phase == "running", True, reason, since=since, in_trouble=trouble
    )


def ask(
    worker: Worker[Any, Any, Any],
    state: str,
    *,
    spec: UserSpec,
    observed: ObservedState | None = None,
    control: str = "active",
    **more: Any,
) -> Goto | Act | Stay:
    """What `worker` answers in `state`."""
    given = {"now": 100.0, "since": 99.0, "fresh": True, "observed_at": 99.5, **more}
    snapshot = Snapshot(
        path="plant/filler",
        state=state,
        spec=spec,
        desired=None,
        control=control,
        should_stop=control == worker.definition.stop_state,
        observed=observed or worker.definition.nothing_observed,
        observe_error=given.pop("observe_error", ""),
        last_action=given.pop("last_action", None),
        **given,
    )
    answer = getattr(worker, state)(snapshot)
    assert isinstance(answer, Goto | Act | Stay)
    if isinstance(answer, Goto):
        assert answer.state in worker.definition.states[state].to
    return answer
