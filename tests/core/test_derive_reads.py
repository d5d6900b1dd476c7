"""A derive runs again only when something it read has changed; what runs still sees all of it."""

from __future__ import annotations

from typing import Any

import pytest
from lamp_tree import Device, DeviceSpec, World, condition, device, factory_for, group

from fsmv2 import ChildSpec, DesiredState, EngineSettings, VariableBundle
from fsmv2.testing import Simulation


def plant(*children: ChildSpec) -> ChildSpec:
    return group("g", *children)


def most_at_once(sim: Simulation) -> int:
    """How many workers were being restarted at one time, by the reports."""
    under_way, most = 0, 0
    for report in sim.reports:
        under_way += (report.kind == "stop") - (report.kind == "restarted")
        most = max(most, under_way)
    return most


def test_h59_a_global_variable_reaches_exactly_the_workers_whose_derive_reads_it() -> None:
    """A global variable changes → the workers that use it derive and restart, the others go on."""
    world = World()
    users = [device(f"user{n}", template="{{ .global.rate }}") for n in range(60)]
    others = [device(f"other{n}", template="{{ .global.zone }}") for n in range(60)]
    root = plant(*users, *others)
    settings = EngineSettings(restarts_at_once=5, restarts_per_second=1000.0)
    with Simulation(
        root,
        factory_for(world),
        global_variables={"rate": "1s", "zone": "x"},
        settings=settings,
    ) as sim:
        sim.run(20)
        before = world.derives.copy()
        sim.declare(root, {"rate": "2s", "zone": "x"})
        sim.reports.clear()
        sim.run(20)
        derived = world.derives - before
        # Once for the variable and once as a new instance.
        assert {p for p, n in derived.items()} == {f"g/user{n}" for n in range(60)}
        assert sim.supervisor("g/user7").live_config == "2s"
        assert 1 < most_at_once(sim) <= settings.restarts_at_once
        assert all(sim[f"g/user{n}"].incarnation == 2 for n in range(60))
        assert all(sim[f"g/other{n}"].incarnation == 1 for n in range(60))
        assert "its spec or rendered config changed" in sim.texts("stop", "g/user3")
        causes = [str(c) for r in sim.records("g/other3") for c in r.causes]
        assert "variables global" in causes


def test_a_parents_states_do_not_derive_children_that_do_not_read_them() -> None:
    world = World()
    with Simulation(
        plant(device("a", template="{{ .IP }}", user={"IP": 1})), factory_for(world)
    ) as sim:
        sim.run(10)
        assert sim["g"].state == "running"
        assert world.derives["g/a"] == 1


class Watcher(Device):
    """Collects what its variables say, and derives without them."""

    seen: Any = None

    async def collect_observed_state(self, spec: DeviceSpec, resources: Any) -> Any:
        Watcher.seen = (spec.variables.global_["rate"], spec.variables.user["parent_state"])
        return await super().collect_observed_state(spec, resources)


def test_a_collection_sees_variables_that_no_derive_reads() -> None:
    world = World()
    factory = factory_for(world)
    factory.register(Watcher, make=lambda: Watcher(world))
    root = plant(device("a", worker_type="watcher"))
    with Simulation(root, factory, global_variables={"rate": 1}) as sim:
        sim.run(20)
        assert Watcher.seen == (1, "running")
        sim.declare(root, {"rate": 2})
        sim.run(20)
        assert Watcher.seen == (2, "running")
        assert world.derives["g/a"] == 1
        assert sim["g/a"].incarnation == 1


class Keeper(Device):
    """Its config is its whole spec."""

    update_policy = "in_place"

    def derive_desired_state(self, spec: DeviceSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("running", config=spec)


def test_a_spec_that_a_derive_keeps_is_derived_anew_for_every_variable() -> None:
    world = World()
    factory = factory_for(world)
    factory.register(Keeper, make=lambda: Keeper(world))
    root = plant(device("a", worker_type="keeper"))
    with Simulation(root, factory, global_variables={"rate": 1}) as sim:
        sim.run(10)
        sim.declare(root, {"rate": 2})
        sim.run(10)
        config = sim.supervisor("g/a").live_config
        assert config.variables.global_ == {"rate": 2}


@pytest.mark.parametrize("arrives", [{"rate": "1s"}, {"other": 1}])
def test_a_failed_derive_is_tried_again_only_when_what_it_missed_arrives(arrives: Any) -> None:
    world = World()
    root = plant(device("a", template="{{ .global.rate }}"))
    with Simulation(root, factory_for(world)) as sim:
        sim.run(10)
        assert "'global.rate' is not defined" in condition(sim, "g/a", "Derived")
        tried = world.derives["g/a"]
        sim.declare(root, arrives)
        sim.run(10)
        arrived = "rate" in arrives
        assert world.derives["g/a"] == tried + arrived
        assert (condition(sim, "g/a", "Derived") == "") is arrived
        assert sim["g/a"].state == ("running" if arrived else "stopped")


def test_a_change_of_globals_that_nobody_has_been_told_of_is_told_by_a_tick_by_hand() -> None:
    """`Supervisor.tick()` drains the subtree, whatever is still to be told."""
    from fsmv2.core import Core, Declared

    world = World()
    root = group("g", device("a", user={"IP": 1}), user={})
    core = Core(factory_for(world))
    core.handle(Declared(root, {"rate": 1}), 0.0)
    top = core.root
    assert top is not None
    assert top.tick() > 0
    assert top.tick() == 0
    core.handle(Declared(root, {"rate": 2}), 1.0)
    assert top.tick() == 2
    assert core.by_path["g/a"].spec == DeviceSpec(
        variables=VariableBundle.trusted(
            {"IP": 1, "parent_state": "stopped", "location": {}, "location_path": ""},
            {"rate": 2},
            core.by_path["g/a"].internal,
        )
    )
