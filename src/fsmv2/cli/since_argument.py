"""How far back on the command line: a duration (`1h`, `2d`) or a time (`14:03`)."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from fsmv2.escaping import printable

EXPECTED = "write how long ago, such as 30m or 2d, or a time, such as 14:03 or 2026-11-25 14:03"


def since(text: str) -> float:
    """Unix seconds; a usage error unless `text` is one of them, and not of the future."""
    from fsmv2.cli.time_argument import parse_time
    from fsmv2.duration import parse_duration

    now = time.time()
    try:
        return now - parse_duration(text)
    except ValueError:
        pass
    try:
        found = parse_time(text, before=now)
    except ValueError:
        raise typer.BadParameter(printable(f"'{text}' is no time; {EXPECTED}")) from None
    if found > now:
        raise typer.BadParameter(printable(f"'{text}' is yet to come"))
    return found


def lines_wanted(lines: int | None, since: float | None) -> int | None:
    """How many to show: as many as asked for; else all since a time: None; else the last 50."""
    return lines or (None if since is not None else 50)


Since = Annotated[
    float | None,
    typer.Option(
        "--since",
        parser=since,
        metavar="AGO|TIME",
        help="Not earlier: 30m, 2d, 14:03, yesterday, 2026-11-25 14:03.",
    ),
]
Until = Annotated[
    float | None,
    typer.Option(
        "--until", parser=since, metavar="AGO|TIME", help="Not later; written as --since."
    ),
]
At = Annotated[
    float | None,
    typer.Option(
        "--at",
        parser=since,
        metavar="AGO|TIME",
        help="As it was then, from its journal: 12:01, 2026-11-25 12:01, 10m.",
    ),
]
