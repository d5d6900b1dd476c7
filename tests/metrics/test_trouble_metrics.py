"""Who is named as in trouble, and the reason in a label: bounded and printable."""

from __future__ import annotations

import msgspec
from lamp_tree import World, device, group, simulate
from measured_simulation import series


def test_a_reason_is_bounded_and_moves_no_cursor() -> None:
    with simulate(World(), group("g", device("a"))) as sim:
        sim.run(5)
        s = sim.core.by_path["g/a"]
        said = "no\x1b[2J route\n" + 200 * "."
        s.status = msgspec.structs.replace(s.status, in_trouble=True, reason=said)
        ((labels, _),) = series(sim, "worker_in_trouble").items()
    assert len(labels[3]) == 160
    assert labels[3].startswith("no")
    assert labels[3].isprintable()


def test_a_worker_above_one_in_trouble_is_not_named_nor_counted() -> None:
    with simulate(World(), group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        parent, child = sim.core.by_path["g"], sim.core.by_path["g/a"]
        for s in (parent, child):
            s.status = msgspec.structs.replace(s.status, in_trouble=True, reason="dead")
        assert {labels[1] for labels in series(sim, "worker_in_trouble")} == {"g", "g/a"}
        parent.statuses["a"] = child.status
        assert {labels[1] for labels in series(sim, "worker_in_trouble")} == {"g/a"}
        assert series(sim, "workers_in_trouble") == {("device",): 1, ("group",): 0}


def test_a_child_that_is_removed_and_does_not_end_is_there_and_not_declared() -> None:
    world = World()
    with simulate(world, group("g", device("a"), group("c", device("b")))) as sim:
        sim.run(5)
        assert series(sim, "children_declared") == series(sim, "children")
        world.stubborn.add("g/c/b")
        sim.declare(group("g", device("a")))
        sim.run(3)
        assert series(sim, "children")["group",] == 3
        assert series(sim, "children_declared")["group",] == 1
        world.stubborn.clear()
