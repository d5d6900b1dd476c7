"""Durations as people write them: a number with a unit."""

from __future__ import annotations

import re
from typing import Annotated

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
PATTERN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(ms|s|min|m|h|d)\s*\Z")


class _DurationMarker:
    def __repr__(self) -> str:
        return "duration"


DURATION = _DurationMarker()
Duration = Annotated[float, DURATION]
"""Seconds as a float in the program; `500ms`, `1s`, `2m`, `1h` in a document."""


def parse_duration(text: object) -> float:
    """Seconds of `500ms`, `1s`, `1.5m`, `2h`, `7d`. ValueError says what to write instead."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError("expected a duration such as 500ms, 1s or 2m")
    if isinstance(text, int | float):
        raise ValueError(f"expected a duration with a unit; write {text:g}s or {text:g}ms")
    found = PATTERN.match(text)
    if found is None:
        raise ValueError(f"expected a duration such as 500ms, 1s or 2m, got '{text}'")
    return float(found[1]) * UNITS[found[2]]
