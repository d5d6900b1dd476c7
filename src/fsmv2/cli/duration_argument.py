"""Durations on the command line, written as in documents: `20s`, `2m`, `500ms`."""

from __future__ import annotations

import typer

from fsmv2.escaping import printable

LONGEST = 10 * 365 * 86400.0


def duration(text: str) -> float:
    """Seconds; a usage error unless `text` is a duration above zero."""
    from fsmv2.duration import parse_duration

    try:
        seconds = parse_duration(text)
    except ValueError as error:
        meant = f". Did you mean '{text}s'?" if text.isdecimal() else ""
        raise typer.BadParameter(printable(f"{error}{meant}")) from None
    if not 0 < seconds <= LONGEST:
        raise typer.BadParameter(printable(f"'{text}' is out of range; write something like 20s"))
    return seconds
