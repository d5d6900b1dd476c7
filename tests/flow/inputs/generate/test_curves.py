"""The value of each curve at a time: the same each time, and as its options say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsmv2.flow.inputs.generate.curves import value_at
from fsmv2.flow.inputs.generate.generated_tag import GeneratedTag


def values(times: list[float], seed: int = 0, **tag: Any) -> list[Any]:
    made = GeneratedTag(name="t", **tag)
    return [value_at(made, seconds, seed) for seconds in times]


def test_a_sine_goes_around_its_offset_within_a_period() -> None:
    quarters = [0.0, 2.5, 5.0, 7.5, 10.0]
    wave = values(quarters, curve="sine", period=10.0, amplitude=15, offset=180)
    assert wave == pytest.approx([180, 195, 180, 165, 180])
    assert values([1.0], curve="sine", period=10.0) == [0.587785]


def test_a_counter_counts_periods_from_its_offset_on() -> None:
    times = [0.0, 1.9, 2.0, 7.0]
    assert values(times, curve="counter", period=2.0, offset=5) == [5, 5, 6, 8]
    assert values(times, curve="counter", period=2.0, amplitude=-0.5) == [0, 0, -0.5, -1.5]
    whole = values([7.0], curve="counter", period=2.0)
    assert isinstance(whole[0], int)


def test_a_counter_is_not_late_for_what_a_float_loses() -> None:
    """0.1 × 3 is a little more than 0.3 in binary, and 0.1 × 6 / 0.3 a little less than 2."""
    times = [n * 0.1 for n in range(13)]
    assert values(times, curve="counter", period=0.3) == [n // 3 for n in range(13)]


def test_a_counter_too_large_for_a_whole_number_of_json_becomes_a_float() -> None:
    counted = values([20.0], curve="counter", period=1.0, amplitude=2**60)
    assert counted == [20.0 * 2**60]
    assert isinstance(counted[0], float)


def test_random_values_of_a_seed_are_the_same_each_time_and_others_of_another() -> None:
    times = [float(n) for n in range(50)]
    options: dict[str, Any] = {"curve": "random", "period": 2.0, "amplitude": 3, "offset": 10}
    first = values(times, 7, **options)
    assert first == values(times, 7, **options)
    assert first != values(times, 8, **options)
    assert first[0] == first[1] != first[2], "one for each period"
    assert len(set(first)) == 25
    assert value_at(GeneratedTag(name="other", **options), 0.0, 7) != first[0]


def test_steps_go_round_and_keep_their_type() -> None:
    steps = values([0, 4, 5, 11, 15], curve="steps", period=5.0, values=("idle", True, 1.5))
    assert steps == ["idle", "idle", True, 1.5, "idle"]


@given(
    st.sampled_from(["sine", "random"]),
    st.floats(0, 1e7),
    st.floats(0.01, 1e5),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.integers(),
)
def test_no_value_is_further_from_the_offset_than_the_amplitude(
    curve: Any, seconds: float, period: float, amplitude: float, offset: float, seed: int
) -> None:
    """But for what rounding to six digits adds."""
    (value,) = values(
        [seconds], seed, curve=curve, period=period, amplitude=amplitude, offset=offset
    )
    assert abs(value - offset) <= abs(amplitude) + 1e-5 * (abs(amplitude) + abs(offset))
