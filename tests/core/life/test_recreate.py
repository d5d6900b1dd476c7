"""What runs is replaced by what is declared now, in its turn; or kept, if that is the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from lamp_tree import (
    Device,
    World,
    device,
    factory_for,
    group,
    states,
)

from fsmv2 import (
    ChildSpec,
    EngineSettings,
)
from fsmv2.core.state.tick_record import Cause
from fsmv2.testing import Simulation

NAMES = [f"d{n}" for n in range(12)]


SLOW = EngineSettings(restarts_at_once=1, restarts_per_second=0.1)
"""The second turn comes ten seconds after the first one."""


class Lamp(Device):
    """As a device, of another type."""


class Adaptive(Device):
    """Takes its changes live."""

    update_policy = "in_place"


@pytest.fixture
def world() -> World:
    return World()


def simulate(world: World, root: ChildSpec, **more: Any) -> Simulation:
    factory = factory_for(world)
    for kind in (Lamp, Adaptive):
        factory.register(kind, make=lambda kind=kind: kind(world))  # type: ignore[misc]
    return Simulation(root, factory, **more)


def plant(kind: str, *, pin: int = 0) -> ChildSpec:
    return group("g", *[device(name, pin=pin, worker_type=kind) for name in NAMES])


def pair(kind: str, *, pin: int = 0, before: str = "device") -> ChildSpec:
    """`a` is to be a lamp; `b`, whose turn comes after it, is to be as told."""
    first = device("a", worker_type="lamp" if kind != before else before)
    return group("g", first, device("b", pin=pin, worker_type=kind))


@contextmanager
def waiting(world: World, before: str = "device") -> Iterator[Simulation]:
    """A tree in which `g/b` waits for its turn to become a lamp."""
    with simulate(world, pair(before, before=before), settings=SLOW) as sim:
        sim.run(15)
        sim.declare(pair("lamp", before=before))
        sim.run(1)
        assert [sim[f"g/{name}"].type for name in "ab"] == ["lamp", before]
        assert [sim[f"g/{name}"].state for name in "ab"] == ["running", "running"]
        yield sim


def test_less_than_one_a_second_is_slow_and_not_never(world: World) -> None:
    with simulate(world, pair("device"), settings=SLOW) as sim:
        sim.run(15)
        sim.declare(pair("device", pin=1))
        sim.run(1)
        assert sim["g/b"].incarnation == 2
        sim.declare(pair("device", pin=2))
        sim.run(5)
        assert sim["g/b"].incarnation == 2
        sim.run(5)
        assert sim["g/b"].incarnation == 3


@pytest.mark.parametrize("seconds", [0.1, 2.0])
def test_never_are_more_down_than_the_pace_allows(world: World, seconds: float) -> None:
    settings = EngineSettings(restarts_at_once=3)
    with simulate(world, plant("device"), settings=settings) as sim:
        sim.run(5)
        world.slow |= {f"g/{name}": seconds for name in NAMES}
        sim.declare(plant("lamp"))
        most = 0
        while any(n.type != "lamp" or n.state != "running" for n in sim.view().nodes[1:]):
            sim.run(0.02)
            up = [n for n in sim.view().nodes[1:] if n.state == "running"]
            most = max(most, len(NAMES) - len(up))
            assert len(sim.core.pace.under_way) <= 3
        assert most == 3
        assert {n.incarnation for n in sim.view().of_type("lamp")} == {2}
        assert "its type changed from device to lamp" in sim.texts("stop", "g/d5")
        assert sim.core.pace.under_way == {}


def test_one_that_has_not_started_is_replaced_at_once(world: World) -> None:
    with simulate(world, group("g", device("a", worker_type="unknown")), settings=SLOW) as sim:
        sim.run(5)
        sim.declare(pair("lamp"))
        sim.run(0.5)
        assert [sim[f"g/{name}"].type for name in "ab"] == ["lamp", "lamp"]


@pytest.mark.parametrize("before", ["device", "adaptive"])
def test_one_that_flips_back_before_its_turn_is_not_touched(world: World, before: str) -> None:
    with waiting(world, before) as sim:
        sim.declare(pair(before, before="lamp"))
        sim.run(30)
        b = sim["g/b"]
        assert (b.type, b.incarnation, b.state) == (before, 1, "running")
        assert sim.texts("stop", "g/b") == []
        assert sim.core.pace.under_way == {}


def test_one_that_flips_back_to_the_very_same_declaration_is_not_touched(world: World) -> None:
    """The same object, which is compared by identity."""
    with waiting(world) as sim:
        declared = sim.supervisor("g/b").declared
        sim.declare(group("g", device("a", worker_type="lamp"), declared))
        sim.run(30)
        assert (sim["g/b"].type, sim["g/b"].incarnation) == ("device", 1)


@pytest.mark.parametrize("before", ["device", "adaptive"])
def test_a_change_that_comes_with_the_old_type_is_applied(world: World, before: str) -> None:
    with waiting(world, before) as sim:
        sim.declare(pair(before, pin=7, before="lamp"))
        sim.run(30)
        assert sim["g/b"].type == before
        assert sim["g/b"].incarnation == (2 if before == "device" else 1)
        assert sim.supervisor("g/b").live_spec.pin == 7


def test_variables_that_change_meanwhile_restart_it_once(world: World) -> None:
    def declared(kind: str) -> ChildSpec:
        b = device("b", worker_type=kind, template="{{ .global.x }}")
        return group("g", device("a", worker_type=kind), b)

    with simulate(world, declared("device"), settings=SLOW, global_variables={"x": 1}) as sim:
        sim.run(15)
        sim.declare(declared("lamp"), {"x": 1})
        sim.run(1)
        sim.declare(declared("lamp"), {"x": 2})
        sim.run(30)
        assert (sim["g/b"].type, sim["g/b"].incarnation) == ("lamp", 2)
        assert sim.supervisor("g/b").live_config == 2


def test_the_last_type_declared_counts(world: World) -> None:
    with waiting(world) as sim:
        sim.declare(pair("adaptive", pin=3))
        sim.run(30)
        assert (sim["g/b"].type, sim["g/b"].incarnation) == ("adaptive", 2)
        assert sim.supervisor("g/b").live_spec.pin == 3


def test_one_that_is_declared_no_more_before_its_turn_is_gone(world: World) -> None:
    with waiting(world) as sim:
        sim.declare(group("g", device("a", worker_type="lamp")))
        sim.run(1)
        assert "g/b" not in sim
        sim.run(30)
        assert states(sim) == {"g": "running", "g/a": "running"}
        assert sim.core.pace.under_way == {}


def test_a_restart_starts_it_as_what_it_is_to_become(world: World) -> None:
    with waiting(world) as sim:
        sim.restart("g/b")
        sim.run(2)
        b = sim["g/b"]
        assert (b.type, b.incarnation, b.state) == ("lamp", 2, "running")
        assert sim.texts("stop", "g/b") == ["restart requested by test"]
        sim.run(30)
        assert sim["g/b"].incarnation == 2


def test_one_that_restarts_already_comes_back_as_the_new_type(world: World) -> None:
    """In the place in the pace that its restart has."""
    with simulate(world, pair("device"), settings=SLOW) as sim:
        sim.run(15)
        world.stubborn.add("g/b")
        sim.declare(group("g", device("a"), device("b", pin=1)))
        sim.run(1)
        assert (sim["g/b"].control, list(sim.core.pace.under_way)) == ("stopped", ["g/b"])
        sim.declare(pair("lamp"))
        sim.run(1)
        world.stubborn.clear()
        assert list(sim.core.pace.under_way) == ["g/b"]
        sim.run(40)
        assert {sim[f"g/{name}"].type for name in "ab"} == {"lamp"}
        assert sim["g/b"].incarnation == 2


def test_one_that_is_paused_waits_until_it_is_resumed(world: World) -> None:
    with simulate(world, pair("device")) as sim:
        sim.run(5)
        sim.pause("g/b")
        sim.declare(pair("lamp"))
        sim.run(20)
        assert [sim[f"g/{name}"].type for name in "ab"] == ["lamp", "device"]
        sim.resume("g/b")
        sim.run(5)
        assert (sim["g/b"].type, sim["g/b"].state) == ("lamp", "running")


def test_a_parent_that_goes_meanwhile_leaves_no_place_taken(world: World) -> None:
    world.stubborn.add("h/g/b")
    one = EngineSettings(restarts_at_once=1)
    with simulate(world, group("h", pair("device")), settings=one) as sim:
        sim.run(5)
        sim.declare(group("h", group("g", device("b", worker_type="lamp"))))
        sim.run(1)
        assert list(sim.core.pace.under_way) == ["h/g/b"]
        sim.declare(group("h"))
        sim.run(40)
        assert states(sim) == {"h": "running"}
        assert sim.core.pace.under_way == {}


def test_a_root_that_waits_for_its_new_type_may_still_be_renamed(world: World) -> None:
    with simulate(world, device("a")) as sim:
        sim.run(5)
        sim.pause("a")
        sim.declare(device("a", worker_type="lamp"))
        sim.run(5)
        assert sim["a"].type == "device"
        sim.declare(device("b"))
        sim.run(5)
        assert states(sim) == {"b": "running"}


def test_h54_of_its_old_type_again_it_derives_what_changed_meanwhile(world: World) -> None:
    def declared(first: str, kind: str) -> ChildSpec:
        b = device("b", worker_type=kind, template="{{ .global.x }}")
        return group("g", device("a", worker_type=first), b)

    with waiting(world) as sim:
        sim.declare(declared("lamp", "device"), {"x": 1})
        sim.run(30)
        sim.declare(group("g", device("a"), device("b", worker_type="lamp")), {"x": 1})
        sim.run(0.1)
        assert "recreate" in sim.supervisor("g/b").timers
        sim.declare(declared("device", "lamp"), {"x": 2})
        sim.run(0.1)
        sim.declare(declared("device", "device"), {"x": 2})
        sim.run(0.1)
        causes = [cause for record in sim.records("g/b") for cause in record.causes]
        assert next(c for c in causes if str(c) == "spec of its old type again").origin > 0
        sim.run(30)
        assert sim["g/b"].type == "device"
        assert sim.supervisor("g/b").live_config == 2


def test_h54_what_is_called_off_leaves_no_timer(world: World) -> None:
    with waiting(world) as sim:
        assert "recreate" in sim.supervisor("g/b").timers
        sim.declare(pair("device", before="lamp"))
        sim.run(0.1)
        assert "recreate" not in sim.supervisor("g/b").timers


AGAIN = "spec declared again while being removed"


def causes(sim: Simulation, path: str) -> list[Cause]:
    return [cause for record in sim.records(path) for cause in record.causes]


def test_h01_what_stops_with_a_parent_that_comes_back_is_kept_with_it(world: World) -> None:
    with simulate(world, group("g", group("p", device("a"), device("b")))) as sim:
        sim.run(5)
        world.stubborn.add("g/p/a")
        sim.declare(group("g"))
        sim.run(1)
        assert sim["g/p"].control_reason == "g no longer declares it"
        assert sim["g/p/a"].control_reason == "stops with g/p"
        assert sim["g/p/b"].state == "stopped"
        sim.declare(group("g", group("p", device("a"), device("b"))))
        sim.run(0.01)
        for path in ("g/p", "g/p/a", "g/p/b"):
            s = sim.supervisor(path)
            assert (s.stop, s.incarnation) == (None, 1)
            assert "stop" not in s.timers
            assert [str(cause) for cause in causes(sim, path)].count(AGAIN) == 1
            assert next(c for c in causes(sim, path) if str(c) == AGAIN).origin > 0
        world.stubborn.clear()
        sim.run(60)
        assert set(states(sim).values()) == {"running"}
        assert {node.incarnation for node in sim.view().nodes} == {1}
        assert sim.texts("forced") == []


def test_h01_another_spec_is_said_once_however_often_it_is_derived(world: World) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        sim.declare(group("g"))
        sim.run(1)
        for others in ([], ["b"], ["b", "c"]):  # each time all children are looked at
            sim.declare(group("g", device("a", pin=1), *map(device, others)))
            sim.run(1)
        anew = "declared again while being removed: to be recreated after it"
        assert sim.texts("stop", "g/a") == ["g no longer declares it", anew]


def test_h01_the_spec_that_runs_is_the_one_to_come_back_with(world: World) -> None:
    """Not the one that was declared last and still waited for its turn."""
    with simulate(world, group("g", device("a"), device("b")), settings=SLOW) as sim:
        sim.run(15)
        sim.declare(group("g", device("a", pin=1), device("b", pin=1)))
        sim.run(1)
        assert [sim[f"g/{name}"].incarnation for name in "ab"] == [2, 1]
        world.stubborn.add("g/b")
        sim.declare(group("g", device("a", pin=1)))
        sim.run(0.5)
        sim.declare(group("g", device("a", pin=1), device("b")))
        world.stubborn.clear()
        sim.run(30)
        assert (sim["g/b"].state, sim["g/b"].incarnation) == ("running", 1)
        assert sim.texts("stop", "g/b")[-1] == "declared again with the same spec: kept"


def test_h01_what_changed_while_it_was_being_removed_is_derived(world: World) -> None:
    def declared(*, there: bool) -> ChildSpec:
        return group("g", *[device("a", template="{{ .global.x }}")] * there)

    with simulate(world, declared(there=True), global_variables={"x": 1}) as sim:
        sim.run(5)
        world.stubborn.add("g/a")
        sim.declare(declared(there=False), {"x": 1})
        sim.run(1)
        sim.declare(declared(there=False), {"x": 2})
        sim.run(1)
        world.stubborn.clear()
        sim.declare(declared(there=True), {"x": 2})
        sim.run(30)
        assert sim.supervisor("g/a").live_config == 2
        assert sim["g/a"].state == "running"


@pytest.mark.parametrize("stopping", ["as it restarts", "as it is renamed"])
def test_h01_a_root_takes_the_last_name_that_it_was_given(world: World, stopping: str) -> None:
    with simulate(world, device("a")) as sim:
        sim.run(5)
        world.stubborn.add("a")
        if stopping == "as it restarts":
            sim.restart("a")
        else:
            sim.declare(device("b"))
        sim.run(1)
        sim.declare(device("c"))
        sim.run(1)
        first = "c" if stopping == "as it restarts" else "b"
        assert sim["a"].control_reason == f"the root is now named {first}"
        world.stubborn.clear()
        sim.run(40)
        assert states(sim) == {"c": "running"}


def test_a_turn_that_comes_while_it_is_being_removed_takes_no_place(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b")), settings=SLOW) as sim:
        sim.run(15)
        sim.declare(group("g", device("a", pin=1), device("b", pin=1)))
        sim.run(1)
        world.stubborn.add("g/b")
        sim.declare(group("g", device("a", pin=1)))
        for _ in range(20):
            sim.run(1)
            assert "g/b" not in sim.core.pace.under_way
        assert "g/b" in sim


def test_turns_come_as_often_as_the_pace_says(world: World) -> None:
    settings = EngineSettings(restarts_per_second=10.0)
    names = [f"d{n}" for n in range(40)]
    with simulate(world, group("g", *map(device, names)), settings=settings) as sim:
        sim.run(5)
        sim.declare(group("g", *[device(name, pin=1) for name in names]))
        sim.run(0.55)
        assert len(sim.texts("stop")) == 10 + 5  # at once, and half a second's worth


def test_a_type_that_changes_is_removed_and_made_anew_at_once(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        sim.declare(group("g", group("a", device("x"))))
        sim.run(5)
        assert states(sim) == {"g": "running", "g/a": "running", "g/a/x": "running"}
        assert (sim["g/a"].type, sim["g/a"].incarnation) == ("group", 2)


def test_a_renamed_root_is_removed_and_the_last_name_counts(world: World) -> None:
    world.stubborn.add("a")
    with simulate(world, device("a")) as sim:
        sim.run(5)
        sim.declare(device("b"))
        sim.run(20)
        sim.declare(device("c"))
        sim.until(lambda sim: "c" in sim, within=11)  # one deadline, not one for each wish
        sim.run(5)
        assert states(sim) == {"c": "running"}
