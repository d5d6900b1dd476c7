"""A step answers with a transition, an action or nothing; whatever else it does is contained."""

from __future__ import annotations

import math
from typing import Any

import pytest
from lamp_tree import (
    Device,
    DeviceObserved,
    World,
    by_hand,
    device,
    group,
    light,
    simulate,
)

from fsmv2 import (
    ObservedState,
    goto,
    stay,
)
from fsmv2.core.phases.step import SOONEST, impure_step, snapshot
from fsmv2.core.state.conditions import STEPS
from fsmv2.testing import ByHand
from fsmv2.worker import Act, Goto


def answering(answer: Any) -> ByHand:
    """A device whose first step gives this answer."""
    world = World()
    world.step["a"] = answer
    tree = by_hand(device("a"), world)
    tree.tick()
    tree.observe("a", DeviceObserved())
    tree.tick()
    return tree


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Goto("startin", "on"), "went to 'startin', which its to= does not name"),
        (Act("switch_of", "off"), "asks for 'switch_of', which is not marked @action"),
        (ZeroDivisionError("x / 0"), "step stopped raised ZeroDivisionError: x / 0"),
    ],
    ids=["transition", "action", "exception"],
)
def test_an_answer_that_cannot_be_carried_out_is_contained_and_explained(
    answer: Any, reason: str
) -> None:
    s = answering(answer)["a"]
    assert s.state == "stopped"
    assert reason in s.reason
    assert (s.conditions or {})[STEPS].reason == s.reason


def test_the_nearest_name_is_in_the_error() -> None:
    assert "Did you mean 'starting'?" in answering(Goto("startin", "on"))["a"].reason
    assert "Did you mean 'switch_off'?" in answering(Act("switch_of", "off"))["a"].reason


def test_the_condition_goes_with_the_next_step_that_works() -> None:
    tree = answering(17)
    tree["a"].worker.world.step.clear()
    tree.observe("a", DeviceObserved(lit=True))
    tree.tick()
    assert tree["a"].state == "running"
    assert tree["a"].conditions is None


@pytest.mark.parametrize(
    ("seconds", "due"), [(5.0, 5.0), (0.0, SOONEST), (-3.0, SOONEST), (math.inf, None)]
)
def test_a_step_is_woken_when_it_asks_but_never_in_a_busy_loop(
    seconds: float, due: float | None
) -> None:
    assert answering(stay("waits", wake_after=seconds))["a"].timers.get("wake") == due


def test_transitions_follow_in_one_tick_until_something_has_to_be_waited_for() -> None:
    tree = by_hand(device("a"))
    tree.tick()
    tree.observe("a", DeviceObserved(lit=True))
    assert tree.tick() == 1
    assert tree["a"].records[-1].decisions == (
        "goto starting: asked to run",
        "goto running: it is lit",
    )


def test_a_transition_ends_the_timer_of_the_state_it_leaves() -> None:
    tree = answering(stay("waits", wake_after=50.0))
    tree["a"].worker.world.step.clear()
    tree.observe("a", DeviceObserved(lit=True))
    tree.tick()
    assert "wake" not in tree["a"].timers


def test_a_step_reads_its_children_and_cannot_change_them() -> None:
    tree = by_hand(group("g", device("a")))
    tree.tick()
    tree.observe("g", ObservedState())
    light(tree, "g/a")
    picture = snapshot(tree.core, tree["g"])
    assert picture.children["a"].healthy
    with pytest.raises(TypeError):
        picture.children["a"] = None
    with pytest.raises(AttributeError):
        picture.state = "stopped"


def test_a_step_reads_only_those_dependencies_that_are_there() -> None:
    tree = by_hand(group("g", device("a"), device("b", depends_on=("g/a", "g/c"))))
    tree.tick()
    assert list(snapshot(tree.core, tree["g/b"]).dependencies) == ["g/a"]


def test_a_step_with_two_answers_to_one_picture_is_named() -> None:
    answers = iter(range(100))
    tree = answering(lambda: stay(f"{next(answers)}"))
    assert (
        impure_step(tree.core, tree["a"])
        == "the step of state stopped gave two answers to one snapshot"
    )


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "returned NoneType"),
        (42, "returned int"),
        (stay("x", wake_after=float("nan")), "woken after nan seconds"),
        (lambda: goto(Device.paused, "no"), "went to 'paused', which its to= does not name"),
        (lambda: __import__("fsmv2").act(Device.running, "no"), "is not marked @action"),
        (stay("x", waits_for=(["a"],)), "unhashable"),  # type: ignore[arg-type]
    ],
)
def test_a_step_that_answers_nonsense_is_named_and_contained(world: World, answer, said) -> None:  # type: ignore[no-untyped-def]
    world.step["g/a"] = answer
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(10)
        assert said in " ".join(sim.texts("error", "g/a"))
        assert sim["g/b"].state == "running"
        assert sim.stop() < 31


@pytest.mark.parametrize("seconds", [0, -5, 1e-9])
def test_a_step_that_wants_to_be_asked_at_once_is_no_busy_loop(world: World, seconds) -> None:  # type: ignore[no-untyped-def]
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.step["d"] = stay("again", wake_after=seconds)
        world.lit["d"] = False
        sim.run(6)
        ticks = sim["d"].ticks
        sim.run(1)
        assert sim["d"].ticks - ticks <= 102
