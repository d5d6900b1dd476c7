"""Times on the command line: words for days, and days in which the clocks change."""

import datetime
import time
from collections.abc import Iterator

import pytest
import typer

from fsmv2.cli.since_argument import since
from fsmv2.cli.time_argument import parse_time


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_days_are_those_of_the_place_also_when_the_clocks_change() -> None:
    # On 2026-10-25 the clocks went back by an hour, at 03:00.
    noon = datetime.datetime(2026, 10, 26, 12).astimezone().timestamp()
    assert parse_time("now", before=noon) == noon
    assert parse_time("today", before=noon) == noon - 12 * 3600
    assert parse_time("yesterday", before=noon) == noon - (24 + 12 + 1) * 3600
    early = datetime.datetime(2026, 10, 26, 1).astimezone().timestamp()
    assert parse_time("03:30", before=early) == early - 21.5 * 3600
    assert parse_time("01:30", before=early) == early - 24.5 * 3600


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30", "-1h", "1e9"])
def test_what_is_no_time_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no time; write how long ago, such as 30m"):
        since(text)
