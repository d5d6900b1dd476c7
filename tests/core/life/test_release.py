"""A restart of a parent: its children are kept where its type adapts live."""

from __future__ import annotations

from lamp_tree import World, device, group, simulate


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
