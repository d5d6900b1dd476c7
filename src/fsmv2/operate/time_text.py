"""Times and durations as people read them, the same in every interface."""

from __future__ import annotations

import datetime
import re
import time

_UNTIL = re.compile(r"\buntil (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")


def clock_text(at: float) -> str:
    """The local time of day of `at`, Unix seconds, to the millisecond."""
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at * 1000) % 1000:03d}"


def date_text(at: float) -> str:
    """Date and time of day, local, to the millisecond."""
    local = datetime.datetime.fromtimestamp(at).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"


def brief_date_text(at: float) -> str:
    """The local time of day to the second, with the date unless it is of today."""
    then = time.localtime(at)
    today = then[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", then)


def local_times(text: str) -> str:
    """A text of the core with the end of an override in local time: `until 16:30:00`.

    The core has no time zone, so that a replay gives the same texts everywhere: it writes UTC.
    """
    return _UNTIL.sub(_local_end, text) if "until 2" in text else text


def _local_end(found: re.Match[str]) -> str:
    try:
        at = datetime.datetime.fromisoformat(found[1]).timestamp()
        return f"until {brief_date_text(at)}"
    except (ValueError, OverflowError, OSError):  # no such day, or none that can be shown
        return found[0]


def duration_text(seconds: float) -> str:
    """A duration as a person says it: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, part, smaller in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            large, rest = divmod(whole, size)
            return f"{large} {unit} {rest // part} {smaller}" if rest >= part else f"{large} {unit}"
    return f"{whole} s"


def age_text(seconds: float) -> str:
    """An age in a column, in one unit: `45s`, `3m`, `5h`, `4d`."""
    whole = max(0, int(seconds))
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "m"), (172_800, 3600, "h")):
        if whole < limit:
            return f"{whole // size}{unit}"
    return f"{whole // 86_400}d"
