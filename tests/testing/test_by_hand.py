"""A tree driven by hand: every decision is asked for, and the clock stands still by itself."""

from __future__ import annotations

import pytest
from lamp_tree import DeviceObserved, World, device, factory_for, group

from fsmv2 import ObservedState
from fsmv2.testing import ByHand
from fsmv2.worker import Outcome


def by_hand() -> ByHand:
    return ByHand(group("g", device("a")), factory_for(World()))


def test_a_start_is_a_chain_of_decisions_and_answers() -> None:
    tree = by_hand()
    assert tree.tick() > 0
    tree.observe("g", ObservedState())
    tree.observe("g/a", DeviceObserved(lit=False))
    tree.tick()
    assert tree.asked("g/a") == "switch_on"
    assert tree["g"].state == "running"
    tree.end("g/a", Outcome.FAILED, error="no bulb")
    tree.tick()
    tree.observe("g/a", DeviceObserved(lit=False))
    tree.tick()
    assert tree.asked("g/a") == "", "it waits for its retry"
    tree.advance(2.0)
    tree.tick()
    assert tree.asked("g/a") == "switch_on"
    tree.end("g/a")
    tree.tick()
    tree.observe("g/a", DeviceObserved(lit=True))
    tree.tick("g/a")
    assert tree.view("g/a").state == "running"
    assert tree.tick() <= 1
    assert tree.tick() == 0
    assert "starting → running: it is lit" in tree.reports("g/a")


def test_a_stop_by_hand_releases_everything() -> None:
    tree = by_hand()
    tree.tick()
    tree.stop()
    for _ in range(5):
        tree.tick()
        for path in [p for p in ("g", "g/a") if p in tree]:
            tree.observe(path, DeviceObserved() if path == "g/a" else ObservedState())
    tree.tick()
    assert "g" not in tree
    assert tree.core.finished
    assert tree.tick() == 0


def test_an_end_of_nothing_is_refused() -> None:
    tree = by_hand()
    tree.tick()
    with pytest.raises(ValueError, match="g/a runs no action; it is stopped"):
        tree.end("g/a")
    with pytest.raises(KeyError):
        tree.observe("nobody", DeviceObserved())
