"""Whole trees under faults drawn from a seed; and that each invariant can be found broken."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from toy_plant import cell, machine, plant

from fsmv2.core import Core, Observed, Report, RunAction, StopRequested
from fsmv2.core.handlers import HANDLERS, TIMERS
from fsmv2.core.life import stop
from fsmv2.core.phases import circuit, freshness, publish, watch
from fsmv2.core.policy import actions, durable, stop_order
from fsmv2.core.state.tick_record import Cause
from fsmv2.runtime.action_executor import Executor
from fsmv2.testing import FaultKind, FaultPlan, SimulatedTree, SimulationResult, simulate
from fsmv2.testing.convergence_invariants import Converges, Ends
from fsmv2.testing.cycles import cycle_in
from fsmv2.testing.delta_debugging import shrink
from fsmv2.testing.faults import IMPOSSIBLE
from fsmv2.testing.worker_invariants import INVARIANTS, NothingRaises
from fsmv2.worker import Phase

MANY = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
"""One seed is enough while you work; a campaign has hundreds."""


def told(outcome: SimulationResult) -> str:
    return "\n".join([f"seed {outcome.seed}: {outcome.found}", *outcome.trace])


@pytest.mark.parametrize("seed", MANY)
def test_a_plant_under_all_kinds_of_faults_keeps_every_invariant(seed: int) -> None:
    outcome = simulate(plant, seed=seed, seconds=4 * 3600, every=20)
    assert outcome.held, told(outcome)
    assert outcome.faults > 300
    assert outcome.crashes > 10
    assert {kind for kind, _ in outcome.coverage} == set(FaultKind) - {FaultKind.SURROUNDINGS}


@pytest.mark.thorough
def test_one_seed_gives_one_run() -> None:
    first, again = (simulate(plant, seed=7, seconds=1200, every=20) for _ in range(2))
    assert first == again
    assert first.digest != simulate(plant, seed=8, seconds=1200, every=20).digest


def test_a_plan_is_that_of_its_seed_and_brings_every_kind_in_every_phase() -> None:
    plan = FaultPlan.draw(3, 36_000)
    assert plan == FaultPlan.draw(3, 36_000)
    assert plan != FaultPlan.draw(4, 36_000)
    pairs = {(k, p) for k in FaultKind for p in Phase}
    assert {(f.kind, f.phase) for f in plan.faults} == pairs - set(IMPOSSIBLE)
    assert [f.index for f in plan.only([5, 2]).faults] == [2, 5]


def test_shrinking_leaves_what_the_failure_needs() -> None:
    needed = {13, 57, 58}
    assert shrink(range(100), lambda some: needed <= set(some)) == sorted(needed)
    assert shrink([1, 2], lambda some: True) == []
    assert len(shrink(range(100), lambda some: 13 in some, tries=3)) < 100


def test_a_circle_is_found() -> None:
    assert cycle_in({"a": ["b"], "b": ["c"], "x": ["a"], "c": ["b"]}) == ["b", "c", "b"]
    assert cycle_in({"a": ["b", "c"], "b": ["c"], "d": ["a", "c"]}) == []


# ---- each invariant can be found broken -------------------------------------------------------

Patch = pytest.MonkeyPatch


def one_incarnation(patch: Patch) -> None:
    patch.setattr(watch, "fenced", lambda core, s: "")


def actions_are_wanted(patch: Patch) -> None:
    def other_tick(*args: Any) -> RunAction:
        return RunAction(*args[:6], args[6] - 1, *args[7:])

    patch.setattr(actions, "RunAction", other_tick)


def desired_is_stored(patch: Patch) -> None:
    patch.setattr(durable, "withholds", lambda core, s: "")


def nothing_is_healed(patch: Patch) -> None:
    observe = HANDLERS[Observed]

    def unheard(core: Core, event: Observed) -> None:
        mark, core.mark = core.mark, lambda s, cause: None  # type: ignore[method-assign]
        observe(core, event)
        core.mark = mark  # type: ignore[method-assign]

    patch.setitem(HANDLERS, Observed, unheard)


def stop_ends(patch: Patch) -> None:
    patch.setattr(stop, "advance", lambda core, s: None)
    patch.setitem(TIMERS, "stop", lambda core, s: None)


def converges(patch: Patch) -> None:
    note = freshness._note_error
    patch.setattr(
        freshness, "_note_error", lambda core, s, error: bool(error) and note(core, s, error)
    )


def restarts_keep_pace(patch: Patch) -> None:
    plan_repair = circuit.plan_repair

    def at_once(core: Core, s: Any, reason: str) -> None:
        plan_repair(core, s, reason)
        circuit.repair(core, s)

    patch.setattr(circuit, "plan_repair", at_once)


def siblings_untouched(patch: Patch) -> None:
    notify = publish.notify

    def notify_all(core: Core, s: Any) -> None:
        notify(core, s)
        for sibling in s.parent.children.values() if s.parent is not None else ():
            core.mark(sibling, Cause("status", f"of {s.path}: {s.state}"))

    patch.setattr(publish, "notify", notify_all)


def repair_is_not_withheld(patch: Patch) -> None:
    update = circuit._update_circuit

    def withhold_all(core: Core, parent: Any) -> None:
        update(core, parent)
        if parent.withheld is not None:
            parent.withheld = frozenset(parent.children)

    patch.setattr(circuit, "_update_circuit", withhold_all)


def causes_are_kept(patch: Patch) -> None:
    mark = Core.mark

    def forgetful(core: Core, s: Any, cause: Cause) -> None:
        mark(core, s, cause)
        del s.causes[1:]

    patch.setattr(Core, "mark", forgetful)


def memory_is_bounded(patch: Patch) -> None:
    take = Core.take

    def keep_one(core: Core) -> Any:
        taken = take(core)
        core._instructions = [one for one in taken if isinstance(one, Report)][:1]
        return taken

    patch.setattr(Core, "take", keep_one)


def nobody_waits_in_a_circle(patch: Patch) -> None:
    patch.setattr(stop_order, "_waits_for", lambda core, s, dependent: False)


def nothing_raises(patch: Patch) -> None:
    def fail(self: Executor, job: Any) -> None:
        raise RuntimeError("no")

    patch.setattr(Executor, "submit", fail)


def ends(patch: Patch) -> None:
    patch.setitem(HANDLERS, StopRequested, lambda core, event: None)


def circular() -> SimulatedTree:
    tree = plant()
    a, b = machine("a", depends_on=("line/b",)), machine("b", depends_on=("line/a",))
    return SimulatedTree((cell("line", a, b), cell("line")), tree.factory)


MENDED_BY_NOTHING = (
    FaultKind.ACTION_RAISES,
    FaultKind.OBSERVATION_RAISES,
    FaultKind.CLOCK_JUMP,
)
"""No restart among them, which would mend a worker that waits for ever."""

BREAKS: tuple[Callable[[Patch], None], ...] = (
    one_incarnation,
    actions_are_wanted,
    desired_is_stored,
    nothing_is_healed,
    stop_ends,
    restarts_keep_pace,
    siblings_untouched,
    repair_is_not_withheld,
    causes_are_kept,
    memory_is_bounded,
    nobody_waits_in_a_circle,
    converges,
    ends,
    nothing_raises,
)


def test_every_invariant_is_broken_by_one_of_these() -> None:
    kinds = (*INVARIANTS, Converges, Ends, NothingRaises)
    names = {kind.__name__.lower() for kind in kinds}
    assert {broken.__name__.replace("_", "") for broken in BREAKS} == names
    assert all(kind.sentence for kind in kinds)


@functools.cache
def _holds(tree: Callable[[], SimulatedTree], kinds: tuple[FaultKind, ...]) -> bool:
    """Whether the core as it is passes the run in which a broken one is to be found."""
    return simulate(tree, seed=1, seconds=3600, every=10, kinds=kinds).held


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.thorough
def test_a_broken_core_is_found(broken: Callable[[Patch], None], monkeypatch: Patch) -> None:
    tree = circular if broken is nobody_waits_in_a_circle else plant
    kinds = MENDED_BY_NOTHING if broken is converges else tuple(FaultKind)
    assert _holds(tree, kinds)
    broken(monkeypatch)
    outcome = simulate(tree, seed=1, seconds=3600, every=10, kinds=kinds, shrink_tries=0)
    assert outcome.invariant.lower() == broken.__name__.replace("_", ""), told(outcome)


@pytest.mark.slow
def test_a_failure_is_shrunk_and_can_be_replayed(monkeypatch: Patch) -> None:
    converges(monkeypatch)
    kinds = MENDED_BY_NOTHING
    outcome = simulate(plant, seed=1, seconds=3600, every=20, kinds=kinds)
    assert outcome.invariant == "Converges"
    assert 1 <= len(outcome.shortest) <= 3, told(outcome)
    only = [fault.index for fault in outcome.shortest]
    again = simulate(plant, seed=1, seconds=3600, every=20, kinds=kinds, only=only, shrink_tries=0)
    assert (again.invariant, again.found) == (outcome.invariant, outcome.found)
    assert again.faults == len(only)
    monkeypatch.undo()
    assert simulate(plant, seed=1, seconds=3600, every=20, kinds=kinds, only=only).held
