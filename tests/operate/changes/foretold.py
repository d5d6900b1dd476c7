"""Whether what a plan foretold is what happened to each worker."""

from __future__ import annotations

from typing import Any

from fsmv2 import DesiredState
from fsmv2.core import Supervisor
from fsmv2.core.policy.control import held_back
from fsmv2.operate.changes.change_plan import ChangePlan, WorkerChange
from fsmv2.testing import Simulation

OF_A_CHANGE = ("spec or rendered config changed", "no longer declares it", "its type changed")


class Then:
    """A worker as it was when the change was planned."""

    def __init__(self, s: Supervisor) -> None:
        self.supervisor, self.incarnation = s, s.incarnation
        self.desired, self.declared = s.desired, s.declared
        self.restarts = s.stop is not None

    def kept(self, s: Supervisor) -> bool:
        return s is self.supervisor and s.incarnation == self.incarnation


def compared(sim: Simulation, plan: ChangePlan, then: dict[str, Then]) -> None:
    now = sim.core.by_path
    foretold = {one.path: one for one in plan.workers}
    new, gone = now.keys() - then.keys(), then.keys() - now.keys()
    assert {path for path, one in foretold.items() if one.action == "add"} == new
    assert {*plan.removes} == gone
    assert plan.untouched == len(now) - len(plan.touched)
    for path in now.keys() & then.keys():
        one_is(sim, now[path], then[path], foretold.get(path))


def one_is(sim: Simulation, s: Supervisor, then: Then, change: WorkerChange | None) -> None:
    """What happened to one that was there and is there."""
    kept, action = then.kept(s), "untouched" if change is None else change.action
    where = f"{s.path}: {action}"
    if action == "recreate":
        assert change is not None
        if change.unknown:  # paused: it waits for its turn
            assert kept, where
            assert s.recreate_due, where
            return
        assert not kept, where
        return
    if not kept:  # for another reason, which is reported
        assert then.restarts or other_reasons(sim, s.path), f"{where}, and it was recreated"
        return
    stop = s.definition.stop_state
    if action == "stop":
        assert s.control == stop, where
    elif action == "start":
        assert change is not None
        waits = any("requires" in text for text in change.unknown)
        assert s.control != stop or (waits and held_back(s)), where
    elif action == "interrupt":
        records = sim.records(s.path)
        assert s.control == stop or any(one.control == stop for one in records), where
    elif action == "derive":  # or cannot derive from what it is given
        assert s.desired is not then.desired or (change is not None and change.problems), where
    same = config_of(s.desired) == config_of(then.desired)
    if action in ("derive", "untouched"):
        assert same, f"{where}, and its config changed"
    elif action == "reconfigure":
        assert not same or s.declared != then.declared or s.desired != then.desired, where
    if action == "untouched":
        assert s.desired is then.desired, f"{where}, and it derived again"
        assert s.declared == then.declared, f"{where}, and it is declared otherwise"


def config_of(desired: DesiredState | None) -> tuple[Any, ...]:
    """Of one that could never be derived there is none."""
    return () if desired is None else (desired.config,)


def other_reasons(sim: Simulation, path: str) -> bool:
    """Whether it, or one above it, stopped for anything else than a change."""
    parts = path.split("/")
    above = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    return any(
        report.kind == "stop"
        and report.path in above
        and not any(text in report.text for text in OF_A_CHANGE)
        for report in sim.reports
    )
