"""Times on the command line: `14:03`, `14:03:05`, `2026-11-25 14:03`, in local time."""

from __future__ import annotations

import datetime

EXPECTED = "write 14:03, 14:03:05 or 2026-11-25 14:03"
DAY = 86_400.0


def parse_time(text: str, *, before: float) -> float:
    """Unix seconds; a time of day is the last such one before `before`. ValueError: it is none."""
    given = text.strip()
    try:
        if ":" in given and "-" not in given:
            time = datetime.time.fromisoformat(given)
            day = datetime.datetime.fromtimestamp(before).astimezone()
            found = datetime.datetime.combine(day.date(), time).astimezone().timestamp()
            return found if found <= before else found - DAY
        return datetime.datetime.fromisoformat(given).astimezone().timestamp()
    except ValueError:
        raise ValueError(f"'{text}' is not a time; {EXPECTED}") from None
