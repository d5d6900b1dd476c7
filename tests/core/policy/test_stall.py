"""While somebody blocks the loop of all workers, silence proves nothing."""

from __future__ import annotations

import pytest
from lamp_tree import World, condition, device, group, simulate

from fsmv2.core import LoopBlocked, LoopFreed
from fsmv2.testing import Simulation


@pytest.fixture
def world() -> World:
    return World()


def silence(world: World, *paths: str) -> None:
    world.silent.update(paths)


def blocked(sim: Simulation, path: str, seconds: float) -> None:
    sim.post(LoopBlocked(path, "collect_observed_state", "x.py:1 sleep", seconds))


def test_a_minute_of_blocked_loop_restarts_nobody(world: World) -> None:
    """Neighbours become stale and say why; none is restarted, then or soon after."""
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(10)
        silence(world, "g", "g/a", "g/b")
        sim.run(2)
        blocked(sim, "g/a", 1.0)
        sim.run(60)
        assert condition(sim, "g/a", "LoopFree").startswith("collect_observed_state has been block")
        assert "g/a blocks the loop they share" in condition(sim, "g/b", "Fresh")
        assert sim["g/b"].state == "running"
        world.silent.clear()
        sim.post(LoopFreed(62.0))
        sim.run(20)
        assert [n.incarnation for n in sim.view().nodes] == [1, 1, 1]
        assert sim.texts("silent") == []
        assert condition(sim, "g/a", "LoopFree") == ""
        assert all(n.fresh for n in sim.view().nodes)
        assert sim.texts("stall", "g/a")[-1] == "the loop of all workers runs again after 62.0 s"


def test_who_is_silent_after_the_loop_goes_on_is_restarted_as_ever(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(10)
        silence(world, "g/b")
        blocked(sim, "g/a", 1.0)
        sim.run(60)
        sim.post(LoopFreed(60.0))
        sim.run(15)
        assert sim.texts("silent") == [], "everybody gets the whole time to answer again"
        sim.run(60)
        assert sim.texts("silent", "g/b") != []


def test_a_blockage_by_nobody_known_is_reported_on_the_root(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        blocked(sim, "", 1.0)
        blocked(sim, "", 11.0)
        sim.run(0)
        assert len(sim.texts("stall", "g")) == 2
        assert sim.core.counters.stalls == 1
        sim.post(LoopFreed(12.0))
        sim.post(LoopFreed(12.0))
        sim.run(0)
        assert len(sim.texts("stall", "g")) == 3
