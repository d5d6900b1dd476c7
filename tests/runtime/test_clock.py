"""The clock leaves out the time in which nobody was listening."""

from __future__ import annotations

from fsmv2.runtime import Clock


def test_h50_a_stall_does_not_count_as_time() -> None:
    """A sleep of an hour ages nothing; the wall clock is not asked at all."""
    time = [1000.0]
    clock = Clock(lambda: time[0])
    time[0] += 5
    assert clock.now() == 5
    time[0] += 3600
    clock.woke(3600)
    assert clock.now() == 5 + Clock.TOLERATED
    clock.woke(0.5)
    time[0] += 2
    assert clock.now() == 7 + Clock.TOLERATED


def test_a_late_wake_up_never_turns_time_back() -> None:
    time = [0.0]
    clock = Clock(lambda: time[0])
    last = 0.0
    for late in (0.2, 1.5, 30.0, 0.9, 7200.0):
        time[0] += late
        clock.woke(late)
        assert clock.now() >= last
        last = clock.now()
