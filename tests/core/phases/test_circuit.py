"""The circuit of a parent: whom it withholds, and what is left when it closes."""

from __future__ import annotations

from typing import Any

import pytest
from job_tree import Job, Jobs, Team, TeamSpec, job
from lamp_tree import (
    DeviceObserved,
    Group,
    World,
    condition,
    device,
    factory_for,
    group,
    light,
)
from lamp_tree import simulate as simulate_tree

from fsmv2 import (
    CheckView,
    ChildSpec,
    EngineSettings,
    ObservedState,
    WorkerFactory,
    check,
    fault,
    healthy,
    unknown,
)
from fsmv2.core import Cause, Observed
from fsmv2.testing import ByHand, Simulation


class Watched(Group):
    """Its check says what the world says, having read what the world says."""

    @check(interval=2.0)
    def inside(self, view: CheckView) -> Any:
        for name in self.world.broken.get("reads", "a b c").split():
            if view.child(name) is None:
                return unknown(f"{name} is not there")
        answer: Any = self.world.broken.get("answer")
        if answer == "dependencies":
            dark = [p for p in view.dependencies if not view.dependency(p).observed.lit]  # type: ignore[union-attr]
            return fault("a", f"dark: {dark}") if dark else healthy()
        return answer or healthy()

    @check(interval=2.0)
    def beside(self, view: CheckView) -> Any:
        for name in self.world.broken.get("reads", "a b c").split():
            view.child(name)
        return self.world.broken.get("second") or healthy()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def simulate(world: World, *names: str, base: float = 1.0, **more: Any) -> Simulation:
    factory = factory_for(world)
    factory.register(Watched, make=lambda: Watched(world))
    root = group("g", *[device(name) for name in names or "abc"], kind="watched", **more)
    return Simulation(root, factory, settings=EngineSettings(backoff_base=base, resync=5.0))


def withheld(sim: Simulation) -> set[str]:
    return set(sim.supervisor("g").withheld or ())


def opened(sim: Simulation) -> bool:
    return sim.core.open_circuits == 1


def closed(sim: Simulation) -> bool:
    return sim.core.open_circuits == 0


def test_only_those_a_fault_affects_are_withheld(world: World) -> None:
    with simulate(world) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current", affected=["b"])
        sim.until(opened, within=60)
        assert withheld(sim) == {"b"}
        world.lit["g/b"] = world.lit["g/c"] = False
        sim.run(12)
        assert (sim["g/b"].reason, world.lit["g/b"]) == ("the circuit of g is open", False)
        assert world.lit["g/c"]


def test_whom_it_does_not_affect_is_not_looked_at(world: World) -> None:
    with simulate(world) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current", affected=["b"])
        sim.until(opened, within=60)
        del world.broken["answer"]
        sim.until(closed, within=60)
        causes = {name: str([r.causes for r in sim.records(f"g/{name}")]) for name in "bc"}
        assert "circuit" in causes["b"]
        assert "circuit" not in causes["c"]


def test_a_fault_affects_all_but_the_one_at_fault_unless_it_says_whom(world: World) -> None:
    with simulate(world) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current")
        sim.until(opened, within=60)
        assert withheld(sim) == {"b", "c"}


def test_a_fault_that_affects_others_than_before_lets_the_former_go_on_at_once(
    world: World,
) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current", affected=["b"])
        sim.until(opened, within=60)
        world.lit["g/b"] = False
        sim.until(lambda sim: sim["g/b"].reason == "the circuit of g is open", within=10)
        world.broken["answer"] = fault("a", "no water", affected=["c"])
        sim.until(lambda sim: withheld(sim) == {"c"}, within=60, step=0.01)
        sim.run(0.1)
        assert world.lit["g/b"]
        assert condition(sim, "g", "CircuitClosed") == "a: no water"
        assert sim.texts("circuit") == ["circuit opened"]


def test_an_open_circuit_that_stays_as_it_is_touches_nobody(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current")
        sim.until(opened, within=60)
        sim.run(1)
        seen = [c for name in "bc" for r in sim.records(f"g/{name}") for c in r.causes]
        assert [c.kind for c in seen].count("circuit") == 2
        sim.run(30)
        seen = [c for name in "bc" for r in sim.records(f"g/{name}") for c in r.causes]
        assert [c.kind for c in seen].count("circuit") == 2


def test_the_answer_of_each_check_is_shown_also_unknown(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        assert sim["g"].checks["inside"] == "healthy"
        world.broken["answer"] = fault("a", "no current")
        sim.until(lambda sim: sim["g"].checks["inside"] != "healthy", within=20, step=0.01)
        assert sim["g"].checks["inside"] == "a is at fault, to be confirmed: no current"
        sim.until(opened, within=60)
        assert sim["g"].checks["inside"] == "a is at fault: no current"
        world.broken["answer"] = unknown("the meter is away")
        sim.run(6)
        shown = "a is at fault: no current; unknown now: the meter is away"
        assert sim["g"].checks["inside"] == shown
        del world.broken["answer"]
        sim.until(closed, within=60)
        assert sim["g"].checks["inside"] == "healthy"
        assert sim["g/b"].checks == {}


def test_two_faults_are_both_reported_and_close_one_after_the_other(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current", affected=["c"])
        world.broken["second"] = fault("b", "no water", affected=["a"])
        sim.until(opened, within=60)
        sim.run(6)
        assert condition(sim, "g", "CircuitClosed") == "a: no current; b: no water"
        assert withheld(sim) == {"c"}  # not a: it is at fault itself
        del world.broken["answer"]
        sim.until(lambda sim: withheld(sim) == {"a"}, within=60)
        assert condition(sim, "g", "CircuitClosed") == "b: no water"
        del world.broken["second"]
        sim.until(closed, within=60)
        assert sim.supervisor("g").withheld is None


def test_a_repair_that_waits_is_called_off_when_the_circuit_closes(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("b", "no current")
        sim.until(opened, within=60)
        assert "repair" in sim.supervisor("g/b").timers
        world.broken.clear()
        sim.until(closed, within=20)
        sim.run(120)
        assert sim["g/b"].incarnation == 1


def test_h49_one_that_was_healthy_all_the_while_is_forgiven_five_minutes_after(
    world: World,
) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("b", "no current")
        sim.until(opened, within=60)
        world.broken.clear()
        sim.until(closed, within=20, step=0.1)
        at = sim.now
        assert sim["g/b"].attempts == 1
        assert sim.supervisor("g/b").timers["settle"] == pytest.approx(at + 300, abs=0.2)
        assert "settle" not in sim.supervisor("g/a").timers
        sim.run(299)
        assert sim["g/b"].attempts == 1
        sim.run(2)
        assert sim["g/b"].attempts == 0


def test_h49_one_that_had_come_back_before_is_forgiven_from_then_on(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("b", "no current")
        sim.until(lambda sim: sim["g/b"].incarnation == 2, within=100)
        sim.until(lambda sim: sim["g/b"].state == "running", within=10)
        sim.run(0.1)
        due = sim.supervisor("g/b").timers["settle"]
        world.broken.clear()
        sim.until(closed, within=20)
        assert sim.supervisor("g/b").timers["settle"] == due


def test_a_fault_is_confirmed_by_the_same_child_only(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        for name in "abababab":
            world.broken["answer"] = fault(name, "no current")
            _look(sim)
            sim.run(1.5)
        assert sim.texts("circuit") == []


@pytest.mark.parametrize("began", [0.0, 0.1, 0.3, 0.7, 0.9, 1.1])
def test_a_fault_is_confirmed_as_soon_as_its_interval_is_over(world: World, began: float) -> None:
    """To the moment, also where adding up times is off by a rounding error."""
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        sim.run(began)
        world.broken["answer"] = fault("a", "no current")
        _look(sim)
        for _ in range(19):
            sim.run(0.1)
            _look(sim)
            assert closed(sim)
        sim.run(0.11)
        assert opened(sim)


def _look(sim: Simulation) -> None:
    """Have the parent ticked now."""
    sim.core.mark(sim.supervisor("g"), Cause("test"))
    sim.post(Observed("g/a", 1, sim.now, DeviceObserved(lit=True)))
    sim.run(0)


def test_a_fault_is_asked_for_again_when_its_interval_is_over_and_not_before(world: World) -> None:
    factory = factory_for(world)
    factory.register(Watched, make=lambda: Watched(world))
    tree = ByHand(group("g", device("a"), kind="watched"), factory)
    tree.tick()
    tree.observe("g", ObservedState())
    light(tree, "g/a")
    world.broken.update(reads="a", answer=fault("a", "not connected"))
    tree.advance(7.0)
    tree.observe("g/a", DeviceObserved(lit=True, noise=1))
    tree.core.mark(tree["g"], Cause("test"))
    tree.tick()
    assert tree["g"].timers["check"] == 7.0 + 2.0


def test_a_check_reads_the_workers_it_depends_on(world: World) -> None:
    factory = factory_for(world)
    factory.register(Watched, make=lambda: Watched(world))
    children = [device(name) for name in "abc"]
    watched = group("w", *children, kind="watched", depends_on=("g/lamp", "g/gone"))
    root = group("g", device("lamp"), watched)
    world.broken["answer"] = "dependencies"
    with Simulation(root, factory, settings=EngineSettings(resync=5.0)) as sim:
        sim.run(10)
        assert sim.texts("circuit") == []
        world.act["g/lamp"] = OSError("no current")
        world.lit["g/lamp"] = False
        sim.until(opened, within=60)
        assert condition(sim, "g/w", "CircuitClosed") == "a: dark: ['g/lamp']"


def test_a_dependency_at_fault_keeps_the_circuit_open_until_the_check_says_healthy(
    world: World,
) -> None:
    factory = factory_for(world)
    factory.register(Watched, make=lambda: Watched(world))
    watched = group("w", *[device(n) for n in "abc"], kind="watched", depends_on=("g/lamp",))
    root = group("g", device("lamp"), watched)
    with Simulation(root, factory, settings=EngineSettings(resync=5.0)) as sim:
        sim.run(10)
        world.broken["answer"] = fault("g/lamp", "no current")
        sim.until(opened, within=60)
        world.broken["answer"] = unknown("it is being replaced")
        sim.run(60)
        assert opened(sim)
        assert sim["g/lamp"].incarnation == 1
        world.broken["answer"] = healthy()
        sim.until(closed, within=20)
        world.broken["answer"] = fault("g/lamp", "no current")
        sim.until(opened, within=60)
        world.broken["answer"] = unknown("it is not there")
        sim.declare(group("g", watched))
        sim.until(closed, within=20)


def test_a_check_sees_when_a_worker_was_observed_and_nothing_before_that(world: World) -> None:
    seen: list[Any] = []

    class Looking(Group):
        @check(interval=2.0)
        def inside(self, view: CheckView) -> Any:
            a = view.child("a")
            if a is not None:
                seen.append((a.observed_at, a.observed, a.status.state))
            return healthy()

    factory = factory_for(world)
    factory.register(Looking, make=lambda: Looking(world))
    with Simulation(group("g", device("a"), kind="looking"), factory) as sim:
        sim.run(1)
        at = sim.supervisor("g/a").observed_at
        assert at is not None
        assert seen[0] == (None, None, "stopped")
        assert seen[-1] == (at, DeviceObserved(lit=True), "running")


@pytest.mark.parametrize("reads", ["a b c", "a b"])
def test_a_check_is_unknown_while_one_it_read_was_not_seen_since_its_last_action(
    world: World, reads: str
) -> None:
    """What it did not read does not matter."""
    world.broken["reads"] = reads
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.silent.add("g/c")
        sim.restart("g/c")
        sim.run(20)
        world.broken["answer"] = fault("a", "no current")
        sim.run(20)
        assert opened(sim) is (reads == "a b")


def test_an_attempt_that_waits_is_planned_once(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current")
        sim.until(opened, within=60)
        due = sim.supervisor("g/a").timers["repair"]
        sim.run(due - sim.now - 0.1)
        assert sim.supervisor("g/a").timers["repair"] == due
        assert len(sim.texts("repair", "g/a")) == 1
        assert sim["g/a"].attempts == 1


def test_no_attempt_is_planned_for_one_that_is_being_stopped(world: World) -> None:
    with simulate(world) as sim:
        sim.run(10)
        world.stubborn.add("g/a")
        world.broken["answer"] = fault("a", "no current")
        sim.until(lambda sim: sim.supervisor("g/a").stop is not None, within=60)
        sim.run(15)
        assert len(sim.texts("repair", "g/a")) == 1
        assert (sim["g/a"].incarnation, sim["g/a"].attempts) == (1, 1)


@pytest.mark.parametrize("how", ["detect only", "paused"])
def test_one_at_fault_that_is_not_to_be_touched_is_not(world: World, how: str) -> None:
    factory = factory_for(world)
    factory.register(Watched, make=lambda: Watched(world))
    a = device("a", detect_only=how == "detect only")
    world.lit["g/a"] = True
    root = group("g", a, device("b"), device("c"), kind="watched")
    with Simulation(root, factory, settings=EngineSettings(resync=5.0)) as sim:
        sim.run(10)
        if how == "paused":
            sim.pause("g/a")
        world.broken["answer"] = fault("a", "no current")
        sim.run(60)
        assert opened(sim)
        assert sim.texts("repair") == []
        assert (sim["g/a"].incarnation, sim["g/a"].attempts) == (1, 0)


def test_a_pause_holds_up_a_repair_that_waits(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current")
        sim.until(opened, within=60)
        sim.pause("g/a")
        sim.run(200)
        assert sim["g/a"].incarnation == 1
        sim.resume("g/a")
        sim.until(lambda sim: sim["g/a"].incarnation == 2, within=100)


@pytest.mark.parametrize("restart", ["temporary", "transient"])
def test_a_temporary_child_at_fault_is_ended_for_good(world: World, restart: Any) -> None:
    factory = factory_for(world)
    factory.register(Watched, make=lambda: Watched(world))
    root = group("g", device("a", restart=restart), device("b"), device("c"), kind="watched")
    with Simulation(root, factory, settings=EngineSettings(resync=5.0)) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current")
        sim.run(300)
        ends = [(r.level, r.text) for r in sim.reports if r.kind == "ended"]
        if restart == "temporary":
            text = "restarted after its backoff; temporary, so it is not restarted"
            assert ends == [("warning", text)]
            assert (sim["g/a"].state, sim["g/a"].incarnation) == ("stopped", 1)
            assert len(sim.texts("repair", "g/a")) == 1  # it is not tried any more
            assert sim.texts("escalation") == []
        else:
            assert ends == []
            assert sim["g/a"].incarnation > 1


def test_every_action_that_an_opening_circuit_meets_is_counted(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        for path in ("g/b", "g/c"):
            world.lit[path], world.slow[path] = False, 9.0
        world.broken["reads"] = "a"
        sim.until(lambda sim: sim["g/b"].action == sim["g/c"].action == "switch_on")
        world.broken["answer"] = fault("a", "no current", affected=["b"])
        _look(sim)
        sim.until(opened, within=3)
        assert sim.core.counters.actions_at_opening == 1
        world.broken["answer"] = fault("a", "no current", affected=["b", "c"])
        _look(sim)
        assert withheld(sim) == {"b", "c"}
        assert sim.core.counters.actions_at_opening == 2


def test_a_repair_that_waits_when_its_child_ends_by_itself_is_none(jobs: Jobs) -> None:
    """It has finished meanwhile, and that is its end."""

    class Suspicious(Team):
        update_policy = "in_place"

        @check(interval=1.0)
        def inside(self, view: CheckView) -> Any:
            return healthy() if view.child("a") is None else fault("a", "it works too hard")

    factory = WorkerFactory()
    factory.register(Job, make=lambda: Job(jobs))
    factory.register(Suspicious)
    spec = TeamSpec(children=(job("a", "transient"), job("b")))
    settings = EngineSettings(resync=5.0, backoff_base=60.0)
    with Simulation(ChildSpec("t", "suspicious", spec), factory, settings=settings) as sim:
        sim.until(lambda sim: "t/a" in sim and "repair" in sim.supervisor("t/a").timers)
        due = sim.supervisor("t/a").timers["repair"]
        jobs.end("t/a", "well")
        sim.run(due - sim.now + 5)
        assert (sim["t/a"].state, sim["t/a"].incarnation) == ("stopped", 1)
        assert sim.texts("stop", "t/a") == []


def test_every_open_circuit_is_counted(world: World) -> None:
    factory = factory_for(world)
    inner = [group(name, device("a"), device("b"), kind="guarded") for name in "pq"]
    settings = EngineSettings(resync=5.0, backoff_base=60.0)
    with Simulation(group("g", *inner), factory, settings=settings) as sim:
        sim.run(10)
        world.broken["inside"] = "a"
        sim.run(20)
        assert sim.core.open_circuits == 2
        world.broken.clear()
        sim.run(20)
        assert sim.core.open_circuits == 0


def test_a_check_is_unknown_while_one_it_read_is_stale(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.silent.add("g/c")
        sim.until(lambda sim: not sim["g/c"].fresh, within=20)
        world.broken["answer"] = fault("a", "no current")
        sim.run(8)
        assert closed(sim)
        world.broken["reads"] = "a b"
        sim.until(opened, within=8)


def test_a_check_is_unknown_until_an_action_is_followed_by_a_look(world: World) -> None:
    """What was seen before it, however fresh, says nothing of what it did."""
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.lit["g/c"], world.slow["g/c"] = False, 3.0
        sim.until(lambda sim: sim["g/c"].action == "switch_on")
        world.silent.add("g/c")
        sim.until(lambda sim: sim["g/c"].action == "")
        world.broken["answer"] = fault("a", "no current")
        sim.run(5)
        assert sim["g/c"].fresh
        assert closed(sim)
        world.broken["reads"] = "a b"
        sim.until(opened, within=8)


def test_a_fault_after_one_whose_child_was_removed_is_confirmed_again(world: World) -> None:
    with simulate(world, base=60.0) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "no current")
        sim.until(opened, within=60)
        sim.declare(group("g", device("b"), device("c"), kind="watched"))
        sim.until(closed, within=20)
        world.broken["reads"], world.broken["answer"] = "b", fault("b", "no water")
        for _ in range(2):
            sim.core.mark(sim.supervisor("g"), Cause("test"))
            sim.post(Observed("g/b", 1, sim.now, DeviceObserved(lit=True)))
            sim.run(0.1)
        assert closed(sim)
        sim.until(opened, within=3)


def test_a_fault_with_an_unknown_in_between_is_not_confirmed(world: World) -> None:
    """Twice in a row: what was seen before a device went away says nothing of when it is back."""
    with simulate(world) as sim:
        sim.run(10)
        world.broken["answer"] = fault("a", "not connected")
        world.noise += 1
        sim.until(lambda sim: "to be confirmed" in sim["g"].checks["inside"], within=60)
        world.broken["answer"] = unknown("the device is away")
        sim.run(60)
        assert sim["g"].checks["inside"] == "unknown: the device is away"
        world.broken["answer"] = fault("a", "not connected")
        sim.until(lambda sim: "at fault" in sim["g"].checks["inside"], within=60)
        assert "to be confirmed" in sim["g"].checks["inside"]
        sim.run(0.5)
        world.broken["answer"] = healthy()
        sim.run(20)
        assert closed(sim)
        assert sim["g/a"].incarnation == 1


def test_a_check_that_cannot_tell_yet_is_asked_again_when_it_says(world: World) -> None:
    """Although nothing changes meanwhile; the resync would come much later."""
    with simulate(world) as sim:
        sim.run(10)
        asked = sim.supervisor("g").tick_count
        world.broken["answer"] = unknown("too early", again_in=1.0)
        sim.until(lambda sim: "too early" in sim["g"].checks["inside"], within=60)
        asked = sim.supervisor("g").tick_count
        sim.run(4.5)
        assert sim.supervisor("g").tick_count >= asked + 4


class Hasty(Group):
    """Its first check wants to be asked again soon, the second later."""

    @check(interval=2.0)
    def first(self, view: CheckView) -> Any:
        return unknown("too early", again_in=1.0)

    @check(interval=2.0)
    def second(self, view: CheckView) -> Any:
        return unknown("much too early", again_in=30.0)


def test_of_two_checks_that_cannot_tell_yet_the_one_that_is_due_first_counts(world: World) -> None:
    factory = factory_for(world)
    factory.register(Hasty, make=lambda: Hasty(world))
    with Simulation(group("g", kind="hasty"), factory) as sim:
        sim.run(10)
        asked = sim.supervisor("g").tick_count
        sim.run(4.5)
        assert sim.supervisor("g").tick_count >= asked + 4


def _lit(view: CheckView, name: str) -> Any:
    child = view.child(name)
    if child is None or child.observed is None:
        return unknown(f"{name} was not seen")
    return healthy() if child.observed.lit else fault(name, f"{name} is dark")


class Pair(Group):
    @check(interval=2.0)
    def first(self, view: CheckView) -> Any:
        return _lit(view, "a")

    @check(interval=2.0)
    def second(self, view: CheckView) -> Any:
        return _lit(view, "b")


def test_two_at_fault_do_not_withhold_each_other() -> None:
    """Found by a simulation: neither might start, so neither check could ever be healthy."""
    world = World()
    world.act = dict.fromkeys(("g/a", "g/b"), OSError("no current"))
    factory = factory_for(world)
    factory.register(Pair, make=lambda: Pair(world))
    root = group("g", device("a"), device("b"), device("c"), kind="pair")
    with Simulation(root, factory) as sim:
        sim.until(lambda sim: sim.core.open_circuits == 1, within=60)
        sim.until(lambda sim: sim.supervisor("g").withheld == {"c"}, within=60)
        world.act.clear()
        sim.until(lambda sim: sim.core.open_circuits == 0, within=200, step=0.5)
        sim.until(lambda sim: all(n.state == "running" for n in sim.view().nodes), within=60)


def test_a_circuit_whose_child_at_fault_is_removed_closes(world: World) -> None:
    with simulate_tree(world, group("g", device("a"), device("b"), kind="guarded")) as sim:
        sim.run(6)
        world.broken["inside"] = "a"
        sim.until(lambda sim: sim.core.open_circuits == 1, within=130, step=0.5)
        sim.declare(group("g", device("b"), kind="guarded"))
        sim.until(lambda sim: sim.core.open_circuits == 0, within=70, step=0.5)
        assert condition(sim, "g", "CircuitClosed") == ""


def test_a_tree_removed_with_an_open_circuit_leaves_none_behind(world: World) -> None:
    inner = group("h", device("a"), device("b"), kind="guarded")
    with simulate_tree(world, group("g", inner)) as sim:
        sim.run(6)
        world.broken["inside"] = "a"
        sim.until(lambda sim: sim.core.open_circuits == 1, within=130, step=0.5)
        sim.declare(group("g"))
        sim.until(lambda sim: "g/h" not in sim)
        assert sim.core.open_circuits == 0


def test_a_check_that_raises_or_answers_nonsense_is_contained_and_named(world: World) -> None:
    with simulate_tree(world, group("g", device("a"), device("b"), kind="guarded")) as sim:
        sim.run(6)
        world.broken["inside"] = ["nonsense"]
        world.lit["g/a"] = False
        sim.run(6)
        assert any("check inside" in t and "returned list" in t for t in sim.texts("error", "g"))
        world.broken["inside"] = OSError("oops")
        world.lit["g/a"] = False
        sim.run(6)
        assert any("check inside raised OSError: oops" in t for t in sim.texts("error", "g"))
        assert sim["g/a"].state == "running"


def test_an_opening_circuit_lets_a_running_action_end_and_measures_it(world: World) -> None:
    """It is not cancelled, but counted, and the time after the opening is told."""
    with simulate_tree(world, group("g", device("a"), device("b"), kind="guarded")) as sim:
        sim.run(6)
        world.broken["inside"] = "a"
        world.lit["g/b"] = False
        world.slow["g/b"] = 8.0
        sim.until(lambda sim: sim["g/b"].action == "switch_on")
        sim.until(lambda sim: condition(sim, "g", "CircuitClosed") != "")
        assert sim.core.counters.actions_at_opening == 1
        assert sim["g/b"].action == "switch_on"
        sim.until(lambda sim: sim["g/b"].action == "")
        assert world.lit["g/b"]
        (ended,) = [t for t in sim.texts("action", "g/b") if "after the circuit opened" in t]
        assert ended.startswith("switch_on succeeded (")
        assert 1.0 < sim.core.counters.seconds_after_opening < 8.0
