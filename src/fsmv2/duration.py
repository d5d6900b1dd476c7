"""Durations as people write them, in documents and on the command line: a number with a unit."""

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


def written_duration(seconds: float) -> str:
    """Seconds as a document has them, in as few units as it takes: `500ms`, `1h30m`, `1d`."""
    if not seconds:
        return "0s"
    if seconds != int(seconds):
        return f"{seconds * 1000:g}ms" if seconds < 1 else f"{seconds:g}s"
    parts, rest = "", int(seconds)
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        parts += f"{count}{unit}" if count else ""
    return parts


def _refused(text: str) -> DurationError:
    found = _NUMBER.fullmatch(text)
    other = _of_another_form(text)
    if other:
        return DurationError(
            f"expected a duration such as 500ms, 1s or 2m, got '{text}'", fix=other
        )
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
            f"expected a duration that is not negative, got '{text}'",
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


def _of_another_form(text: str) -> str:
    """The fix for a clock, a frequency, ISO 8601, or a unit that is too fine or too coarse."""
    if (clock := _CLOCK.fullmatch(text)) is not None:
        hours, minutes, rest = (int(part or 0) for part in clock.groups())
        fix = f"write {written_duration(hours * 3600 + minutes * 60 + rest)}"
        if clock[3] is None and hours * 60 + minutes:
            fix += f", or {written_duration(hours * 60 + minutes)} if these are minutes and seconds"
        return fix
    if (iso := _ISO.fullmatch(text)) is not None and any(iso.groups()):
        days, hours, minutes = (int(part or 0) for part in iso.groups()[:3])
        seconds = float(iso[4] or 0)
        return f"write {written_duration(days * 86400 + hours * 3600 + minutes * 60 + seconds)}"
    if (bare := text.rstrip(".,;")) != text:
        part = _NUMBER.fullmatch(bare)
        unit = _SPELLED.get(part["unit"].casefold(), part["unit"]) if part is not None else ""
        if part is not None and unit in UNITS and not part["sign"]:
            return f"write {part['number'].replace(',', '.')}{unit}"
    if (ended := re.fullmatch(r"(.*[0-9] ?)(h|m|min) ?([0-9]{1,2})", text)) is not None:
        whole = f"{ended[0]}{'m' if ended[2] == 'h' else 's'}"
        if _WHOLE.fullmatch(whole):
            return f"write {whole}"  # 1h30
    found = _NUMBER.fullmatch(text)
    if found is None or found["sign"]:
        return ""
    number, unit = float(found["number"].replace(",", ".")), found["unit"].casefold()
    if unit in ("us", "µs", "μs", "usec", "microseconds"):
        return f"write {number / 1000:g}ms"
    if unit in ("hz", "khz") and number:
        return f"write how long it is from one to the next: {1000 / number / _TIMES[unit]:g}ms"
    if unit in ("w", "week", "weeks"):
        return f"write {number * 7:g}d"
    if unit in ("mo", "month", "months") and number * 30 < LONGEST / 86400:
        return f"write {number * 30:g}d"
    if unit in ("y", "yr", "year", "years") and number * 365 < LONGEST / 86400:
        return f"write {number * 365:g}d"
    return ""


_TIMES = {"hz": 1, "khz": 1000}
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
_ISO = re.compile(
    r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?", re.ASCII
)


def _without_unit(number: str) -> DurationError:
    shown = number.lstrip("-")
    fix = "write 500ms or 1s" if shown == "such a number" else f"write {shown}ms or {shown}s"
    if shown in ("0", "0.0"):
        fix = "write 0s"
    return DurationError(f"expected a duration with a unit, got {number}", fix=fix)


def _quoted(text: str) -> str:
    return f"'{text}'" if text else "an empty text"
