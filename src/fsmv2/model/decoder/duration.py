"""Durations as people write them: a number with a unit. Called by the decoder and the commands."""

from __future__ import annotations

import re
from typing import Annotated

from fsmv2.errors import DurationError

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST = 10 * 365 * 86400.0
"""Seconds; more than ten years is a slip of the finger."""

_ONE = r"(?P<number>[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>ms|s|min|m|h|d)"
_PART = re.compile(_ONE, re.ASCII)
_WHOLE = re.compile(rf"(?:{_ONE.replace('?P<number>', '').replace('?P<unit>', '')}\s*)+", re.ASCII)
_NUMBER = re.compile(r"(?P<sign>-?)(?P<number>[0-9]+(?:[.,][0-9]+)?)\s*(?P<unit>[^\W\d_]*)")
_SPELLED = {
    "millis": "ms",
    "msec": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "sekunden": "s",
    "mins": "m",
    "minute": "m",
    "minutes": "m",
    "minuten": "m",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
}


class _DurationMarker:
    def __repr__(self) -> str:
        return "duration"


DURATION = _DurationMarker()
Duration = Annotated[float, DURATION]
"""Seconds as a float in the program; `500ms`, `1s`, `2m`, `1h` in a document."""


def parse_duration(text: object) -> float:
    """Seconds of `500ms`, `1s`, `1.5m`, `1h30m`, `7d`.

    Raises DurationError (a ValueError), whose `fix` says what to write instead; a number without
    a unit is refused, because nobody can tell which was meant.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise DurationError("expected a duration such as 500ms, 1s or 2m")
    if not isinstance(text, str):
        shown = f"{text:g}" if -1e9 < text < 1e9 else "such a number"
        raise _without_unit(shown)
    stripped = text.strip()
    if not _WHOLE.fullmatch(stripped):
        raise _refused(stripped if len(stripped) <= 40 else stripped[:39] + "…")
    seconds = sum(float(part["number"]) * UNITS[part["unit"]] for part in _PART.finditer(stripped))
    if seconds > LONGEST:
        raise DurationError(
            f"expected a duration of at most ten years, got '{stripped[:40]}'",
            fix="check the number and its unit",
        )
    return seconds


def _refused(text: str) -> DurationError:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return DurationError(
            f"expected a duration such as 500ms, 1s or 2m, got {_quoted(text)}",
            fix="write a number and a unit: ms, s, m, h or d",
        )
    number = found["number"].replace(",", ".")
    word = found["unit"].casefold()
    unit = _SPELLED.get(word, word)
    if found["sign"]:
        return DurationError(
            f"expected a duration, which is not negative, got '{text}'",
            fix=f"write {number}{unit}" if unit in UNITS else "write it without the minus sign",
        )
    if not unit:
        return _without_unit(number)
    if unit in UNITS:
        return DurationError(f"expected a duration, got '{text}'", fix=f"write {number}{unit}")
    return DurationError(
        f"expected a duration with one of the units ms, s, m, h and d, got '{text}'",
        fix=f"write {number}ms, {number}s or {number}m",
    )


def _without_unit(number: str) -> DurationError:
    shown = number.lstrip("-")
    fix = "write 500ms or 1s" if shown == "such a number" else f"write {shown}ms or {shown}s"
    return DurationError(f"expected a duration with a unit, got {number}", fix=fix)


def _quoted(text: str) -> str:
    return f"'{text}'" if text else "an empty text"
