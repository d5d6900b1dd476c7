"""Engine settings that contradict themselves are refused, with all that is wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fsmv2 import EngineSettings, SpecError
from fsmv2.core.contract.settings import contradictions


def test_the_defaults_contradict_nothing() -> None:
    assert list(contradictions(EngineSettings())) == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"resync": -1.0}, "resync is -1, expected at least 0"),
        ({"stop_deadline": math.inf}, "stop_deadline is inf, expected at least 0"),
        ({"stale_after": math.nan}, "stale_after is nan, expected at least 0"),
        ({"records": 0}, "records is 0, expected at least 1"),
        ({"journal_mb": -1}, "journal_mb is -1, expected at least 0"),
        ({"backoff_jitter": 1.5}, "backoff_jitter is 1.5, expected at most 1"),
        ({"type_percent": 101}, "type_percent is 101, expected at most 100"),
        ({"warn_at": 5}, "warn_at is 5, expected less than escalate_at, 5"),
        ({"backoff_base": 61.0}, "backoff_base is 61, expected at most backoff_cap, 60"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        EngineSettings(**given)


@pytest.mark.parametrize(
    "given",
    [
        {"journal_mb": 0},
        {"backoff_jitter": 1.0},
        {"type_percent": 100},
        {"warn_at": 4, "escalate_at": 5},
        {"backoff_base": 60.0},
    ],
)
def test_the_last_number_before_that_is_valid(given: dict[str, Any]) -> None:
    assert list(contradictions(EngineSettings(**given))) == []


def test_all_contradictions_are_in_one_error() -> None:
    with pytest.raises(SpecError) as raised:
        EngineSettings(records=0, type_percent=200, warn_at=9)
    assert str(raised.value).count("expected") == 3
