"""A worker in any trouble is changed in any way: it becomes what is asked, once, and is told apart.

Every trouble with every change, by virtual clock: what the plan foretold happens; never two act on
one machine; nobody untouched is looked at; it is called converged when it is, and not before; and
when the trouble is over the worker is what the last document asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from changed_plant import restored
from foretold import OF_A_CHANGE, Then, compared
from valves import UNLUCKY, Valves, ValveSpec, line, simulate, valve

from fsmv2 import ChildSpec
from fsmv2.core.policy.detect_only import detects
from fsmv2.core.policy.overrides import paused_by, stopped_by
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.operate.changes.touched_workers import Touched, not_converged, touched_by
from fsmv2.testing import SimulatedStore, Simulation

A, B, Z = "line/a", "line/b", "line/z"


class Trouble(NamedTuple):
    """What befalls `a` before the change, and what ends it."""

    begin: Callable[[Simulation, Valves], None]
    end: Callable[[Simulation, Valves], None]
    settings: dict[str, float]


TROUBLES: dict[str, Trouble] = {}


def trouble(**settings: float) -> Callable[[Callable[..., Callable[..., None] | None]], None]:
    """Note it under its name; what it returns ends it, beside that everything is mended."""

    def noted(function: Callable[[Simulation, Valves], Callable[..., None] | None]) -> None:
        ends: list[Callable[..., None]] = []

        def begin(sim: Simulation, valves: Valves) -> None:
            end = function(sim, valves)
            ends[:] = [] if end is None else [end]

        def end(sim: Simulation, valves: Valves) -> None:
            valves.heal()
            for one in ends:
                one()

        TROUBLES[function.__name__] = Trouble(begin, end, settings)

    return noted


def leaks(valves: Valves) -> None:
    """Somebody closes it by hand, so that it is to be opened again."""
    valves.open_at["a"] = 0


@trouble()
def none(sim: Simulation, valves: Valves) -> None:
    """It is open."""


@trouble()
def action_running(sim: Simulation, valves: Valves) -> None:
    valves.slow["a"] = 4.0
    leaks(valves)
    sim.until(lambda _: bool(valves.busy["a"]))


@trouble()
def action_deaf(sim: Simulation, valves: Valves) -> None:
    valves.deaf.add("a")
    leaks(valves)
    sim.until(lambda _: bool(valves.busy["a"]))
    sim.run(5)


@trouble(action_slots=1, type_percent=100)
def action_queued(sim: Simulation, valves: Valves) -> None:
    valves.slow["c"] = 9.0
    valves.open_at["c"] = 0
    sim.until(lambda _: bool(valves.busy["c"]))
    leaks(valves)
    sim.until(lambda s: s.supervisor(A).action is not None)
    assert not valves.busy["a"]


@trouble()
def waits_for_its_retry(sim: Simulation, valves: Valves) -> None:
    valves.failing.add("a")
    leaks(valves)
    sim.until(lambda s: s[A].state == "failed")
    sim.run(10)


@trouble()
def escalated(sim: Simulation, valves: Valves) -> None:
    valves.failing.add("a")
    leaks(valves)
    sim.until(lambda s: bool((at := s.supervisor(A).attempts) and at.escalated), within=900, step=1)


@trouble()
def circuit_open(sim: Simulation, valves: Valves) -> None:
    valves.leaking.add("a")
    sim.run(15)
    assert sim.core.open_circuits


@trouble()
def breaker_open(sim: Simulation, valves: Valves) -> None:
    valves.raising.add("a")
    for number in range(3):
        valves.open_at["a"] = 10 + number
        sim.run(6)
    breaker = sim.supervisor(A).breaker
    assert breaker is not None
    assert breaker.open


@trouble()
def in_a_livelock(sim: Simulation, valves: Valves) -> None:
    valves.circling.add("a")
    valves.open_at["a"] = 0
    sim.run(20)
    assert sim.supervisor(A).unsettled


@trouble()
def silent(sim: Simulation, valves: Valves) -> None:
    valves.silent.add("a")
    sim.run(30)


@trouble()
def not_derived(sim: Simulation, valves: Valves) -> Callable[[], None]:
    sim.set_variable(A, "WORD", UNLUCKY)
    sim.run(5)
    assert sim[A].conditions
    return lambda: sim.unset_variable(A, "WORD")


@trouble()
def paused(sim: Simulation, valves: Valves) -> Callable[[], None]:
    sim.pause(A)
    sim.run(5)
    return lambda: sim.resume(A)


@trouble()
def paused_while_it_acts(sim: Simulation, valves: Valves) -> Callable[[], None]:
    action_running_now(sim, valves)
    sim.pause(A)
    sim.run(0.2)
    return lambda: sim.resume(A)


@trouble()
def paused_for_good(sim: Simulation, valves: Valves) -> None:
    sim.pause(A)
    sim.run(5)


@trouble()
def stopped_by_an_operator(sim: Simulation, valves: Valves) -> Callable[[], None]:
    sim.stop_path(A)
    sim.run(5)
    return lambda: sim.start_path(A)


@trouble()
def stopped_for_good(sim: Simulation, valves: Valves) -> None:
    sim.stop_path(A)
    sim.run(5)


@trouble()
def set_by_hand(sim: Simulation, valves: Valves) -> None:
    sim.set_variable(A, "WORD", 7)
    sim.run(5)


@trouble()
def stopping(sim: Simulation, valves: Valves) -> Callable[[], None]:
    valves.slow["a"] = 5.0
    sim.stop_path(A)
    sim.until(lambda s: s[A].state == "closing")
    return lambda: sim.start_path(A)


@trouble()
def restarting(sim: Simulation, valves: Valves) -> None:
    valves.stubborn.add("a")
    sim.restart(A)
    sim.run(1)


@trouble()
def restarted_a_moment_ago(sim: Simulation, valves: Valves) -> None:
    valves.slow["a"] = 3.0
    sim.restart(A)
    sim.until(lambda s: s[A].incarnation == 2)


@trouble()
def being_changed(sim: Simulation, valves: Valves) -> None:
    valves.slow["a"] = 3.0
    sim.declare(root(valve("a", pin=5)))
    sim.run(1)


@trouble()
def being_removed(sim: Simulation, valves: Valves) -> None:
    valves.slow["a"] = 3.0
    sim.declare(root())
    sim.run(1)


@trouble(restarts_at_once=1)
def waits_for_its_turn(sim: Simulation, valves: Valves) -> None:
    valves.slow["c"] = 9.0
    sim.declare(root(valve("a", pin=5), c=valve("c", pin=5)))
    sim.run(0.5)


@trouble()
def detecting_only(sim: Simulation, valves: Valves) -> None:
    valves.leaking.add("a")  # there is something to do, and it is not done
    sim.declare(root(valve("a", detect_only=True)))
    sim.run(15)
    assert detects(sim.supervisor(A))


@trouble()
def store_failing(sim: Simulation, valves: Valves) -> Callable[[], None]:
    store = sim.store
    assert store is not None
    store.fails = "the disk is full"
    leaks(valves)
    sim.run(5)
    assert valves.open_at["a"] == 1, "repairs wait for no store"
    return lambda: setattr(store, "fails", "")


@trouble()
def store_hanging(sim: Simulation, valves: Valves) -> Callable[[], None]:
    store = sim.store
    assert store is not None
    store.hangs = True
    sim.run(5)
    return lambda: setattr(store, "hangs", False)


def action_running_now(sim: Simulation, valves: Valves) -> None:
    valves.slow["a"] = 4.0
    leaks(valves)
    sim.until(lambda _: bool(valves.busy["a"]))


CHANGES: dict[str, tuple[ChildSpec | None, ...]] = {
    "nothing": (valve("a"),),
    "changed": (valve("a", pin=2),),
    "config": (valve("a", user={"WORD": 2}),),
    "removed": (None,),
    "renamed": (valve("z", unit="a"),),
    "renamed and changed": (valve("z", unit="a", pin=2),),
    "recreated": (None, valve("a")),
    "removed, and back with a change": (None, valve("a", pin=2)),
    "of another type": (valve("a", "lever"),),
    "of another type with a change": (valve("a", "lever", pin=2),),
    "to and fro": (valve("a", pin=2), valve("a")),
    "renamed to and fro": (valve("z", unit="a"), valve("a")),
    "disabled": (valve("a", enabled=False),),
    "disabled and changed": (valve("a", pin=2, enabled=False),),
    "off and on": (valve("a", enabled=False), valve("a")),
    "detect only": (valve("a", pin=2, detect_only=True),),
    "twice": (valve("a", pin=2), valve("a", pin=3)),
}
"""What `a` is declared as, one after the other at one moment."""


def root(*ours: ChildSpec | None, c: ChildSpec | None = None) -> ChildSpec:
    """The line with `a`, or what is in its place, between two neighbours."""
    found = [one for one in ours if one is not None]
    return line(*found, valve("b"), c or valve("c"))


def play(name: str, change: str) -> None:
    valves, found = Valves(), TROUBLES[name]
    # Only where the store is the trouble: what is decided without one is the same, and quicker.
    store = SimulatedStore() if name.startswith("store_") else None
    with simulate(valves, root(valve("a")), store, **found.settings) as sim:
        sim.run(20)
        assert {sim[path].state for path in (A, B)} == {"open"}
        found.begin(sim, valves)
        touched: Touched = {}
        for declared in CHANGES[change]:
            plan = compare(restored(sim), restored(sim), root(declared))
            then = {path: Then(s) for path, s in sim.core.by_path.items()}
            touched = touched_by(plan, sim.core)
            if declared is CHANGES[change][-1]:
                sim.reports.clear()
                ticks, begun = sim.supervisor(B).tick_count, len(valves.begun)
            sim.declare(root(declared))
            sim.run(0)
        reached: dict[str, float] = {}
        for _ in range(240):
            missing = not_converged(sim.core, sim.core.factory, touched, touched, reached)
            for path in touched.keys() - missing.keys():
                has_converged(sim, path, touched)
            sim.run(0.25)
        assert sim.supervisor(B).tick_count == ticks, "it was looked at, and nobody touched it"
        # The plan says "added" of one whose removal is under way, and that may be called off.
        removed = name == "being_removed" or CHANGES[change][0] is None
        if not removed and change != "renamed to and fro":
            compared(sim, plan, then)
        restarts = [text for text in sim.texts("stop") if any(why in text for why in OF_A_CHANGE)]
        assert len(restarts) <= 1, restarts
        found.end(sim, valves)
        sim.run(700)
        not_converged(sim.core, sim.core.factory, touched, touched, reached)
        sim.run(20)  # what is known of one from now on has to be observed once
        assert not_converged(sim.core, sim.core.factory, touched, touched, reached) == {}
        acts = [one for one in valves.begun[begun:] if one[0] == "a"]
        becomes(sim, valves, name, CHANGES[change][-1], len(acts))
        assert valves.at_once == []
        assert valves.torn == []


def has_converged(sim: Simulation, path: str, touched: Touched) -> None:
    """It is called converged: so it is."""
    s, before = sim.core.by_path.get(path), touched[path]
    if before.expected == "gone":
        assert s is None
        return
    assert s is not None
    if paused_by(s) or stopped_by(s) or detects(s) or not s.declared.enabled:
        return
    assert s.action is None
    assert s.stop is None
    assert not s.recreate_due
    if before.healthy or before.expected == "added":
        assert s.status.healthy
        assert s.observed_at is not None
        assert s.last_action is None or s.observed_at >= s.last_action.ended_at
        if s.declared.worker_type != "line":
            assert s.observed.open_at == s.declared.user_spec.pin


def becomes(sim: Simulation, valves: Valves, name: str, want: ChildSpec | None, acts: int) -> None:
    """It is what the last document asks for, or says why it is not."""
    if want is None:
        assert A not in sim
        if name == "detecting_only":  # a stop acts, too
            assert (acts, valves.open_at["a"]) == (0, 1)
            return
        # Of an action that hears of no cancel the end comes when it comes.
        assert valves.open_at["a"] == 0 or sim.texts("forced", A) or name == "action_deaf"
        return
    path = f"line/{want.name}"
    s, of_a = sim.supervisor(path), path == A
    if name == "paused_for_good" and of_a:
        assert paused_by(s)
        assert s.state != "open" or want.enabled
        assert s.declared == want or s.recreate_due
    elif (name == "stopped_for_good" and of_a) or not want.enabled:
        assert (s.declared, s.state, valves.open_at["a"]) == (want, "stopped", 0)
    elif want.detect_only:
        assert s.declared == want
        assert acts == 0
    else:
        assert s.status.healthy, s.status.reason
        assert isinstance(want.user_spec, ValveSpec)
        wanted = (want, "open", want.user_spec.pin)
        assert (s.declared, s.state, valves.open_at["a"]) == wanted
    assert (A in sim) is (path == A)
    assert (Z in sim) is (path == Z)


PAIRS = [(name, change) for name in TROUBLES for change in CHANGES]
QUICK = [
    (name, change)
    for at, name in enumerate(TROUBLES)
    for number, change in enumerate(CHANGES)
    if (at + number) % 8 == 0
]
"""Each trouble with two or three changes, and each change with three troubles."""


@pytest.mark.parametrize(("name", "change"), QUICK)
@pytest.mark.thorough
def test_whatever_befalls_a_worker_it_becomes_what_is_asked_of_it(name: str, change: str) -> None:
    play(name, change)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "change"), sorted({*PAIRS} - {*QUICK}))
def test_each_trouble_with_each_change(name: str, change: str) -> None:
    play(name, change)
