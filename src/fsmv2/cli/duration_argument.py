"""Durations on the command line, written as in documents, `20s`, `2m`, `500ms`; and for people."""

from __future__ import annotations

import typer

from fsmv2.escaping import printable

LONGEST = 10 * 365 * 86400.0


def duration(text: str) -> float:
    """Seconds; a usage error unless `text` is a duration above zero."""
    from fsmv2.document.duration import parse_duration

    try:
        seconds = parse_duration(text)
    except ValueError as error:
        meant = f". Did you mean '{text}s'?" if text.isdecimal() else ""
        raise typer.BadParameter(printable(f"{error}{meant}")) from None
    if not 0 < seconds <= LONGEST:
        raise typer.BadParameter(printable(f"'{text}' is out of range; write something like 20s"))
    return seconds


def spoken(seconds: float) -> str:
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
