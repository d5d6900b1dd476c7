"""What the figures of a flow say, of its rates above all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsmv2.flow.stats import FlowCounters, Rate


def test_a_rate_is_of_the_full_seconds_of_its_window() -> None:
    rate = Rate(window=10)
    assert rate.value(100.0) == 0.0
    for second in range(100, 130):
        rate.add(5, second + 0.1)
        rate.add(5, second + 0.6)
    assert rate.value(130.0) == 10.0
    assert rate.value(131.5) == 9.0
    assert rate.value(200.0) == 0.0


@pytest.mark.parametrize(("pause", "ceased"), [(0.1, 2.1), (0.5, 2.1), (2.0, 5.1), (30.0, 76.0)])
def test_a_rate_is_nothing_soon_after_events_have_ceased(pause: float, ceased: float) -> None:
    """It does not decay for as long as its window is, and waits for those that come slowly."""
    rate, now = Rate(window=10), 1000.0
    for _ in range(50):
        now += pause
        rate.add(3, now)
    assert rate.value(now + 1.0) == pytest.approx(3 / pause, rel=0.2)
    assert rate.value(now + 0.8 * ceased) > 0.0
    assert rate.value(now + ceased) == 0.0


def test_a_rate_after_a_long_silence_is_that_of_now() -> None:
    rate, now = Rate(window=10), 1000.0
    for silence in (0.0, 3600.0, 50.0):
        now += silence
        for _ in range(40):
            now += 0.5
            rate.add(1, now)
        assert rate.value(now) == pytest.approx(2.0, rel=0.1)
        assert rate.value(now + 3) == 0.0


def test_events_that_come_less_often_than_the_window_have_a_steady_rate() -> None:
    """One a minute is no rate of 0.1 now and then."""
    rate, now = Rate(window=10), 0.0
    seen = []
    for second in range(1200):
        if not second % 60:
            rate.add(1, now + second)
        if second > 300:
            seen.append(rate.value(now + second + 0.5))
    assert min(seen) > 0.9 / 60
    assert max(seen) < 1.3 / 60


def test_the_counters_of_a_flow_begin_at_nothing_and_add_up() -> None:
    counters = FlowCounters()
    assert counters.last_message_ms is None
    counters.accept(8, 1_700_000_000_000)
    counters.accept(4, 1_700_000_000_500)
    counters.fail("read")
    assert (counters.accepted, counters.errors, counters.acked) == (12, 1, 0)
    assert counters.last_message_ms == 1_700_000_000_500
    assert (counters.polls, counters.skipped_full, counters.skipped_slow) == (0, 0, 0)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 50)), max_size=100))
def test_a_rate_is_never_more_than_its_fullest_second(events: list[tuple[float, int]]) -> None:
    rate, now, seconds = Rate(window=10), 0.0, dict[int, int]()
    for pause, count in events:
        now += pause
        rate.add(count, now)
        seconds[int(now)] = seconds.get(int(now), 0) + count
        assert 0.0 <= rate.value(now) <= max(seconds.values())
        assert 0.0 <= rate.value(now + 1) <= max(seconds.values())


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 50)), max_size=200))
def test_a_rate_of_what_does_not_cease_is_that_of_its_window(
    events: list[tuple[float, int]],
) -> None:
    rate, now, seconds = Rate(window=10), 0.0, dict[int, int]()
    for pause, count in events:
        now += pause
        rate.add(count, now)
        seconds[int(now)] = seconds.get(int(now), 0) + count
        assert 0.0 <= rate.value(now) <= max(seconds.values())
    full = [n for at, n in seconds.items() if int(now) + 1 - 10 <= at]
    if len(seconds) > 10:
        assert rate.value(now + 1) == sum(full) / 10
