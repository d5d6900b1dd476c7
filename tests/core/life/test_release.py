"""The end of a stop: who is released, in which order, and what waits until that has happened."""

from __future__ import annotations

from collections import deque

import pytest
from lamp_tree import World, by_hand, device, group, light, simulate

from fsmv2.core.contract.events import ForceRequested, Released
from fsmv2.core.contract.instructions import Release
from fsmv2.core.life.release import RELEASED_AT_ONCE, fenced
from fsmv2.core.state.supervisor import Releasing


def test_a_restarted_parent_that_adapts_live_keeps_its_children() -> None:
    """They are neither stopped nor ticked for it; the parent is a new incarnation."""
    world = World()
    with simulate(world, group("room", device("left"), device("right"))) as sim:
        sim.run(3)
        done = list(world.done)
        sim.restart("room")
        sim.run(3)
        assert sim["room"].incarnation == 2
        assert sim["room"].state == "running"
        for child in ("room/left", "room/right"):
            assert sim[child].incarnation == 1
            assert sim[child].state == "running"
        assert world.done == done, "a child was stopped or started"
        sim.declare(group("room", device("left")))
        sim.run(3)
        assert "room/right" not in sim
        assert sim.stop() < 5


def test_the_successor_waits_until_the_tasks_of_the_released_have_ended() -> None:
    """The core alone: nobody answers that they have ended, until this test does."""
    core = by_hand(device("a")).core
    core.run(0.0)
    core.fences["a"] = {1, 3}
    assert fenced(core, core.by_path["a"]) == "waits until the tasks of incarnation 1, 3 have ended"
    core.handle(Released("a", 1), 0.0)
    assert "incarnation 3 have" in fenced(core, core.by_path["a"])
    assert not core.by_path["a"].dirty
    core.handle(Released("a", 3), 0.0)
    assert fenced(core, core.by_path["a"]) == ""
    assert core.by_path["a"].dirty


def test_a_subtree_is_released_the_deepest_first() -> None:
    tree = by_hand(group("g", group("sub", device("a"))))
    tree.tick()
    tree.core.handle(ForceRequested(), 0.0)
    tree.tick()
    released = [(i.path, i.forced) for i in tree.instructions if isinstance(i, Release)]
    assert released == [("g/sub/a", True), ("g/sub", True), ("g", True)]
    assert tree.core.by_path == {}


def test_nothing_that_was_never_watched_has_to_be_released() -> None:
    tree = by_hand(device("a", worker_type="devise"))
    tree.tick()
    tree.stop()
    tree.tick()
    assert not any(isinstance(i, Release) for i in tree.instructions)
    assert tree.core.finished


@pytest.mark.parametrize("who", ["its deadline", "an operator"])
def test_a_forced_release_of_many_ends_although_one_does_not_stop(who: str) -> None:
    """It takes more than one tick, and in each of them the top is found waiting for that one."""
    world = World()
    world.stubborn.add("g/d0")
    many = (device(f"d{n}") for n in range(2 * RELEASED_AT_ONCE))
    with simulate(world, group("g", *many)) as sim:
        sim.run(10)
        sim.ask_stop(deadline=5)
        sim.run(4)
        if who == "an operator":
            sim.post(ForceRequested("ann"))
        else:
            sim.run(1)
        sim.run(0.1)
        assert sim.core.finished
        (said,) = sim.texts("forced")
        assert "g/d0 (running: will not stop)" in said


def test_a_release_in_the_middle_of_which_it_goes_on_is_forced_at_the_deadline() -> None:
    """What it saw made it go on; from its deadline on it is waited for no more."""
    tree = by_hand(device("d"), World())
    light(tree, "d")
    tree.stop()
    tree.tick()
    d = tree["d"]
    d.releasing = Releasing(deque([d]), forced=False)
    assert (d.state, d.drained) == ("stopping", False)
    tree.advance(tree.core.settings.stop_deadline)
    tree.tick()
    assert "d" not in tree
    assert [i.forced for i in tree.instructions if isinstance(i, Release)] == [True]
    assert tree.reports("d")[-2] == "not stopped in time, forced: d (stopping: it is lit)"
