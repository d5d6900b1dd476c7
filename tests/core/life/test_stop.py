"""The last look at a worker that stopped."""

from __future__ import annotations

import pytest
from lamp_tree import DeviceObserved, World, device, factory_for, group, simulate, states

from fsmv2 import ChildSpec, ObservedState
from fsmv2.core import ForceAsked, RestartAsked
from fsmv2.testing import ByHand


def test_a_last_look_that_comes_at_the_moment_it_is_given_up_counts() -> None:
    """Found by a simulation: the worker was released with an action begun in the same tick."""
    tree = ByHand(device("d"), factory_for(World()))
    tree.tick()
    tree.observe("d", DeviceObserved(lit=True))
    tree.tick()
    assert tree["d"].state == "running"
    tree.core.handle(RestartAsked("d"), tree.now)
    tree.tick()
    tree.end("d")
    tree.observe("d", DeviceObserved(lit=False))
    tree.tick()
    assert (tree["d"].state, "final" in tree["d"].timers) == ("stopped", True)
    tree.now += 10.0  # as after a stall: the look and the end of its time in one moment
    tree.observe("d", DeviceObserved(lit=True))
    tree.advance(0.0)
    tree.tick()
    assert (tree["d"].incarnation, tree["d"].state) == (1, "stopping")
    assert tree.asked("d") == "switch_off"


def test_a_worker_that_sees_more_after_its_last_look_goes_on_stopping() -> None:
    """Found by a simulation: somebody switches it on while it waits for its siblings to stop."""
    tree = ByHand(group("g", device("a"), device("b")), factory_for(World()))
    tree.tick()
    for path, lit in (("g", None), ("g/a", True), ("g/b", True)):
        tree.observe(path, ObservedState() if lit is None else DeviceObserved(lit=lit))
    tree.tick()
    tree.stop()
    tree.tick()
    tree.end("g/a")
    tree.observe("g/a", DeviceObserved(lit=False))
    tree.tick()
    tree.observe("g/a", DeviceObserved(lit=False))
    tree.tick()
    assert tree["g/a"].drained
    tree.observe("g/a", DeviceObserved(lit=True))
    tree.tick()
    assert (tree["g/a"].state, tree["g/a"].drained) == ("stopping", False)
    tree.end("g/b")
    tree.observe("g/b", DeviceObserved(lit=False))
    tree.tick()
    tree.observe("g/b", DeviceObserved(lit=False))
    tree.tick()
    assert (tree["g/b"].drained, tree["g"].drained) == (True, False)
    tree.end("g/a")
    for _ in range(2):
        tree.observe("g/a", DeviceObserved(lit=False))
        tree.tick()
    assert tree["g"].state == "stopped"
    tree.observe("g", ObservedState())
    tree.tick()
    assert "g" not in tree


def test_who_waits_for_a_dependent_to_stop_is_woken_when_that_goes_on_instead() -> None:
    """Found by a simulation: it waited for the slow round, for what nobody asked any more."""
    mapping = {"maintenance": "stopped"}

    def root(wish: str) -> ChildSpec:
        flow = device("flow", depends_on=("g/broker",), state_mapping=mapping)
        return group("g", device("broker"), flow, wish=wish)

    tree = ByHand(root("running"), factory_for(World()))
    tree.tick()
    tree.observe("g", ObservedState())
    for path in ("g/broker", "g/flow"):
        tree.observe(path, DeviceObserved(lit=True))
    tree.tick()
    tree.declare(root("maintenance"))
    tree.tick()
    assert tree.asked("g/flow") == "switch_off"
    tree.core.handle(RestartAsked("g/broker"), tree.now)
    tree.tick()
    assert tree["g/broker"].reason == "stops after g/flow, which is stopping"
    tree.declare(root("running"))
    tree.tick()
    assert (tree["g/flow"].state, tree["g/flow"].control) == ("stopping", "running")
    assert tree.asked("g/broker") == "switch_off"


def test_a_parent_stops_after_what_is_below_a_child_that_had_stopped_before() -> None:
    """Found by comparing with the naive model: it looked at its children, and no deeper."""
    tree = ByHand(group("g", group("idle", device("d"), wish="stopped")), factory_for(World()))
    tree.tick()
    tree.observe("g", ObservedState())
    tree.observe("g/idle", ObservedState())
    tree.observe("g/idle/d", DeviceObserved(lit=True))
    tree.tick()
    assert [tree[p].state for p in ("g", "g/idle", "g/idle/d")] == ["running", "stopped", "running"]
    tree.stop()
    tree.tick()
    assert (tree["g"].state, tree["g"].reason) == (
        "stopping",
        "stops after g/idle/d, which is stopping",
    )
    tree.end("g/idle/d")
    tree.observe("g/idle/d", DeviceObserved(lit=False))
    tree.tick()
    assert tree["g"].state == "stopped"


@pytest.mark.parametrize("ends", ["restarted", "forced", "removed"])
def test_who_waits_for_one_far_below_is_woken_however_that_ends(ends: str) -> None:
    """Found by a simulation: between the two stood one that had stopped already."""

    def root(wish: str, *below: ChildSpec) -> ChildSpec:
        return group("r", group("g", group("idle", *below, wish="stopped"), wish=wish))

    tree = ByHand(root("running", device("d")), factory_for(World()))
    tree.tick()
    for path in ("r", "r/g", "r/g/idle"):
        tree.observe(path, ObservedState())
    tree.observe("r/g/idle/d", DeviceObserved(lit=True))
    tree.tick()
    below = () if ends == "removed" else (device("d"),)
    if ends == "removed":
        tree.declare(root("running"))
    else:
        tree.core.handle(RestartAsked("r/g/idle/d"), tree.now)
    tree.tick()
    tree.declare(root("stopped", *below))
    tree.tick()
    assert tree["r/g"].reason == "stops after r/g/idle/d, which is stopping"
    if ends == "forced":
        tree.advance(tree.core.settings.stop_deadline)
    else:
        tree.end("r/g/idle/d")
        for _ in range(2):
            tree.observe("r/g/idle/d", DeviceObserved(lit=False))
            tree.tick()
    tree.tick()
    assert (tree["r/g"].state, "r/g/idle/d" in tree) == ("stopped", ends != "removed")


@pytest.fixture
def world() -> World:
    return World()


def test_a_disabled_parent_stops_its_children_first_and_they_come_back_with_it(
    world: World,
) -> None:
    inner = group("sub", device("a"))
    with simulate(world, group("g", inner)) as sim:
        sim.run(5)
        sim.declare(group("g", group("sub", device("a"), enabled=False)))
        sim.run(5)
        stops = [r.path for r in sim.reports if "→ stopped" in r.text]
        assert stops == ["g/sub/a", "g/sub"]
        assert sim["g/sub/a"].control_reason == "g/sub is disabled"
        sim.declare(group("g", inner))
        sim.run(5)
        assert states(sim) == {"g": "running", "g/sub": "running", "g/sub/a": "running"}
        assert sim["g/sub/a"].incarnation == 1


def test_a_last_observation_that_does_not_come_is_not_waited_for_for_ever(world: World) -> None:
    with simulate(world, device("d", wish="stopped")) as sim:
        sim.run(1)
        world.silent.add("d")
        sim.ask_stop()
        sim.until(lambda sim: "d" not in sim, within=2.5)


def test_asking_twice_for_a_stop_does_not_give_more_time(world: World) -> None:
    world.stubborn.add("d")
    with simulate(world, device("d")) as sim:
        sim.run(5)
        sim.ask_stop(deadline=10)
        sim.run(9)
        sim.ask_stop()
        sim.until(lambda sim: sim.core.finished, within=1.1)


def test_force_waits_for_nothing(world: World) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        sim.ask_stop()
        sim.run(1)
        sim.post(ForceAsked("test"))
        sim.run(0)
        assert sim.core.finished
        assert "g/a" in sim.texts("forced")[0]
