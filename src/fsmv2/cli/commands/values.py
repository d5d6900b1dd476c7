"""`values`: what was read last, how old it is, and whether it is good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fsmv2.cli.commands.topics import Match
from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import Tree

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.topic_data import TagValue

EVERY = 1.0
"""Seconds between two looks while values are followed."""


def values(
    match: Match = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-F", help="Print what changes, until Ctrl-C.")
    ] = False,
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the value of each tag of a running tree that was read last, with its age and quality.

    Also those that are not published, since a deadband holds them back. `good`: as old as it may
    be; `stale`: older, with the reason; `none`: nothing was read yet.

    \b
    fsmv2 values temperature
    fsmv2 values edge/filler --follow
    fsmv2 values umh/v1/acme/cologne/_raw/level --json
    """
    with reported():
        import time

        from fsmv2.operate.known_topics import KnownTopics

        known = KnownTopics(file, state_dir, tool="fsmv2 values")
        found = known.values(match)
        _show(found, as_json=as_json)
        before = {one.topic: one.at for one in found}
        try:
            while follow:
                time.sleep(EVERY)
                changed = [one for one in known.values(match) if before.get(one.topic) != one.at]
                before.update((one.topic, one.at) for one in changed)
                _show(changed, as_json=as_json, titled=False)
        except KeyboardInterrupt:
            raise typer.Exit(OK) from None


def _show(found: list[TagValue], *, as_json: bool, titled: bool = True) -> None:
    from fsmv2.cli.columns import lines_of
    from fsmv2.cli.console import put, put_json
    from fsmv2.operate.time_text import duration_text

    if as_json:
        put_json(found)
        return
    rows = [
        (
            one.tag,
            "" if one.value is None else str(one.value),
            one.unit,
            duration_text(one.age) if one.at else "",
            one.quality,
            one.topic,
            one.reason,
        )
        for one in found
    ]
    titles = ("TAG", "VALUE", "UNIT", "AGE", "QUALITY", "TOPIC", "REASON")
    lines = list(lines_of(titles, rows)) if rows else ["TAG", "no values are read"]
    for line in lines if titled else lines[1:] if rows else []:
        put(line)
