"""A worker is watched once, as soon as it is known what it is to be and nobody is in its place."""

from __future__ import annotations

import pytest
from lamp_tree import (
    World,
    by_hand,
    device,
    group,
    simulate,
)

from fsmv2 import (
    EngineSettings,
)
from fsmv2.core import Release, Watch
from fsmv2.core.contract.events import Released
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.core.phases.watch import stale_limit
from fsmv2.core.state.tick_record import Cause
from fsmv2.testing import ByHand


def watched(tree: ByHand) -> list[str]:
    return [i.path for i in tree.instructions if isinstance(i, Watch)]


def test_it_is_watched_once_with_its_spec_and_config() -> None:
    tree = by_hand(device("a", pin=3, template="{{ .x }}", user={"x": "lamp"}))
    tree.tick()
    tree.core.mark(tree["a"], Cause("test"))
    tree.tick()
    [found] = [i for i in tree.instructions if isinstance(i, Watch)]
    assert (found.path, found.incarnation, found.config) == ("a", 1, "lamp")
    assert found.spec.pin == 3  # type: ignore[attr-defined]
    assert tree["a"].applied is tree["a"].declared.user_spec


def test_it_is_not_watched_before_it_is_known_what_it_is_to_be() -> None:
    world = World()
    world.derive["a"] = ValueError("bad")
    tree = by_hand(group("g", device("a")), world)
    tree.tick()
    assert watched(tree) == ["g"]
    assert tree["g/a"].watched_at is None
    assert tree["g/a"].applied is None


def test_it_is_not_watched_before_its_predecessor_has_ended() -> None:
    tree = by_hand(group("g"))
    tree.tick()
    tree.core.fences["g/a"] = {1}
    tree.declare(group("g", device("a")))
    tree.tick()
    assert watched(tree) == ["g"]
    tree.core.handle(Released("g/a", 1), tree.now)
    tree.tick()
    assert watched(tree) == ["g", "g/a"]


def test_one_that_is_to_be_removed_is_not_watched_any_more() -> None:
    tree = by_hand(device("a"))
    tree.stop()
    tree.tick()
    assert watched(tree) == []


@pytest.mark.parametrize(
    ("interval", "timeout", "limit"), [(1.0, 2.0, 10.0), (5.0, 2.0, 12.0), (60.0, 30.0, 150.0)]
)
def test_silence_is_two_intervals_and_a_look_but_not_less_than_the_setting(
    interval: float, timeout: float, limit: float
) -> None:
    types = {"device": TypeSettings(interval=interval, observe_timeout=timeout)}
    with simulate(World(), device("a"), settings=EngineSettings(types=types)) as sim:
        sim.run(1)
        assert stale_limit(sim.core, sim.supervisor("a")) == limit


@pytest.fixture
def world() -> World:
    return World()


def test_the_same_incarnation_is_never_watched_twice(world: World) -> None:
    """H55, H56: a path removed and declared again while the old tasks go on gets a new number."""
    world.deaf.add("g/a")
    seen: list[tuple[str, str, int]] = []
    settings = EngineSettings(stop_deadline=1.0)
    with simulate(world, group("g", device("a")), settings=settings) as sim:
        deliver = sim.supervision._deliver

        def listen(batch):  # type: ignore[no-untyped-def]
            seen.extend(
                (type(i).__name__, i.path, i.incarnation)
                for i in batch
                if isinstance(i, Watch | Release)
            )
            deliver(batch)

        sim.supervision._deliver = listen
        sim.run(2)
        sim.declare(group("g"))
        sim.until(lambda sim: "g/a" not in sim)
        sim.declare(group("g", device("a")))
        sim.run(2)
        assert sim["g/a"].incarnation == 2
        assert "tasks of incarnation 1" in sim["g/a"].reason
        world.deaf.clear()
        sim.run(5)
        assert ("Watch", "g/a", 2) in seen
        assert len(seen) == len(set(seen))
