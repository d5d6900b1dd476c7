"""Times on the command line: `14:03`, `2026-11-25 14:03`, in local time; or `10m`, so long ago."""

from __future__ import annotations

import contextlib
import datetime

EXPECTED = "write 14:03, 14:03:05, 2026-11-25 14:03, or 10m for ten minutes before"
DAY = 86_400.0


def parse_time(text: str, *, before: float) -> float:
    """Unix seconds; a time of day is the last such one before `before`, a duration so long before.

    ValueError: it is neither.
    """
    from fsmv2.duration import parse_duration

    given = text.strip()
    with contextlib.suppress(ValueError):
        return before - parse_duration(given)
    try:
        if ":" in given and "-" not in given:
            time = datetime.time.fromisoformat(given)
            day = datetime.datetime.fromtimestamp(before).astimezone()
            found = datetime.datetime.combine(day.date(), time).astimezone().timestamp()
            return found if found <= before else found - DAY
        return datetime.datetime.fromisoformat(given).astimezone().timestamp()
    except ValueError:
        raise ValueError(f"'{text}' is not a time; {EXPECTED}") from None
