"""What a derive is given, what it reads, and that it runs again only when that has changed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from lamp_tree import (
    Device,
    DeviceObserved,
    DeviceSpec,
    World,
    condition,
    device,
    factory_for,
    group,
    simulate,
    states,
)

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    VariableBundle,
)
from fsmv2.testing import Simulation


class Discoverer(Device):
    """Its config is what it saw last."""

    derive_from = "own"
    interval = 1.0

    def derive_desired_state(self, spec: Any, previous_observed: Any) -> DesiredState:
        seen = None if previous_observed is None else previous_observed.lit
        found = device("found", discovered=True)
        return DesiredState("running", (found,) if seen else (), spec.pin)


class Follower(Device):
    """Its config is what its parent saw last."""

    derive_from = "parent"
    update_policy = "in_place"

    def derive_desired_state(self, spec: Any, previous_observed: Any) -> DesiredState:
        return DesiredState("running", config=type(previous_observed).__name__)


def simulation(world: World, root: ChildSpec) -> Simulation:
    factory = factory_for(world)
    factory.register(Discoverer, make=lambda: Discoverer(world))
    factory.register(Follower, make=lambda: Follower(world))
    return Simulation(root, factory)


def test_a_type_that_asks_derives_from_its_own_observation_and_one_bad_look_removes_none() -> None:
    """H29: the third agreeing look removes what was discovered, the first two do not."""
    world = World()
    world.lit["d"] = True
    with simulation(world, device("d", worker_type="discoverer")) as sim:
        sim.run(3)
        assert "d/found" in sim
        world.step["d"] = None  # its steps must not switch it on again meanwhile
        world.lit["d"] = False
        sim.until(lambda sim: sim["d"].observed.lit is False)
        assert sim["d/found"].control == "running"
        sim.run(5)
        assert "d/found" not in sim


def test_a_type_that_asks_derives_from_its_parents_observation() -> None:
    world = World()
    child = device("f", worker_type="follower")
    with simulation(world, group("g", child)) as sim:
        sim.run(5)
        assert sim.supervisor("g/f").live_config == "ObservedState"


def test_a_location_that_breaks_the_rule_is_refused_and_mended_without_a_trace() -> None:
    world = World()

    def at(**location: str) -> ChildSpec:
        declared = device("a", template="{{ .location_path }}")
        spec = msgspec.structs.replace(declared.user_spec, location=location)
        return group("g", msgspec.structs.replace(declared, user_spec=spec))

    with simulation(world, at(enterprise="acme", area="a1")) as sim:
        sim.run(5)
        assert sim.supervisor("g/a").live_config == "acme.unknown.a1"
        sim.declare(at(enterprise="ac/me", area="a1"))
        sim.run(0)
        assert "Use 'ac-me'" in condition(sim, "g/a", "Derived")
        sim.declare(at(enterprise="acme", area="a1"))
        sim.run(5)
        assert condition(sim, "g/a", "Derived") == ""
        assert sim["g/a"].state == "running"


def test_the_engines_own_variables_stand_whatever_a_derive_sets() -> None:
    world = World()
    child = device(
        "a",
        template="{{ .parent_state }} {{ .internal.id }} {{ .internal.parent_id }}",
        user={"parent_state": "mine"},
    )
    assert isinstance(child.user_spec.variables, VariableBundle)
    with simulation(world, group("g", child)) as sim:
        sim.run(5)
        assert sim.supervisor("g/a").live_config == "running g/a g"


def test_an_observation_of_its_type_is_what_a_step_sees() -> None:
    world = World()
    with simulation(world, device("d")) as sim:
        sim.run(5)
        assert sim["d"].observed == DeviceObserved(lit=True)
        assert repr(sim.supervisor("d")) == "<Supervisor d running (it is lit)>"


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


def test_a_spec_that_a_derive_keeps_is_derived_again_for_every_variable() -> None:
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
def test_a_failed_derive_is_retried_only_when_what_it_missed_arrives(arrives: Any) -> None:
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


def test_a_tick_by_hand_spreads_a_change_of_globals() -> None:
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


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("wrong", ["nonsense", 0, DesiredState("nowhere")])
def test_a_derive_that_answers_nonsense_keeps_the_last_good_one(world: World, wrong) -> None:  # type: ignore[no-untyped-def]
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        world.derive["g"] = wrong
        sim.declare(group("g", device("a"), user={"x": 1}))
        sim.run(5)
        assert states(sim) == {"g": "running", "g/a": "running"}
        if wrong:
            assert condition(sim, "g", "Derived") != ""
