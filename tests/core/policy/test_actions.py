"""Actions: one at a time, retried before the FSM sees a failure, and believed only after a look."""

from __future__ import annotations

import pytest
from lamp_tree import (
    DeviceObserved,
    World,
    by_hand,
    device,
    group,
    simulate,
)

from fsmv2 import (
    EngineSettings,
)
from fsmv2.core.contract.events import (
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
    Observed,
)
from fsmv2.core.contract.instructions import CancelAction, RunAction
from fsmv2.core.policy.actions import REFUSED_DELAY
from fsmv2.core.state.conditions import ACTION
from fsmv2.core.state.tick_record import Cause
from fsmv2.testing import ByHand
from fsmv2.worker import Outcome


@pytest.fixture
def tree() -> ByHand:
    """A device that has just asked to be switched on."""
    tree = by_hand(device("a"))
    look(tree)
    assert tree.asked("a") == "switch_on"
    return tree


def look(tree: ByHand, *, lit: bool = False) -> None:
    tree.tick()
    tree.observe("a", DeviceObserved(lit=lit))
    tree.tick()


def asked(tree: ByHand) -> int:
    return sum(isinstance(i, RunAction) for i in tree.instructions)


def running(tree: ByHand) -> int:
    action = tree["a"].action
    assert action is not None
    return action.id


def test_one_action_at_a_time(tree: ByHand) -> None:
    tree.core.mark(tree["a"], Cause("test"))
    tree.tick()
    assert asked(tree) == 1
    assert tree["a"].gate == "the action switch_on is running"


def test_failures_are_hidden_until_the_retries_are_used_up(tree: ByHand) -> None:
    for attempt in (1, 2, 3):
        tree.end("a", Outcome.FAILED, error="no current")
        look(tree)
        if attempt < 3:
            assert tree["a"].last_action is None
            assert (tree["a"].state, tree.asked("a")) == ("starting", "")
            tree.advance(10.0)
            tree.tick()
    assert asked(tree) == 3
    assert tree["a"].state == "failed"
    assert tree["a"].records[-1].decisions == ("goto failed: cannot be lit: no current",)


def test_a_permanent_failure_is_not_retried(tree: ByHand) -> None:
    tree.end("a", Outcome.FAILED, error="no lamp", permanent=True)
    look(tree)
    assert (tree["a"].state, asked(tree)) == ("failed", 1)


def test_its_effect_is_believed_only_after_a_look_that_began_later(tree: ByHand) -> None:
    tree.advance(2.0)
    tree.end("a")
    tree.core.handle(Observed("a", 1, 1.0, DeviceObserved(lit=True)), tree.now)
    tree.tick()
    assert tree["a"].gate == "waits for an observation that started after its action"
    look(tree, lit=True)
    assert tree["a"].state == "running"


def test_one_that_succeeds_without_effect_is_asked_for_ever_slower(tree: ByHand) -> None:
    tree.end("a")
    look(tree)
    assert asked(tree) == 2, "the second time at once"
    tree.end("a")
    look(tree)
    assert asked(tree) == 2
    tree.advance(1.0)
    tree.tick()
    assert asked(tree) == 3


def test_one_that_found_the_queue_full_is_asked_for_again(tree: ByHand) -> None:
    tree.core.handle(ActionRefused("a", 1, running(tree)), tree.now)
    tree.advance(REFUSED_DELAY / 2)
    tree.tick()
    assert (tree.asked("a"), asked(tree)) == ("", 1)
    tree.advance(REFUSED_DELAY / 2)
    tree.tick()
    assert (tree.asked("a"), asked(tree)) == ("switch_on", 2)


def test_one_that_is_overdue_is_a_condition_until_it_ends(tree: ByHand) -> None:
    tree.core.handle(ActionOverdue("a", 1, running(tree), "goes on"), tree.now)
    assert (tree["a"].conditions or {})[ACTION].reason == "the action switch_on goes on"
    tree.end("a")
    assert tree["a"].conditions is None


def test_one_that_is_stuck_blocks_the_next_until_it_ends(tree: ByHand) -> None:
    id_ = running(tree)
    tree.end("a", Outcome.STUCK)
    assert tree["a"].last_action is not None, "not hidden as a failure is that is retried"
    look(tree)
    assert tree["a"].gate == "an action that ignores cancellation is still running"
    assert ACTION in (tree["a"].conditions or {})
    tree.core.handle(ActionUnstuck("a", 1, id_), tree.now)
    assert (tree["a"].stuck, tree["a"].conditions) == (None, None)


def test_a_stop_cancels_it_and_goes_on_without_it_after_the_grace(tree: ByHand) -> None:
    id_ = running(tree)
    tree.stop()
    tree.tick()
    assert [i.action_id for i in tree.instructions if isinstance(i, CancelAction)] == [id_]
    tree.advance(tree.core.settings.cancel_grace)
    assert (tree["a"].action, tree["a"].stuck) == (None, id_)


def test_the_result_of_another_action_is_dropped(tree: ByHand) -> None:
    tree.core.handle(ActionEnded("a", 1, running(tree) + 1, Outcome.SUCCEEDED), tree.now)
    assert tree.asked("a") == "switch_on"
    assert tree.core.counters.dropped == 1


@pytest.fixture
def world() -> World:
    return World()


def test_a_full_queue_leaves_the_action_due_and_the_children_free(world: World) -> None:
    names = [f"d{n}" for n in range(6)]
    settings = EngineSettings(action_slots=2, action_queue=1)
    with simulate(world, group("g", *map(device, names)), settings=settings) as sim:
        sim.run(10)
        assert sim.dispatcher.executor.refused > 0
        assert {sim[f"g/{n}"].state for n in names} == {"running"}


def test_after_an_action_no_step_until_an_observation_that_began_later(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.hangs.add("d")
        world.lit["d"] = False
        sim.until(lambda sim: sim["d"].action == "switch_on")
        world.silent.add("d")
        sim.run(11)
        assert sim["d"].reason == "waits for an observation that started after its action"


def test_an_action_that_waits_for_a_slot_is_not_reported_to_run(world: World) -> None:
    world.hangs.add("g/a")
    settings = EngineSettings(action_slots=2)  # of which one type has half
    with simulate(world, group("g", device("a"), device("b")), settings=settings) as sim:
        sim.run(0.05)
        sim.until(lambda sim: sim["g/b"].action == "switch_on", within=10, step=0.01)
        sim.run(1.5)
        assert (sim["g/a"].action, sim["g/a"].reason) == ("switch_on", "it is dark")
        assert sim["g/b"].reason == "the action switch_on waits for a free slot"
        sim.until(lambda sim: sim["g/b"].state == "running", within=60)


def test_its_time_counts_from_when_it_has_its_slot(tree: ByHand) -> None:
    action = tree["a"].action
    assert action is not None
    asked_at = action.since
    tree.advance(20)
    tree.core.handle(ActionQueued("a", 1, action.id, waits=True), tree.now)
    assert action.started == asked_at
    tree.advance(20)
    tree.core.handle(ActionQueued("a", 1, action.id, waits=False), tree.now)
    assert action.started == tree.now
    assert action.since == asked_at, "how long it took in all is logged"
