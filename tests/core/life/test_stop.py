"""A stop: asked, passed down and called off, the last look, and who is late."""

from __future__ import annotations

import pytest
from lamp_tree import (
    Device,
    DeviceObserved,
    World,
    by_hand,
    device,
    factory_for,
    group,
    light,
    simulate,
    states,
)

from fsmv2 import ChildSpec, ObservedState, goto, stay
from fsmv2.core import Cause, ForceRequested, Report, RestartRequested
from fsmv2.core.life.stop import ASKED_AT_ONCE, MORE, pass_stop_down, remove, request_stop, restart
from fsmv2.core.state.parts import Breaker, StopRequest
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.testing import ByHand


@pytest.mark.parametrize("stall", [10.0, 0.0], ids=["begun at its end", "begun at once"])
def test_a_last_look_that_is_known_when_it_is_given_up_counts(stall: float) -> None:
    """After a stall, say, both are due in one moment.

    Found by a simulation: the worker was released with an action begun in the same tick.
    """
    tree = ByHand(device("d"), factory_for(World()))
    tree.tick()
    tree.observe("d", DeviceObserved(lit=True))
    tree.tick()
    assert tree["d"].state == "running"
    tree.core.handle(RestartRequested("d"), tree.now)
    tree.tick()
    tree.end("d")
    tree.observe("d", DeviceObserved(lit=False))
    tree.tick()
    assert (tree["d"].state, "final" in tree["d"].timers) == ("stopped", True)
    tree.now += stall
    tree.observe("d", DeviceObserved(lit=True))
    tree.advance(10.0 - stall)
    tree.tick()
    assert (tree["d"].incarnation, tree["d"].state) == (1, "stopping")
    assert tree.asked("d") == "switch_off"
    assert tree["d"].breaker is None, "an exception was caught"


@pytest.mark.parametrize("stall", [10.0, 0.0], ids=["begun at its end", "begun at once"])
def test_a_parent_without_a_last_look_waits_for_what_a_child_made_of_its_own(stall: float) -> None:
    """Parents are ticked first: it would release the child before that has looked."""
    tree = by_hand(group("g", device("d")))
    tree.tick()
    tree.observe("g", ObservedState())
    light(tree, "g/d")
    tree.stop()
    tree.tick()
    tree.end("g/d")
    tree.observe("g/d", DeviceObserved(lit=False))
    tree.advance(1.0)
    tree.tick()
    assert (tree["g/d"].state, tree["g/d"].final_after) == ("stopped", 1.0)
    tree["g"].watched_at = None
    tree.now += stall
    tree.observe("g/d", DeviceObserved(lit=True))
    tree.advance(10.0 - stall)
    tree.tick()
    assert tree["g/d"].state == "stopping"
    assert tree.asked("g/d") == "switch_off"


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


def test_a_last_look_that_makes_it_go_on_was_not_the_last() -> None:
    tree = by_hand(device("d"))
    light(tree, "d")
    tree.stop()
    tree.tick()
    for began, lit, state in ((1.0, False, "stopped"), (2.0, True, "stopping")):
        if tree["d"].action is not None:
            tree.end("d")
        tree.observe("d", DeviceObserved(lit=lit))
        tree.advance(1.0)
        tree.tick()
        assert (tree["d"].state, tree.now) == (state, began)
    assert (tree["d"].final_after, "final" in tree["d"].timers) == (None, False)
    tree.end("d")
    tree.observe("d", DeviceObserved(lit=False))
    tree.advance(1.0)
    tree.tick()
    assert (tree["d"].state, tree["d"].final_after) == ("stopped", 3.0)
    tree.observe("d", DeviceObserved(lit=False))
    tree.tick()
    assert "d" not in tree


def test_one_that_leaves_its_stop_state_again_is_not_done_although_it_does_nothing_yet() -> None:
    world = World()
    tree = by_hand(group("g", device("a"), device("b")), world)
    tree.tick()
    tree.observe("g", ObservedState())
    light(tree, "g/b")
    tree.stop()
    tree.tick()
    for _ in range(2):
        tree.observe("g/a", DeviceObserved(lit=False))
        tree.tick()
    assert (tree["g/a"].state, tree["g/a"].drained) == ("stopped", True)
    steps = iter([goto(Device.stopping, "it hums"), stay("it hums")])
    world.step["g/a"] = lambda: next(steps)
    tree.observe("g/a", DeviceObserved(lit=True))
    tree.tick("g/a")
    assert (tree["g/a"].state, tree.asked("g/a"), tree["g/a"].drained) == ("stopping", "", False)


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
    tree.core.handle(RestartRequested("g/broker"), tree.now)
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
        tree.core.handle(RestartRequested("r/g/idle/d"), tree.now)
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
        sim.post(ForceRequested("test"))
        sim.run(0)
        assert sim.core.finished
        assert "g/a" in sim.texts("forced")[0]


def observe_twice(tree: ByHand, path: str, *, lit: bool) -> None:
    """What stops it, and its last look."""
    for _ in range(2):
        tree.observe(path, DeviceObserved(lit=lit))
        tree.tick()


@pytest.fixture
def line() -> ByHand:
    """A line of two cells, `left` and `right`, of a device `d` each; all of them run."""
    cells = (group("left", device("d")), group("right", device("d")))
    tree = by_hand(group("r", *cells))
    tree.tick()
    for path in ("r", "r/left", "r/right"):
        tree.observe(path, ObservedState())
    for path in ("r/left/d", "r/right/d"):
        light(tree, path)
    return tree


def drain_left(line: ByHand) -> None:
    """Its stop is done in the left cell, while the right one is still stopping."""
    line.tick()
    line.end("r/left/d")
    observe_twice(line, "r/left/d", lit=False)
    line.observe("r/left", ObservedState())
    line.tick()
    assert [line[p].drained for p in ("r/left/d", "r/left", "r/right/d")] == [True, True, False]
    for path in ("r/left/d", "r/left"):
        assert "final" not in line[path].timers


def test_who_is_done_wakes_its_parent_and_is_named_as_the_cause(line: ByHand) -> None:
    line.stop()
    drain_left(line)
    causes = [cause for record in line["r/left"].records for cause in record.causes]
    (told,) = (cause for cause in causes if cause.kind == "drained")
    assert told.detail == "r/left/d"
    assert told.origin in [record.id for record in line["r/left/d"].records]


def test_nothing_above_one_that_goes_on_after_its_last_look_is_done(line: ByHand) -> None:
    line.stop()
    drain_left(line)
    line.observe("r/left/d", DeviceObserved(lit=True))
    line.tick()
    assert [line[p].drained for p in ("r/left/d", "r/left")] == [False, False]
    line.end("r/right/d")
    observe_twice(line, "r/right/d", lit=False)
    line.observe("r/right", ObservedState())
    line.tick()
    assert line["r/right"].drained
    assert "r" in line
    line.end("r/left/d")
    observe_twice(line, "r/left/d", lit=False)
    for path in ("r/left", "r"):
        line.observe(path, ObservedState())
        line.tick()
    assert "r" not in line


def test_of_a_stop_that_is_called_off_nothing_is_left(line: ByHand) -> None:
    """What had been stopped and looked at already is to be stopped, and looked at, once more."""
    cells = (group("left", device("d")), group("right", device("d")))
    line.declare(group("r", cells[1]))
    line.tick()
    line.end("r/left/d")
    observe_twice(line, "r/left/d", lit=False)
    assert (line["r/left/d"].drained, line["r/left"].final_after) == (True, line.now)
    line.declare(group("r", *cells))
    line.tick()
    for path in ("r/left", "r/left/d"):
        s = line[path]
        assert (s.stop, s.drained, s.final_after, "stop" in s.timers) == (None, False, None, False)


def test_why_a_stop_goes_on_without_a_last_look_is_recorded(world: World) -> None:
    world.stubborn.add("g/b")
    with simulate(world, group("g", device("a", wish="stopped"), device("b"))) as sim:
        sim.run(5)
        world.silent.add("g/a")
        sim.ask_stop()
        sim.until(lambda sim: sim.supervisor("g/a").drained, within=10)
        causes = [(c.kind, c.detail) for c in sim.records("g/a")[-1].causes]
        assert causes == [("timer", "last observation did not come")]


@pytest.mark.parametrize(("count", "more"), [(9, ""), (10, " and 1 more"), (11, " and 2 more")])
def test_ten_of_those_that_were_not_done_in_time_are_named(
    world: World, count: int, more: str
) -> None:
    """Their parent, which waits for them, is one more."""
    names = [f"d{n}" for n in range(count)]
    world.stubborn.update(f"g/{name}" for name in names)
    with simulate(world, group("g", *map(device, names))) as sim:
        sim.run(10)
        sim.ask_stop(deadline=5)
        sim.run(5.5)
        (forced,) = (report for report in sim.reports if report.kind == "forced")
        assert forced.level == "error"
        named = [f"g/{name} (running: will not stop)" for name in names]
        named.append("g (stopping: stops after g/d0, which is running)")
        assert forced.text == f"not stopped in time, forced: {', '.join(named[:10])}{more}"


def test_so_many_children_are_asked_to_stop_in_one_tick_and_no_more() -> None:
    children = [device(f"d{n}") for n in range(2 * ASKED_AT_ONCE + 1)]
    tree = by_hand(group("g", *children))
    tree.tick()
    tree.stop()
    asked = []
    for goes_on in (True, True, False):
        tree["g"].take_causes()
        pass_stop_down(tree.core, tree["g"])
        assert (MORE in tree["g"].take_causes()[0]) is goes_on
        asked.append(sum(child.stop is not None for child in tree["g"].children.values()))
    assert asked == [ASKED_AT_ONCE, 2 * ASKED_AT_ONCE, 2 * ASKED_AT_ONCE + 1]


def test_each_restart_is_counted_once() -> None:
    tree = by_hand(group("g", device("a"), device("b")))
    tree.tick()
    for path in ("g/a", "g/b", "g/b"):
        restart(tree.core, tree[path], "asked", because="request")
    assert tree.core.counters.restarts == 2


def test_one_restarted_while_it_waits_to_be_of_another_type_keeps_its_place_in_the_pace() -> None:
    tree = by_hand(group("g", device("a")))
    tree.tick()
    tree.core.pace.started("g/a", tree.now)
    tree["g/a"].recreate_as = group("a")
    restart(tree.core, tree["g/a"], "asked", because="request")
    assert tree["g/a"].stop == StopRequest(
        StopKind.REMOVE, tree.now + tree.core.settings.stop_deadline, "asked"
    )
    assert list(tree.core.pace.under_way) == ["g/a"]


def test_one_that_is_to_be_restarted_and_is_declared_no_more_is_removed_instead() -> None:
    """Within the deadline that runs already."""
    tree = by_hand(group("g", device("a")))
    tree.tick()
    a = tree["g/a"]
    restart(tree.core, a, "asked", because="request")
    tree.core.pace.started("g/a", tree.now)
    tree.tick()
    tree.advance(3.0)
    a.take_causes()
    tree.core.deciding = tree.core.tick_id
    remove(tree.core, a, "g no longer declares it")
    deadline = tree.core.settings.stop_deadline
    assert a.stop == StopRequest(StopKind.REMOVE, deadline, "g no longer declares it")
    causes, _ = a.take_causes()
    assert causes == (Cause("stop", "g no longer declares it", tree.core.tick_id),)
    assert tree.core.pace.under_way == {}, "no other follows in its place"


def test_what_stops_with_its_parent_has_no_deadline_of_its_own_left() -> None:
    tree = by_hand(group("g", device("a")))
    tree.tick()
    a = tree["g/a"]
    restart(tree.core, a, "asked", because="request")
    assert "stop" in a.timers
    a.take_causes()
    tree.core.deciding = tree.core.tick_id
    request_stop(tree.core, tree["g"], StopKind.REMOVE, 5.0, "asked")
    pass_stop_down(tree.core, tree["g"])
    assert a.stop == StopRequest(StopKind.WITH_PARENT, 5.0, "stops with g")
    assert "stop" not in a.timers
    causes, _ = a.take_causes()
    assert causes == (Cause("stop", "with g", tree.core.tick_id),)
    assert tree.core.tick_id > 0


def test_who_waits_above_one_that_stands_is_told_that_a_stop_was_passed_down() -> None:
    tree = by_hand(group("r", group("idle", device("d"), wish="stopped"), wish="stopped"))
    tree.tick()
    tree["r"].take_causes()
    tree.core.deciding = tree.core.tick_id
    request_stop(tree.core, tree["r/idle"], StopKind.REMOVE, 5.0, "asked")
    told, _ = tree["r/idle"].take_causes()
    assert told == (Cause("stop", "asked", tree.core.tick_id),)
    pass_stop_down(tree.core, tree["r/idle"])
    told, _ = tree["r"].take_causes()
    assert told == (Cause("stop", "handed on by r/idle", tree.core.tick_id),)
    assert tree.core.tick_id > 0


def test_one_whose_steps_are_stopped_is_released_as_it_is_and_that_is_an_error() -> None:
    tree = by_hand(group("g", device("a")))
    tree.tick()
    tree.observe("g", ObservedState())
    light(tree, "g/a")
    tree["g/a"].breaker = Breaker()
    tree["g/a"].breaker.open = True
    tree.stop()
    tree.tick()
    (said,) = (i for i in tree.instructions if isinstance(i, Report) and i.kind == "forced")
    assert (said.path, said.level) == ("g/a", "error")
    assert said.text == "its steps are stopped by its breaker, so it is released as it is"
    assert tree["g/a"].drained
