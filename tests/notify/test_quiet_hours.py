"""Quiet hours by the clock on the wall: across midnight, and where the clock is put."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from fsmv2.notify import QuietHours
from fsmv2.notify.quiet_hours import is_quiet, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = QuietHours(start=22 * 60, end=6 * 60, zone="Europe/Berlin")
NOON = QuietHours(start=12 * 60, end=13 * 60, zone="Europe/Berlin")


def berlin(*when: int, fold: int = 0) -> float:
    return datetime(*when, tzinfo=BERLIN, fold=fold).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("hours", "when", "quiet"),
    [
        (NIGHT, (2026, 1, 10, 21, 59), False),
        (NIGHT, (2026, 1, 10, 22, 0), True),
        (NIGHT, (2026, 1, 11, 0, 0), True),
        (NIGHT, (2026, 1, 11, 5, 59), True),
        (NIGHT, (2026, 1, 11, 6, 0), False),
        (NOON, (2026, 7, 11, 12, 30), True),
        (NOON, (2026, 7, 11, 13, 0), False),
    ],
)
def test_local_times_count_across_midnight(
    hours: QuietHours, when: tuple[int, ...], quiet: bool
) -> None:
    assert is_quiet(hours, berlin(*when)) == quiet


def test_they_end_when_the_clock_shows_it() -> None:
    assert quiet_until(NIGHT, berlin(2026, 1, 10, 23, 17)) == berlin(2026, 1, 11, 6)
    at = berlin(2026, 1, 10, 12)
    assert quiet_until(NIGHT, at) == at


def test_a_night_is_as_long_as_the_clocks_make_it() -> None:
    """In spring an hour is skipped, in autumn one is shown twice."""
    spring, autumn = berlin(2026, 3, 28, 22), berlin(2026, 10, 24, 22)
    assert quiet_until(NIGHT, spring) - spring == 7 * 3600
    assert quiet_until(NIGHT, autumn) - autumn == 9 * 3600


def test_an_end_that_is_skipped_is_when_the_clock_goes_on() -> None:
    hours = QuietHours(start=60, end=150, zone="Europe/Berlin")
    assert quiet_until(hours, berlin(2026, 3, 29, 1, 30)) == berlin(2026, 3, 29, 3)


def test_an_hour_that_is_shown_twice_is_quiet_twice() -> None:
    hours = QuietHours(start=150, end=165, zone="Europe/Berlin")
    for fold in (0, 1):
        assert is_quiet(hours, berlin(2026, 10, 25, 2, 35, fold=fold))
        assert not is_quiet(hours, berlin(2026, 10, 25, 2, 50, fold=fold))


def test_the_zone_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert is_quiet(NIGHT, datetime(2026, 1, 10, 21, 30, tzinfo=UTC).timestamp())
