"""Times on the command line: `14:03`, `2026-11-25 14:03`, in local time; or `10m`, so long ago."""

from __future__ import annotations

import contextlib
import datetime

EXPECTED = "write 14:03, 14:03:05, 2026-11-25 14:03, or 10m for ten minutes before"
DAYS_BACK = {"today": 0, "yesterday": 1}
"""Words for the beginning of a day, in local time, as journalctl has them; besides `now`."""


def parse_time(text: str, *, before: float) -> float:
    """Unix seconds; a time of day is the last such one before `before`, a duration so long before.

    ValueError: it is neither.
    """
    from fsmv2.duration import parse_duration

    given = text.strip()
    if given == "now":
        return before
    with contextlib.suppress(ValueError):
        return before - parse_duration(given)
    day = datetime.datetime.fromtimestamp(before).astimezone().date()
    if given in DAYS_BACK:
        return _at(day, datetime.time.min, back=DAYS_BACK[given])
    try:
        if ":" in given and "-" not in given:
            time = datetime.time.fromisoformat(given)
            found = _at(day, time)
            return found if found <= before else _at(day, time, back=1)
        return datetime.datetime.fromisoformat(given).astimezone().timestamp()
    except ValueError:
        raise ValueError(f"'{text}' is not a time; {EXPECTED}") from None


def _at(day: datetime.date, time: datetime.time, *, back: int = 0) -> float:
    """A time of a day, or so many days before: a day in which the clocks change has no 24 hours."""
    then = datetime.datetime.combine(day - datetime.timedelta(days=back), time)
    return then.astimezone().timestamp()
