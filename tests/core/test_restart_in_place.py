"""A restart of a parent: its children are recreated, or kept where its type adapts live."""

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


def test_a_worker_restarted_for_silence_comes_nearer_to_escalation() -> None:
    """A collection that hangs through every restart ends with a call for a person, once."""
    world = World()
    with simulate(world, device("lamp")) as sim:
        sim.run(3)
        world.silent.add("lamp")
        sim.run(4000)
        assert sim["lamp"].incarnation > 4
        called = [t for t in sim.texts("escalation", "lamp") if "EscalationRequired" in t]
        assert len(called) == 1
        assert "silent" in called[0]
