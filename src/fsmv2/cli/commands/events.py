"""`events`: what happened in a tree, and what happens from now on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK
from fsmv2.cli.options import AsJson, OfSubtree, StateDir
from fsmv2.cli.request_options import Tree
from fsmv2.cli.since_argument import Since, Until, lines_wanted

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.known_events import KnownEvents
    from fsmv2.operate.recorded_event import RecordedEvent

COLOURS = {"warning": "yellow", "error": "red"}

Lines = Annotated[
    int | None,
    typer.Option(
        "--lines",
        "-n",
        metavar="N",
        min=1,
        max=50_000,
        help="How many of the last. Default: 50, or all with --since.",
    ),
]
Follow = Annotated[
    bool, typer.Option("--follow", "-F", help="Keep printing what happens, until Ctrl-C.")
]


def events(
    path: OfSubtree = "",
    since: Since = None,
    until: Until = None,
    lines: Lines = None,
    follow: Follow = False,
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened: transitions with their reasons, actions, restarts, who asked for what.

    The last 50,000 events are kept. Of a tree that does not run they are read from its store.

    $ fsmv2 events
    $ fsmv2 events edge/filler --since 1h
    $ fsmv2 events --since 12:00 --until 12:10
    $ fsmv2 events --follow --json
    """
    if follow and until is not None:
        raise typer.BadParameter("--follow cannot be combined with --until")
    with reported():
        from fsmv2.operate.known_events import KnownEvents

        known = KnownEvents(file, state_dir, tool="fsmv2 events")
        number = lines_wanted(lines, since)
        found = known.last(path, since=since or 0.0, until=until, limit=number)
        dated = bool(found) and not is_today(found[0].at)

        def show(one: RecordedEvent) -> None:
            from fsmv2.cli.console import put, put_json, styled
            from fsmv2.cli.event_text import event_line

            if as_json:
                put_json(one)
                return
            line = event_line(one.at, one.path, one.kind, one.text, dated=dated)
            put(styled(line, fg=COLOURS.get(one.level)))

        for one in found:
            show(one)
        if follow:
            _follow(known, path, found, show)
        elif not found and not as_json:
            from fsmv2.cli.console import progress

            progress(f"nothing has happened {when(since, until)}")


def _follow(
    known: KnownEvents,
    path: str,
    found: list[RecordedEvent],
    show: Callable[[RecordedEvent], None],
) -> None:
    """Show what happens, until the tree has stopped or somebody has had enough."""
    from fsmv2.cli.console import progress

    try:
        for one in known.follow(path, after=found[-1].id if found else 0):
            if one is None:
                progress("some of what happened meanwhile is no longer kept")
            else:
                show(one)
        progress("the tree has stopped")
    except KeyboardInterrupt:
        raise typer.Exit(OK) from None


def when(since: float | None, until: float | None) -> str:
    """In which time nothing was found."""
    if until is not None:
        return "in that time"
    return "yet" if since is None else "since then"


def is_today(at: float) -> bool:
    """Whether this was on the day it is now, here."""
    import time

    return time.localtime(at)[:3] == time.localtime()[:3]
