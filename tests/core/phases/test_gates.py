"""The gates: each withholds a step with its reason; what stops or holds passes all but two."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lamp_tree import (
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
)
from fsmv2.core.phases.gates import withholding
from fsmv2.core.policy import overrides
from fsmv2.core.policy.livelock import IN_A_LIVELOCK
from fsmv2.core.state.parts import RunningAction
from fsmv2.testing import ByHand
from fsmv2.worker import ActionDefinition

BLOCKS = ActionDefinition("prepare", 20.0, 0, blocks_children=True)
DOES_NOT = ActionDefinition("prepare", 20.0, 0, blocks_children=False)


@pytest.fixture
def tree() -> ByHand:
    """A group and its device, both running."""
    tree = by_hand(group("g", device("a")))
    tree.tick()
    tree.observe("g", ObservedState())
    light(tree, "g/a")
    return tree


def pause(tree: ByHand) -> None:
    overrides.pause(tree.core, tree["g"], "ann", "cleaning")


def never_seen(tree: ByHand) -> None:
    tree["g/a"].observed_at = None


def fenced(tree: ByHand) -> None:
    never_seen(tree)
    tree["g/a"].watched_at = None
    tree.core.fences["g/a"] = {7}


def stale(tree: ByHand) -> None:
    tree["g/a"].fresh = False


def in_a_livelock(tree: ByHand) -> None:
    tree["g/a"].unsettled_until = tree.now + 1.0


def stuck(tree: ByHand) -> None:
    tree["g/a"].stuck = 7


def runs_above(tree: ByHand, definition: ActionDefinition = BLOCKS) -> None:
    tree["g"].action = RunningAction(1, definition, {}, False, 0.0, stops=False)


def circuit_open(tree: ByHand) -> None:
    tree["g"].withheld = frozenset({"a"})
    tree.core.open_circuits = 1


def waits_for_a_look(tree: ByHand) -> None:
    tree["g/a"].awaiting = tree.now


def stops_in_a_livelock(tree: ByHand) -> None:
    in_a_livelock(tree)
    tree["g/a"].slowed_passing = True


def runs_itself(tree: ByHand) -> None:
    tree["g/a"].action = RunningAction(1, DOES_NOT, {}, False, 0.0, stops=False)


def test_nothing_is_withheld_from_one_that_runs_undisturbed(tree: ByHand) -> None:
    assert withholding(tree.core, tree["g/a"], passes=False) == ""


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (pause, "paused by ann: cleaning (at g)"),
        (never_seen, "waits for its first observation"),
        (fenced, "waits until the tasks of incarnation 7 have ended"),
        (stale, "its observation is stale"),
        (in_a_livelock, IN_A_LIVELOCK),
        (stuck, "an action that ignores cancellation is still running"),
        (runs_above, "g is running its action prepare"),
        (circuit_open, "the circuit of g is open"),
    ],
)
def test_what_starts_is_withheld_and_what_stops_passes(
    tree: ByHand, happens: Callable[[ByHand], None], reason: str
) -> None:
    happens(tree)
    assert withholding(tree.core, tree["g/a"], passes=False) == reason
    assert withholding(tree.core, tree["g/a"], passes=True) == ""


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (waits_for_a_look, "waits for an observation that started after its action"),
        (stops_in_a_livelock, IN_A_LIVELOCK),
        (runs_itself, "the action prepare is running"),
    ],
)
def test_what_stops_is_withheld_too(
    tree: ByHand, happens: Callable[[ByHand], None], reason: str
) -> None:
    happens(tree)
    for passes in (False, True):
        assert withholding(tree.core, tree["g/a"], passes=passes) == reason


def test_an_action_that_waits_for_a_free_slot_is_told_from_one_that_runs(tree: ByHand) -> None:
    runs_itself(tree)
    action = tree["g/a"].action
    assert action is not None
    action.queued = True
    expected = "the action prepare waits for a free slot"
    assert withholding(tree.core, tree["g/a"], passes=False) == expected


@pytest.mark.parametrize("passes", [False, True])
def test_a_livelock_withholds_until_its_time_is_over_and_no_longer(
    tree: ByHand, passes: bool
) -> None:
    stops_in_a_livelock(tree)
    tree.advance(0.9)
    assert withholding(tree.core, tree["g/a"], passes=passes) == IN_A_LIVELOCK
    tree.advance(0.1)
    assert withholding(tree.core, tree["g/a"], passes=passes) == ""


def test_one_that_is_watched_already_waits_for_no_fence(tree: ByHand) -> None:
    fenced(tree)
    tree["g/a"].watched_at = 0.0
    reason = withholding(tree.core, tree["g/a"], passes=False)
    assert reason == "waits for its first observation"


def test_an_action_further_above_withholds_too() -> None:
    tree = by_hand(group("r", group("g", device("a"))))
    tree.tick()
    for path in ("r", "r/g"):
        tree.observe(path, ObservedState())
    light(tree, "r/g/a")
    tree["r"].action = RunningAction(1, BLOCKS, {}, False, 0.0, stops=False)
    assert withholding(tree.core, tree["r/g/a"], passes=False) == "r is running its action prepare"


def test_a_sibling_that_it_starts_after_withholds_it() -> None:
    tree = by_hand(group("g", device("a"), device("b", after=["a"])))
    tree.tick()
    tree.observe("g", ObservedState())
    tree.observe("g/b", DeviceObserved())
    b = tree["g/b"]
    assert withholding(tree.core, b, passes=False) == "starts after g/a, which is stopped"
    assert withholding(tree.core, b, passes=True) == ""


def test_a_cancelled_action_holds_up_no_stop(tree: ByHand) -> None:
    runs_itself(tree)
    action = tree["g/a"].action
    assert action is not None
    action.cancelled = True
    assert withholding(tree.core, tree["g/a"], passes=True) == ""
    assert withholding(tree.core, tree["g/a"], passes=False) == "the action prepare is running"


def test_an_action_that_does_not_block_withholds_nothing_below(tree: ByHand) -> None:
    runs_above(tree, DOES_NOT)
    assert withholding(tree.core, tree["g/a"], passes=False) == ""


@pytest.fixture
def world() -> World:
    return World()


def test_the_children_of_a_worker_that_acts_start_nothing_until_it_ends(world: World) -> None:
    with simulate(world, group("g", device("a"), acts=True)) as sim:
        sim.run(4)
        assert (sim["g/a"].state, sim["g"].action) == ("stopped", "prepare")
        assert sim["g/a"].reason == "g is running its action prepare"
        sim.until(lambda sim: sim["g/a"].state == "running", within=2)
