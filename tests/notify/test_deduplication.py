"""The same trouble once, and again after a while."""

from __future__ import annotations

from fsmv2.notify import deduplication
from fsmv2.notify.deduplication import Deduplication

TROUBLE = ("edge/a", "condition", "failed")


def test_the_same_is_left_out_until_it_is_due_again() -> None:
    known = Deduplication(3600.0)
    assert known.first(TROUBLE, 0.0) == 0
    assert known.first(TROUBLE, 10.0) is None
    assert known.first(TROUBLE, 3599.0) is None
    assert known.first(TROUBLE, 3600.0) == 2
    assert known.first(TROUBLE, 3601.0) is None


def test_another_path_event_or_state_is_other_trouble() -> None:
    known = Deduplication(3600.0)
    for trouble in (TROUBLE, ("edge/b", *TROUBLE[1:]), (*TROUBLE[:2], "degraded")):
        assert known.first(trouble, 0.0) == 0


def test_without_reminders_it_is_said_once() -> None:
    known = Deduplication(0.0)
    assert known.first(TROUBLE, 0.0) == 0
    assert known.first(TROUBLE, 1e9) is None


def test_a_clock_that_is_put_back_does_not_silence_it() -> None:
    known = Deduplication(3600.0)
    assert known.first(TROUBLE, 1e6) == 0
    assert known.first(TROUBLE, 0.0) == 0


def test_what_is_remembered_is_bounded() -> None:
    known = Deduplication(3600.0)
    for number in range(deduplication.MOST + 1):
        known.first((f"edge/{number}", "condition", ""), 0.0)
    assert known.first((f"edge/{deduplication.MOST}", "condition", ""), 1.0) is None
    assert known.first(("edge/0", "condition", ""), 1.0) == 0
