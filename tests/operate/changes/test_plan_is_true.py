"""What a plan foretells is what happens: random changes of random plants, planned and then made."""

from __future__ import annotations

from typing import Any

import pytest
from changed_plant import plant, restored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nested_lamps import LampSpec, changes, factory, trees
from random_plants import Deed, changed, deeds, plants, text

from fsmv2 import ChildSpec
from fsmv2.core import Supervisor
from fsmv2.operate.changes.change_plan import ChangePlan, WorkerChange
from fsmv2.operate.changes.document_settings import DocumentSettings
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.testing import PlantSurroundings, Simulation, register_simulated
from fsmv2.worker import WorkerFactory

OF_A_CHANGE = ("spec or rendered config changed", "no longer declares it", "its type changed")


class Then:
    """A worker as it was when the change was planned."""

    def __init__(self, s: Supervisor) -> None:
        self.supervisor, self.incarnation = s, s.incarnation
        self.desired, self.declared = s.desired, s.declared
        self.restarts = s.stop is not None

    def kept(self, s: Supervisor) -> bool:
        return s is self.supervisor and s.incarnation == self.incarnation


def happen(sim: Simulation, around: PlantSurroundings, deed: Deed) -> None:
    path = deed[1]
    if path not in sim:
        return
    match deed:
        case ("pause", _):
            sim.pause(path)
        case ("stop", _):
            sim.stop_path(path)
        case ("restart", _):
            sim.restart(path)
        case ("set", _, name, value):
            sim.set_variable(path, name, value)
        case ("trouble", _, number):
            around.trouble(path, now=sim.now, seconds=1000.0, number=number)


def check(before: Any, after: Any, done: list[Deed], wait: float) -> None:
    old, new = plant(text(before)), plant(text(after))
    around, factory = PlantSurroundings(), WorkerFactory()
    register_simulated(factory, around)
    with Simulation(old.root, factory, settings=old.settings, secrets=old.vault) as sim:
        sim.run(20.0)
        for deed in done:
            happen(sim, around, deed)
        sim.run(wait)
        plan = compare(
            restored(sim),
            restored(sim),
            new.root,
            settings_before=DocumentSettings.of(old),
            settings_after=DocumentSettings.of(new),
        )
        then = {path: Then(s) for path, s in sim.core.by_path.items()}
        sim.reports.clear()
        sim.declare(new.root)
        sim.run(60.0)
        compared(sim, plan, then)
        again = compare(restored(sim), restored(sim), new.root)
        assert not [one for one in again.workers if not one.unknown], "it is what was declared"


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
        assert s.control != stop, where
    elif action == "interrupt":
        records = sim.records(s.path)
        assert s.control == stop or any(one.control == stop for one in records), where
    elif action == "derive":
        assert s.desired is not then.desired, where
    config = s.desired is not None and then.desired is not None
    same = config and s.desired.config == then.desired.config  # type: ignore[union-attr]
    if action in ("derive", "untouched"):
        assert same, f"{where}, and its config changed"
    elif action == "reconfigure":
        assert not same or s.declared != then.declared or s.desired != then.desired, where
    if action == "untouched":
        assert s.desired is then.desired, f"{where}, and it derived again"
        assert s.declared == then.declared, f"{where}, and it is declared otherwise"


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


def check_nested(before: LampSpec, after: LampSpec, paused: str) -> None:
    def root(spec: LampSpec) -> ChildSpec:
        return ChildSpec("top", "dimmer", spec)

    with Simulation(root(before), factory()) as sim:
        sim.run(5.0)
        if paused in sim:
            sim.pause(paused)
        sim.run(20.0)
        plan = compare(restored(sim), restored(sim), root(after))
        then = {path: Then(s) for path, s in sim.core.by_path.items()}
        sim.reports.clear()
        sim.declare(root(after))
        sim.run(120.0)
        compared(sim, plan, then)


NESTED = trees().flatmap(lambda before: st.tuples(st.just(before), changes(before)))
PLACES = st.sampled_from(["top/a", "top/b", "top/a/b", "nowhere"])
PAIRS = plants().flatmap(lambda before: st.tuples(st.just(before), changed(before)))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(PAIRS, deeds, st.sampled_from([0.2, 30.0]))
def test_what_is_foretold_happens(pair: Any, done: list[Deed], wait: float) -> None:
    check(*pair, done, wait)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, suppress_health_check=QUIET)
@given(PAIRS, deeds, st.sampled_from([0.0, 0.2, 1.0, 30.0]))
def test_what_is_foretold_happens_at_length(pair: Any, done: list[Deed], wait: float) -> None:
    check(*pair, done, wait)


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(NESTED, PLACES)
def test_what_is_foretold_of_nested_workers_happens(pair: Any, paused: str) -> None:
    check_nested(*pair, paused)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None, suppress_health_check=QUIET)
@given(NESTED, PLACES)
def test_what_is_foretold_of_nested_workers_happens_at_length(pair: Any, paused: str) -> None:
    check_nested(*pair, paused)
