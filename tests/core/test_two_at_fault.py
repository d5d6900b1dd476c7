"""Two children at fault at once, each by a check of its own."""

from __future__ import annotations

from typing import Any

from lamp_tree import Group, World, device, factory_for, group

from fsmv2 import CheckView, check, fault, healthy, unknown
from fsmv2.testing import Simulation


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
