"""The guard that tests and simulations run: derive and step must be pure."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from lamp_tree import Device, DeviceSpec, World, condition, device, factory_for, group

from fsmv2 import DesiredState, goto, state, stay
from fsmv2.testing import Simulation

counted = itertools.count()


class Counting(Device):
    """Its config is another one each time."""

    update_policy = "in_place"

    def derive_desired_state(self, spec: DeviceSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("running", config=next(counted))


class Unseen(Device):
    """Reads a variable in a way that cannot be noted."""

    update_policy = "in_place"
    found: Any = None

    def derive_desired_state(self, spec: DeviceSpec, previous_observed: Any) -> DesiredState:
        import msgspec

        scope = spec.variables.flatten()
        scope.get("name")  # a noted read, so that the scope counts as read by key
        return DesiredState("running", config=msgspec.convert(scope, dict[str, Any])["global"])


class Moody(Device):
    """Its steps answer as they like."""

    @state("running", to="starting stopping paused")
    def running(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        return stay(f"mood {next(counted)}")


class Meddling(Device):
    """Changes what it was given: its own once, and what all workers share."""

    def derive_desired_state(self, spec: DeviceSpec, previous_observed: Any) -> DesiredState:
        spec.variables.user["limits"]["high"] = 99
        return super().derive_desired_state(spec, previous_observed)


class Greedy(Device):
    """Sets a variable of the whole fleet."""

    def derive_desired_state(self, spec: DeviceSpec, previous_observed: Any) -> DesiredState:
        spec.variables.global_["rate"] = 99  # type: ignore[index]
        return super().derive_desired_state(spec, previous_observed)


def run(kind: type[Device], world: World) -> Simulation:
    factory = factory_for(world)
    factory.register(kind, make=lambda: kind(world))
    root = group("g", device("a", worker_type=kind.definition.name), device("b"))
    return Simulation(root, factory, global_variables={"rate": 1})


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Counting, "derive_desired_state gave another `config` from the same spec and variables"),
        (Moody, "the step of state running gave two answers to one snapshot"),
    ],
)
def test_an_impure_worker_is_named_within_a_resync(kind: type[Device], said: str) -> None:
    with run(kind, World()) as sim:
        sim.run(130)
        assert said in condition(sim, "g/a", "Pure")
        assert condition(sim, "g/b", "Pure") == condition(sim, "g", "Pure") == ""


def test_a_read_that_could_not_be_noted_is_named() -> None:
    """A variable read unseen changed, and nothing was derived: the guard finds the difference."""
    world = World()
    with run(Unseen, world) as sim:
        sim.run(10)
        sim.declare(group("g", device("a", worker_type="unseen"), device("b")), {"rate": 2})
        sim.run(130)
        assert "another `config`" in condition(sim, "g/a", "Pure")


def test_a_derive_that_changes_its_variables_is_named_at_once() -> None:
    world = World()
    factory = factory_for(world)
    factory.register(Meddling, make=lambda: Meddling(world))
    user = {"limits": {"high": 1}}
    root = group("g", device("a", worker_type="meddling", user=user), device("b", user=user))
    with Simulation(root, factory) as sim:
        sim.run(1)
        assert "changed the variables it was given" in condition(sim, "g/a", "Pure")
        assert condition(sim, "g/b", "Pure") == ""


def test_the_global_variables_cannot_be_changed_by_who_is_handed_them() -> None:
    with run(Greedy, World()) as sim:
        sim.run(5)
        assert "frozen; make a new one" in condition(sim, "g/a", "Derived")
        assert sim.supervisor("g/b").spec.variables.global_ == {"rate": 1}
        assert sim["g/b"].state == "running"


def test_what_raises_is_not_called_impure() -> None:
    world = World()
    with run(Counting, world) as sim:
        sim.run(10)
        world.step["g/b"] = RuntimeError("once more")
        sim.run(130)
        assert condition(sim, "g/b", "Pure") == ""
