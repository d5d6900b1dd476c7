"""Who stops before whom: what is below first, and whoever depends on it."""

from __future__ import annotations

import pytest
from lamp_tree import (
    World,
    by_hand,
    device,
    group,
    light,
    simulate,
)

from fsmv2.core.policy.stop_order import keeps_children, stop_blocker
from fsmv2.core.state.parts import Breaker, StopRequest
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.testing import ByHand, Simulation


def stopped(sim: Simulation) -> list[str]:
    return [report.path for report in sim.reports if report.text.startswith("stopping → stopped")]


def test_what_is_below_stops_first() -> None:
    with simulate(World(), group("g", group("sub", device("a")))) as sim:
        sim.run(10)
        sim.stop()
        assert stopped(sim) == ["g/sub/a", "g/sub", "g"]


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_who_depends_on_it_stops_first(names: str) -> None:
    upstream, dependent = names
    children = [device(upstream), device(dependent, depends_on=(f"g/{upstream}",))]
    with simulate(World(), group("g", *children)) as sim:
        sim.run(10)
        sim.stop()
        assert stopped(sim) == [f"g/{dependent}", f"g/{upstream}", "g"]


@pytest.fixture
def tree() -> ByHand:
    """A group that is to stop, above a device that runs and is asked to stop with it."""
    tree = by_hand(group("g", device("a")))
    light(tree, "g/a")
    tree["g"].stop = StopRequest(StopKind.SHUTDOWN, 30.0, "stop asked")
    tree["g/a"].stop = StopRequest(StopKind.WITH_PARENT, 30.0, "stops with g")
    return tree


def test_a_child_that_runs_is_waited_for(tree: ByHand) -> None:
    assert stop_blocker(tree.core, tree["g"]) is tree["g/a"]
    assert stop_blocker(tree.core, tree["g/a"]) is None


def test_a_child_that_has_stopped_is_not_waited_for(tree: ByHand) -> None:
    tree["g/a"].state = "stopped"
    assert stop_blocker(tree.core, tree["g"]) is None


def test_a_child_that_was_not_asked_yet_is_waited_for(tree: ByHand) -> None:
    tree["g/a"].stop = None
    assert stop_blocker(tree.core, tree["g"]) is tree["g/a"]


def test_a_child_whose_breaker_is_open_is_not_waited_for(tree: ByHand) -> None:
    tree["g/a"].breaker = found = Breaker()
    found.open = True
    assert stop_blocker(tree.core, tree["g"]) is None


@pytest.mark.parametrize("kind", StopKind)
def test_only_a_restart_of_a_type_that_adapts_live_keeps_its_children(
    tree: ByHand, kind: StopKind
) -> None:
    for path, adapts in (("g", True), ("g/a", False)):
        tree[path].stop = StopRequest(kind, 30.0, "")
        assert keeps_children(tree[path]) is (adapts and kind is StopKind.RESTART)


@pytest.fixture
def world() -> World:
    return World()


def test_dependents_stop_before_what_they_depend_on(world: World) -> None:
    root = group("g", device("broker"), device("flow", depends_on=("g/broker",)))
    with simulate(world, root) as sim:
        sim.run(5)
        sim.stop()
        assert [p for p, what in world.done if what == "off"] == ["g/flow", "g/broker"]
