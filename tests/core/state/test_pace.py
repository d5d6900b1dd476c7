"""Recreations are paced: at most so many at once, and so many a second."""

from __future__ import annotations

from typing import Any

import pytest

from fsmv2 import EngineSettings
from fsmv2.core.state.pace import PATIENCE, Pace


def pace(at_once: int = 100, per_second: float = 100.0) -> Pace:
    return Pace(EngineSettings(restarts_at_once=at_once, restarts_per_second=per_second))


def admitted(pace: Pace, names: Any, now: float = 0.0) -> str:
    return "".join(name for name in names if pace.admit(name, now) == 0.0)


def test_no_more_than_the_limit_are_under_way() -> None:
    limited = pace(at_once=2)
    assert admitted(limited, "abc") == "ab"
    limited.done("a")
    assert admitted(limited, "c") == "c"


def test_who_has_a_place_is_admitted_again_and_takes_no_second_one() -> None:
    limited = pace(at_once=2)
    assert admitted(limited, "aab") == "aab"


def test_no_more_than_the_rate_in_a_second() -> None:
    limited = pace(per_second=2.0)
    assert admitted(limited, "abc") == "ab"
    assert limited.admit("c", 0.0) == pytest.approx(0.5)
    assert admitted(limited, "cd", now=0.5) == "c"


def test_a_calm_while_saves_no_more_than_one_second() -> None:
    assert admitted(pace(per_second=2.0), "abcd", now=1000.0) == "ab"


def test_less_than_one_a_second_admits_the_first_at_once() -> None:
    limited = pace(per_second=0.1)
    assert admitted(limited, "ab") == "a"
    assert limited.admit("b", 0.0) == pytest.approx(10.0)


def test_a_new_instance_that_does_not_come_up_keeps_its_place_for_a_while_only() -> None:
    limited = pace(at_once=1)
    limited.admit("a", 0.0)
    assert admitted(limited, "b", now=PATIENCE + 1) == "", "its stop has a deadline of its own"
    limited.started("a", 100.0)
    assert admitted(limited, "b", now=100.0 + PATIENCE - 1) == ""
    assert admitted(limited, "b", now=100.0 + PATIENCE) == "b"


def test_with_the_limits_lifted_everybody_is_admitted_at_once() -> None:
    lifted = pace(at_once=1, per_second=1.0)
    assert admitted(lifted, "abc") == "a"
    lifted.lift()
    many = [chr(0x100 + number) for number in range(2000)]
    assert admitted(lifted, many, now=1e9) == "".join(many)
