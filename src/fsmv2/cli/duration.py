"""Durations on the command line: `20s`, `2m`, `500ms`, `1.5h`. Called by typer for `--for`."""

from __future__ import annotations

import re

import typer

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_SHAPE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.ASCII)


def parse_duration(text: str) -> float:
    """Seconds; a usage error unless `text` is a number above zero with a unit."""
    found = _SHAPE.fullmatch(text.strip())
    if not found or found[2] not in UNITS:
        meant = f" Did you mean '{found[1]}s'?" if found and not found[2] else ""
        raise typer.BadParameter(f"'{text}' is no duration; write 20s, 2m or 500ms.{meant}")
    seconds = float(found[1]) * UNITS[found[2]]
    if not 0 < seconds <= 10 * 365 * 86400:
        raise typer.BadParameter(f"'{text}' is out of range; write something like 20s.")
    return seconds
