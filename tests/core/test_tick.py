"""One tick: its phases in order, and the record that it leaves."""

from __future__ import annotations

import pytest
from lamp_tree import DeviceObserved, by_hand, device, group, light

from fsmv2 import EngineSettings, ObservedState
from fsmv2.core import tick as module
from fsmv2.core.state.tick_record import Cause
from fsmv2.testing import ByHand


def ticked(tree: ByHand, path: str, cause: str = "test") -> None:
    tree.core.mark(tree[path], Cause(cause))
    tree[path].tick()


def running(**settings: int) -> ByHand:
    tree = by_hand(device("a"), settings=EngineSettings(**settings))
    light(tree, "a")
    return tree


def test_equal_looks_that_decide_nothing_are_one_record_with_a_count() -> None:
    tree = running()
    for _ in range(4):
        ticked(tree, "a")
    last = tree["a"].records[-1]
    assert ([str(c) for c in last.causes], last.repeats) == (["test"], 3)
    ticked(tree, "a", "something else")
    assert tree["a"].records[-1].repeats == 0


def test_only_the_newest_records_are_kept() -> None:
    tree = running(records=3)
    for number in range(5):
        ticked(tree, "a", f"cause {number}")
    kept = [str(record.causes[0]) for record in tree["a"].records]
    assert kept == ["cause 2", "cause 3", "cause 4"]


def test_a_resync_that_finds_something_to_do_is_counted_as_healed() -> None:
    tree = running()
    ticked(tree, "a", "resync")
    assert tree.core.counters.healed == 0
    tree["a"].observed = DeviceObserved(lit=False)  # and nobody has woken it
    ticked(tree, "a", "resync")
    assert (tree["a"].state, tree.core.counters.healed) == ("starting", 1)


def test_a_desired_state_and_its_children_come_from_one_tick() -> None:
    tree = by_hand(group("g", device("a")))
    tree.core.by_path["g"].tick()
    first = tree["g"].records[0]
    assert tree["g/a"].created_at == tree.core.epoch + first.at
    assert [str(c) for c in tree["g/a"].records[0].causes] == ["created"]
    assert tree["g/a"].records[0].causes[0].origin == first.id


def test_children_of_a_disabled_parent_are_disabled_in_its_tick() -> None:
    tree = by_hand(group("g", group("p", device("a"))))
    tree.tick()
    tree.observe("g", ObservedState())
    tree.tick()
    tree.declare(group("g", group("p", device("a"), enabled=False)))
    module.tick(tree.core, tree["g"])
    module.tick(tree.core, tree["g/p"])
    assert tree["g/p/a"].disabled
    assert tree["g/p/a"].control == "stopped"


@pytest.mark.parametrize("asked", [False, True])
def test_a_stop_is_passed_down_in_the_tick_that_finds_it(asked: bool) -> None:
    tree = by_hand(group("g", device("a")))
    tree.tick()
    if asked:
        tree.stop()
    module.tick(tree.core, tree["g"])
    assert (tree["g/a"].stop is not None) is asked
