"""A worker class is checked when it is made; every fault of it is named at once, with the fix."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2 import (
    DefinitionError,
    DesiredState,
    ObservedState,
    Phase,
    UserSpec,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.worker import Act, Goto, Stay


class Base(Worker[UserSpec, ObservedState], abstract=True):
    async def collect_observed_state(self, spec: Any, resources: Any) -> ObservedState:
        return ObservedState()


def make(states: dict[str, tuple[str, str]], **members: Any) -> type[Any]:
    """A worker class of these states: name → (phase, to)."""
    for name, (phase, to) in states.items():

        def step(self: Any, s: Any) -> Stay:
            return stay("")

        step.__name__ = name
        members[name] = state(phase, to=to)(step)
    return type("Made", (Base,), members)


SOUND = {
    "stopped": ("stopped", "running"),
    "running": ("running", "stopping"),
    "stopping": ("stopping", "stopped"),
}


@pytest.mark.parametrize(
    ("states", "members", "said"),
    [
        ({}, {}, "it has no FSM"),
        ({**SOUND, "running": ("running", "stoping")}, {}, "unknown target 'stoping'. Did you"),
        ({**SOUND, "lost": ("degraded", "stopping")}, {}, "'lost' is unreachable from the initial"),
        ({**SOUND, "running": ("running", "")}, {}, "'running' has no way to the stop state"),
        (
            {**SOUND, "stopping": ("stopping", "stopped running")},
            {},
            "is stopping and may not turn back to 'running' (running)",
        ),
        (SOUND, {"stop_state": "halted"}, "its stop state 'halted' is not one of its states"),
        (SOUND, {"initial": "begin"}, "its initial state 'begin' is not one of its states"),
        (SOUND, {"stop_state": "running"}, "'running' must be of phase 'stopped', not 'running'"),
        (SOUND, {"interval": 0}, "interval is 0, expected more than 0 seconds"),
        (SOUND, {"observe_timeout": -1}, "observe_timeout is -1, expected more than 0"),
        (SOUND, {"update_policy": "inplace"}, "update_policy is 'inplace'. Did you mean"),
        (SOUND, {"derive_from": "self"}, "derive_from is 'self'. Known: nothing, own, parent."),
    ],
)
def test_a_fault_is_named(states: Any, members: Any, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        make(states, **members)
    assert said in str(caught.value)
    assert "Made is not a valid worker" in str(caught.value)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        make({**SOUND, "running": ("running", "nowhere")}, interval=-1, initial="begin")
    text = str(caught.value)
    for said in ("nowhere", "interval", "begin", "no way to the stop state"):
        assert said in text


def test_every_field_of_an_observation_needs_a_default() -> None:
    class Seen(ObservedState):
        lit: bool
        level: int = 0

    with pytest.raises(DefinitionError, match="missing for: lit"):

        class Lamp(Worker[UserSpec, Seen]):
            async def collect_observed_state(self, spec: Any, resources: Any) -> Seen:
                return Seen(lit=True)

            @state("stopped")
            def stopped(self, s: Any) -> Stay:
                return stay("")


def test_types_that_are_no_spec_or_observation_are_refused() -> None:
    with pytest.raises(DefinitionError) as caught:

        class Lamp(Worker[int, str]):  # type: ignore[type-var]
            async def collect_observed_state(self, spec: Any, resources: Any) -> Any:
                return None

            @state("stopped")
            def stopped(self, s: Any) -> Stay:
                return stay("")

    assert "its spec type int must subclass UserSpec" in str(caught.value)
    assert "its observation type str must subclass ObservedState" in str(caught.value)


def test_a_class_that_does_not_observe_the_fields_it_declares_is_refused() -> None:
    class Seen(ObservedState):
        lit: bool = False
        level: int = 0

    with pytest.raises(DefinitionError, match="nothing observes lit, level of its Seen: define"):

        class Lamp(Worker[UserSpec, Seen]):
            @state("stopped")
            def stopped(self, s: Any) -> Stay:
                return stay("")


def test_a_collector_that_cannot_be_given_what_it_is_given_is_refused() -> None:
    """Else each look at the machine would fail, hours after the class was written."""
    with pytest.raises(DefinitionError, match="is given the spec and the resources: write `async"):

        class Lamp(Worker[UserSpec, ObservedState]):
            async def collect_observed_state(self, spec: Any) -> ObservedState:  # type: ignore[override]  # the mistake
                return ObservedState()

            @state("stopped")
            def stopped(self, s: Any) -> Stay:
                return stay("")


async def test_a_class_without_fields_to_observe_needs_no_collector() -> None:
    class Nothing(ObservedState):
        """Has no fields."""

    class Parent(Worker[UserSpec, Nothing]):
        @state("stopped")
        def stopped(self, s: Any) -> Stay:
            return stay("")

    given: Any = None
    assert await Parent().collect_observed_state(UserSpec(), given) == Nothing()


def test_a_sound_class_is_compiled_to_what_the_core_reads() -> None:
    class DataFlow(Base):
        @action(timeout=3, retries=1, blocks_children=False)
        async def open(self, spec: Any, resources: Any) -> None: ...

        @state("stopped", to="running")
        def stopped(self, s: Any) -> Stay:
            """Nothing runs.

            More.
            """
            return stay("")

        @state(Phase.RUNNING, to=["stopped"])
        def running(self, s: Any) -> Stay:
            return stay("")

    made = DataFlow.definition
    assert (made.name, made.goal, made.initial, made.stop_state) == (
        "data-flow",
        "running",
        "stopped",
        "stopped",
    )
    assert made.states["stopped"].summary == "Nothing runs."
    assert made.states["running"].to == ("stopped",)
    assert made.actions["open"].timeout == 3
    assert not made.actions["open"].blocks_children
    assert DataFlow().derive_desired_state(UserSpec(), None) == DesiredState("running")


def test_a_subclass_may_replace_a_state_and_keeps_the_others() -> None:
    first = make(SOUND)

    class Second(first):  # type: ignore[valid-type, misc]
        @state("running", to="stopping stopped")
        def running(self, s: Any) -> Stay:
            return stay("replaced")

    assert list(Second.definition.states) == ["stopped", "running", "stopping"]
    assert Second.definition.states["running"].to == ("stopping", "stopped")
    assert first.definition.states["running"].to == ("stopping",)


def test_types_are_found_through_generic_bases() -> None:
    class Spec(UserSpec):
        a: int = 0

    class Generic(Worker[Spec, ObservedState], abstract=True):
        async def collect_observed_state(self, spec: Any, resources: Any) -> ObservedState:
            return ObservedState()

    class Lamp(Generic):
        @state("stopped")
        def stopped(self, s: Any) -> Stay:
            return stay("")

    assert Lamp.definition.spec_type is Spec
    assert Lamp.definition.goal == "stopped"  # without a running state: the initial one


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_an_action_needs_a_time_limit(timeout: float) -> None:
    with pytest.raises(DefinitionError, match="more than 0 seconds"):
        action(timeout=timeout)


def test_a_step_answers_a_state_an_action_or_nothing_never_two() -> None:
    made = make(SOUND)()

    async def switch(self: Any) -> None: ...

    assert goto(made.running, "r") == Goto("running", "r")
    assert act(switch, "r", level=3) == Act("switch", "r", {"level": 3})
    assert stay("r", wake_after=2, waits_for="a/b") == Stay("r", 2, ("a/b",))
