"""Durations as people write them."""

from __future__ import annotations

import pytest

from fsmv2.duration import parse_duration, written_duration
from fsmv2.errors import DurationError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("1s", 1.0),
        ("1.5s", 1.5),
        ("2m", 120.0),
        ("2min", 120.0),
        ("1h", 3600.0),
        ("7d", 604800.0),
        ("1h30m", 5400.0),
        ("1m 30s", 90.0),
        (" 5 s ", 5.0),
        ("0s", 0.0),
    ],
)
def test_a_number_and_a_unit_are_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (500, "expected a duration with a unit, got 500; write 500ms or 500s"),
        (0.5, "expected a duration with a unit, got 0.5; write 0.5ms or 0.5s"),
        (10**400, "expected a duration with a unit, got such a number; write 500ms or 1s"),
        ("20", "expected a duration with a unit, got 20; write 20ms or 20s"),
        ("", ("expected a duration such as 500ms, 1s or 2m, got an empty text; "
             "write a number and a unit: ms, s, m, h or d")),
        ("soon", ("expected a duration such as 500ms, 1s or 2m, got 'soon'; "
                 "write a number and a unit: ms, s, m, h or d")),
        ("5 minutes", "expected a duration, got '5 minutes'; write 5m"),
        ("5S", "expected a duration, got '5S'; write 5s"),
        ("500us", "expected a duration such as 500ms, 1s or 2m, got '500us'; write 0.5ms"),
        ("2w", "expected a duration such as 500ms, 1s or 2m, got '2w'; write 14d"),
        ("00:01:30", "expected a duration such as 500ms, 1s or 2m, got '00:01:30'; write 1m30s"),
        ("1h30", "expected a duration such as 500ms, 1s or 2m, got '1h30'; write 1h30m"),
        ("5 sec.", "expected a duration such as 500ms, 1s or 2m, got '5 sec.'; write 5s"),
        ("2y", "expected a duration such as 500ms, 1s or 2m, got '2y'; write 730d"),
        ("0", "expected a duration with a unit, got 0; write 0s"),
        (
            "1:30",
            ("expected a duration such as 500ms, 1s or 2m, got '1:30'; "
            "write 1h30m, or 1m30s if these are minutes and seconds"),
        ),
        ("PT1H", "expected a duration such as 500ms, 1s or 2m, got 'PT1H'; write 1h"),
        ("10 Hz", ("expected a duration such as 500ms, 1s or 2m, got '10 Hz'; "
                   "write how long it is from one to the next: 100ms")),
        ("1,5s", "expected a duration, got '1,5s'; write 1.5s"),
        ("-5s", "expected a duration that is not negative, got '-5s'; write 5s"),
        ("-5", ("expected a duration that is not negative, got '-5'; "
               "write it without the minus sign")),
        ("5 ns", ("expected a duration with one of the units ms, s, m, h and d, got '5 ns'; "
                 "write 5ms, 5s or 5m")),
        ("4000d", ("expected a duration of at most ten years, got '4000d'; "
                  "check the number and its unit")),
        ("9" * 500 + "d", (f"expected a duration of at most ten years, got '{'9' * 40}'; "
                          "check the number and its unit")),
        (True, "expected a duration such as 500ms, 1s or 2m"),
        (None, "expected a duration such as 500ms, 1s or 2m"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_to_write(value: object, said: str) -> None:
    with pytest.raises(DurationError) as raised:
        parse_duration(value)
    assert str(raised.value) == said


def test_a_very_long_text_is_refused_shortened_and_quickly() -> None:
    with pytest.raises(ValueError, match=r"got '1{39}…'; write"):
        parse_duration("1" * 1_000_000 + "x")


@pytest.mark.parametrize("written", ["0s", "5ms", "500ms", "2.2s", "1m", "5m", "1h30m", "4h", "1d"])
def test_a_duration_is_written_as_it_is_read(written: str) -> None:
    assert written_duration(parse_duration(written)) == written
