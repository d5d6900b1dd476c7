"""Timers fire when they are due, and once; one that was replaced or cancelled fires never."""

from __future__ import annotations

import pytest
from lamp_tree import by_hand, device

from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.timers import DROPPED_AT_ONCE, TOLERATED, Timers

LATER = 10_000
"""A serial above all that are given here."""


@pytest.fixture
def s() -> Supervisor:
    found = by_hand(device("a"))["a"]
    found.timers.clear()
    return found


def fired(timers: Timers, now: float, began: int = LATER) -> list[str]:
    found = []
    while (due := timers.pop(now, began)) is not None:
        found += [due[1]] * due[2]
    return found


def test_timers_fire_in_the_order_they_are_due(s: Supervisor) -> None:
    timers = Timers()
    for serial, (kind, due) in enumerate([("late", 3.0), ("soon", 1.0), ("never", 9.0)]):
        timers.put(s, kind, due, serial)
    assert fired(timers, 3.0) == ["soon", "late"]
    assert s.timers == {"never": 9.0}
    assert fired(timers, 3.0) == []


def test_one_that_was_replaced_fires_at_its_new_time_only(s: Supervisor) -> None:
    timers = Timers()
    timers.put(s, "wake", 1.0, 1)
    timers.put(s, "wake", 5.0, 2)
    assert fired(timers, 4.9) == []
    assert fired(timers, 5.0) == ["wake"]


def test_one_that_was_cancelled_does_not_fire(s: Supervisor) -> None:
    timers = Timers()
    timers.put(s, "wake", 1.0, 1)
    del s.timers["wake"]
    assert fired(timers, 2.0) == []


def test_one_that_is_set_while_timers_fire_waits_for_the_next_round(s: Supervisor) -> None:
    timers = Timers()
    timers.put(s, "wake", 1.0, 5)
    assert fired(timers, 1.0, began=5) == []
    assert fired(timers, 1.0, began=6) == ["wake"]


def test_the_next_due_is_one_that_counts(s: Supervisor) -> None:
    timers = Timers()
    for serial in range(DROPPED_AT_ONCE + 1):
        timers.put(s, "wake", float(serial), serial)
    assert timers.first() == DROPPED_AT_ONCE
    del s.timers["wake"]
    assert timers.first() is None


def test_replaced_timers_are_dropped_before_they_are_due(s: Supervisor) -> None:
    timers = Timers()
    for serial in range(3 * TOLERATED):
        timers.put(s, "wake", 1e6 + serial, serial)
    assert len(timers) <= TOLERATED
    assert fired(timers, 1e7) == ["wake"]


def test_a_heap_of_timers_that_all_count_is_kept_whole(s: Supervisor) -> None:
    timers = Timers()
    for serial in range(2 * TOLERATED):
        timers.put(s, f"kind {serial}", 1.0, serial)
    assert len(fired(timers, 1.0)) == 2 * TOLERATED
