"""Whether a tree takes requests now."""

from __future__ import annotations

from lamp_tree import World, device, factory_for, group, simulate

from fsmv2.core import Core
from fsmv2.runtime.posted_request import not_serving


def test_from_its_first_declaration_until_it_stops_a_tree_takes_them() -> None:
    assert not_serving(Core(factory_for(World()), None)) == "the tree is starting"
    with simulate(World(), group("g", device("a"))) as sim:
        sim.run(1)
        assert not_serving(sim.core) == ""
        sim.stop()
        assert not_serving(sim.core) in ("the tree is stopping", "the tree has stopped")
