"""Backoff: what it refuses, and what it takes over from a wider place."""

from __future__ import annotations

import pytest

from fsmv2 import Backoff, SpecError


def test_a_base_alone_raises_the_cap_of_a_wider_place() -> None:
    wider = Backoff(base=1.0, cap=60.0, jitter=0.5, reset_after=300.0)
    assert Backoff(base=120.0).over(wider).cap == 120.0
    assert Backoff(cap=0.5).over(wider).base == 0.5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base": -1.0}, "base is -1"),
        ({"cap": float("inf")}, "cap is inf"),
        ({"jitter": 1.5}, "jitter is 1.5"),
        ({"reset_after": float("nan")}, "reset_after is nan"),
        ({"base": 5.0, "cap": 2.0}, "base is 5, expected at most cap, 2"),
    ],
)
def test_a_backoff_that_makes_no_sense_is_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        Backoff(**given)
