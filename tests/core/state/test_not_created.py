"""A worker that cannot be made stays in the tree, stopped, with the reason; nothing is done."""

from __future__ import annotations

from lamp_tree import by_hand, device, group

from fsmv2 import ObservedState
from fsmv2.core.contract.instructions import RunAction, Watch
from fsmv2.core.state.not_created import NOT_CREATED


def test_it_stands_for_an_unknown_type_and_is_never_watched() -> None:
    tree = by_hand(group("g", device("a", worker_type="devise")))
    tree.tick()
    tree.observe("g", ObservedState())
    tree.tick()
    assert tree["g/a"].definition is NOT_CREATED.definition
    view = tree.view("g/a")
    assert (view.state, view.healthy) == ("stopped", False)
    assert "devise" in view.reason
    asked = [i.path for i in tree.instructions if isinstance(i, Watch | RunAction)]
    assert asked == ["g"]


def test_it_is_always_to_be_stopped() -> None:
    assert list(NOT_CREATED.definition.states) == ["stopped"]
    assert NOT_CREATED.definition.actions == {}


def test_a_stop_does_not_wait_for_it() -> None:
    tree = by_hand(group("g", device("a", worker_type="devise")))
    tree.tick()
    tree.stop()
    tree.tick()
    tree.observe("g", ObservedState())
    tree.tick()
    assert tree.core.finished
