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


def test_what_raises_is_not_called_impure() -> None:
    world = World()
    with run(Counting, world) as sim:
        sim.run(10)
        world.step["g/b"] = RuntimeError("once more")
        sim.run(130)
        assert condition(sim, "g/b", "Pure") == ""
