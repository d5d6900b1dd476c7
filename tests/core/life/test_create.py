"""A declared child whose worker cannot be made is in the tree all the same, with the reason."""

from __future__ import annotations

import pytest
from lamp_tree import (
    World,
    by_hand,
    condition,
    device,
    group,
    simulate,
)

from fsmv2 import (
    ChildSpec,
    EngineSettings,
    SpecError,
    UserSpec,
)
from fsmv2.core.state.conditions import CREATED


@pytest.mark.parametrize(
    ("child", "reason"),
    [
        (device("a", worker_type="devise"), "Did you mean 'device'?"),
        (ChildSpec("a", "device", UserSpec()), "takes a DeviceSpec, but was given a UserSpec"),
    ],
    ids=["unknown type", "wrong spec"],
)
def test_the_reason_is_shown(child: ChildSpec, reason: str) -> None:
    tree = by_hand(group("g", child))
    tree.tick()
    [found] = [s for s in tree.core.by_path.values() if s.conditions]
    assert reason in (found.conditions or {})[CREATED].reason
    assert found.reason == (found.conditions or {})[CREATED].reason


def test_a_constructor_that_raises_is_retried_ever_later_until_it_does_not() -> None:
    world = World()
    world.construct = ValueError("no licence")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(30)
        assert "constructor of device raised ValueError: no licence" in sim["g/a"].reason
        assert 3 <= sim["g/a"].attempts <= 8
        world.construct = None
        sim.until(lambda sim: sim["g/a"].state == "running")
        assert condition(sim, "g/a", "Created") == ""
        assert sim.texts("created", "g/a") == ["could be created after all"]


def test_a_new_instance_is_never_taken_for_one_whose_tasks_still_run() -> None:
    tree = by_hand(group("g"))
    tree.tick()
    tree.core.fences["g/a"] = {2, 4}
    tree.declare(group("g", device("a")))
    tree.tick()
    assert tree["g/a"].incarnation == 5


def test_who_depends_on_it_is_woken() -> None:
    dependent = device("b", depends_on=("g/a",))
    tree = by_hand(group("g", dependent))
    tree.tick()
    tree.declare(group("g", dependent, device("a")))
    tree.tick()
    causes = [str(cause) for record in tree["g/b"].records for cause in record.causes]
    assert "dependency g/a appeared" in causes


@pytest.fixture
def world() -> World:
    return World()


def test_a_tree_deeper_than_the_limit_is_refused_with_the_number(world: World) -> None:
    tree = device("leaf")
    for n in range(4):
        tree = group(f"g{n}", tree)
    with simulate(world, tree, settings=EngineSettings(depth_limit=4)) as sim:
        sim.run(1)
        assert "deeper than 4 levels" in condition(sim, "g3/g2/g1/g0/leaf", "Created")


def test_a_very_deep_tree_runs_and_stops(world: World) -> None:
    tree = device("leaf")
    for n in range(200):
        tree = group("n", tree, user={"n": n})
    with simulate(world, tree, settings=EngineSettings(depth_limit=1000)) as sim:
        sim.run(5)
        assert {node.state for node in sim.view().nodes} == {"running"}
        assert sim.stop() < 2


def test_a_name_without_text_never_becomes_a_child() -> None:
    with pytest.raises(SpecError):
        device(" a")
