"""`logs`: what a process wrote, and what the tree logged of it, in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from fsmv2.cli.commands.events import Follow, Lines, is_today, when
from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK
from fsmv2.cli.options import AsJson, OfSubtree, StateDir
from fsmv2.cli.request_options import Tree
from fsmv2.cli.since_argument import Since, Until, lines_wanted

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.log_line import LogLine


def logs(
    path: OfSubtree = "",
    since: Since = None,
    until: Until = None,
    lines: Lines = None,
    follow: Follow = False,
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what processes and workers logged, and what happened to them, in the order of time.

    What a process wrote stands behind a bar, with its stream. The embedded broker's log is shown as
    that of its worker. Nothing needs to run for this; of a tree that runs there are also the last
    lines of its own log, which `fsmv2 log-level PATH debug` makes more of.

    $ fsmv2 logs edge/web
    $ fsmv2 logs edge/web --follow
    $ fsmv2 logs --since 10m --json
    """
    if follow and until is not None:
        raise typer.BadParameter("--follow cannot be combined with --until")
    with reported():
        from fsmv2.cli.console import progress
        from fsmv2.operate.known_logs import KnownLogs

        known = KnownLogs(file, state_dir, path, tool="fsmv2 logs")
        number = lines_wanted(lines, since)
        found = known.last(since=since or 0.0, until=until, limit=number)
        dated = bool(found) and not is_today(found[0].at)
        for one in found:
            _show(one, as_json=as_json, dated=dated)
        if not follow:
            if not found and not as_json:
                progress(f"nothing was written {when(since, until)}")
            return
        try:
            for one in known.follow():
                _show(one, as_json=as_json, dated=dated)
            progress("no tree is running here any longer")
        except KeyboardInterrupt:
            raise typer.Exit(OK) from None


def _show(one: LogLine, *, as_json: bool, dated: bool) -> None:
    from fsmv2.cli.commands.events import COLOURS
    from fsmv2.cli.console import put, put_json, styled
    from fsmv2.cli.event_text import event_line, output_line

    if as_json:
        put_json(one)
    elif one.kind == "output":
        put(output_line(one.at, one.path, one.stream, one.text, dated=dated))
    else:
        line = event_line(one.at, one.path, one.kind, one.text, dated=dated)
        put(styled(line, fg=COLOURS.get(one.level)))
