"""Times and durations as people read them."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from fsmv2.operate.time_text import (
    age_text,
    brief_date_text,
    clock_text,
    date_text,
    duration_text,
    local_times,
)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_are_said_as_a_person_says_them(seconds: float, said: str) -> None:
    assert duration_text(seconds) == said


def test_a_time_of_day_has_its_milliseconds() -> None:
    at = datetime(2026, 3, 4, 12, 5, 6).astimezone().timestamp()
    assert clock_text(at + 0.25) == "12:05:06.250"
    assert date_text(at + 0.25) == "2026-03-04 12:05:06.250"


def test_only_another_day_is_named_with_its_date() -> None:
    at = datetime(2026, 3, 4, 12, 5, 6).astimezone().timestamp()
    assert brief_date_text(at) == "2026-03-04 12:05:06"
    now = time.time()
    assert brief_date_text(now) == time.strftime("%H:%M:%S", time.localtime(now))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1.0, "0s"), (45.9, "45s"), (119, "119s"), (180, "3m"), (7200, "2h"), (300_000, "3d")],
)
def test_an_age_in_a_column_has_one_unit(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


def test_the_end_of_an_override_is_shown_in_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        text = "stopped by ann until 2026-07-01T20:30:00.250Z: cleaning"
        assert local_times(text) == "stopped by ann until 2026-07-02 05:30:00: cleaning"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "text", ["it wrote 2026-07-01T20:30:00Z", "until noon", "until 2026-99-01T20:30:00Z", ""]
)
def test_other_times_are_left_as_they_were_written(text: str) -> None:
    assert local_times(text) == text
