"""What a derive is given: variables, location, and for types that ask, the last observation."""

from __future__ import annotations

from typing import Any

import msgspec
from lamp_tree import Device, DeviceObserved, World, condition, device, factory_for, group

from fsmv2 import ChildSpec, DesiredState, VariableBundle
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
