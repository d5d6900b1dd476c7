"""What an action is about: since when it runs, and when it times out."""

from __future__ import annotations

import pytest
from lamp_tree import DeviceObserved, by_hand, device

from fsmv2.cli.why_text import lines_of
from fsmv2.core.contract.events import ActionQueued
from fsmv2.operate.current_action import action_text
from fsmv2.operate.found_status import status_of
from fsmv2.operate.worker_status import WorkerStatus
from fsmv2.testing import ByHand


@pytest.mark.parametrize(
    ("age", "queued", "cancelled", "text"),
    [
        (42.0, False, False, "load, for 42 s; times out in 18 s"),
        (42.0, True, False, "load: waits for a free slot, for 42 s"),
        (42.0, False, True, "load, for 42 s; is cancelled and has not ended yet"),
        (95.0, False, False, "load, for 1 min 35 s; timed out 35 s ago and has not ended yet"),
    ],
)
def test_it_says_for_how_long_and_until_when(
    age: float, queued: bool, cancelled: bool, text: str
) -> None:
    assert action_text("load", age, 60.0, queued=queued, cancelled=cancelled) == text


@pytest.fixture
def tree() -> ByHand:
    """A device that has just asked to be switched on."""
    tree = by_hand(device("a"))
    tree.tick()
    tree.observe("a", DeviceObserved(lit=False))
    tree.tick()
    return tree


def status(tree: ByHand, *, later: float = 0.0) -> WorkerStatus:
    return status_of(tree["a"], process="", later=later)


def test_a_worker_that_acts_has_it_in_its_status(tree: ByHand) -> None:
    tree.advance(2)
    answer = status(tree, later=3.0)
    found = answer.action
    assert found is not None
    assert (found.name, found.age, found.queued) == ("switch_on", 5.0, False)
    assert "  does      switch_on, for 5.0 s; times out in 5.0 s" in lines_of(answer)


def test_one_that_waits_for_a_slot_does_not_run_yet(tree: ByHand) -> None:
    action = tree["a"].action
    assert action is not None
    tree.core.handle(ActionQueued("a", 1, action.id, waits=True), tree.now)
    tree.advance(7)
    found = status(tree).action
    assert found is not None
    assert found.text == "switch_on: waits for a free slot, for 7.0 s"
    tree.core.handle(ActionQueued("a", 1, action.id, waits=False), tree.now)
    found = status(tree, later=1.0).action
    assert found is not None
    assert found.text.startswith("switch_on, for 1.0 s; times out in ")


def test_one_that_does_nothing_has_none() -> None:
    tree = by_hand(device("a"))
    tree.tick()
    assert status(tree).action is None
