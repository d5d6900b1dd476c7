"""A child that is being removed is declared again (H1); turns that come meanwhile."""

from __future__ import annotations

import pytest
from lamp_tree import World, device, group, simulate, states

from fsmv2 import ChildSpec, EngineSettings
from fsmv2.core.state.tick_record import Cause
from fsmv2.testing import Simulation

AGAIN = "spec declared again while being removed"
SLOW = EngineSettings(restarts_at_once=1, restarts_per_second=0.1)
"""The second turn comes ten seconds after the first one."""


@pytest.fixture
def world() -> World:
    return World()


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
        anew = "declared again while being removed: to be created anew after it"
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
