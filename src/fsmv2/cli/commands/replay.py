"""`replay JOURNAL`: whether what was recorded is decided again, or the story of one path."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import DIFFERS, OK, USAGE
from fsmv2.cli.options import AsJson, Types, path_argument


def replay(
    journal: Annotated[
        Path,
        typer.Argument(
            parser=path_argument,
            metavar="JOURNAL",
            help="The folder `journal` of a run, or a file of it.",
        ),
    ],
    types: Types = None,
    since: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="TIME",
            help="Start at the last checkpoint before: 14:03, a date, or 10m before the end.",
        ),
    ] = "",
    until: Annotated[str, typer.Option("--until", metavar="TIME", help="End after this.")] = "",
    path: Annotated[
        str, typer.Option("--path", metavar="PATH", help="Show the story of this worker.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Feed the core what a journal recorded, and report whether it decides the same.

    Nothing is run: no collection, no action. `--path` shows what happened to a worker, what it
    decided and what it asked for. Exit code 0: every decision was the same, 1: it cannot be
    replayed, 4: one was not the same; it is shown.

    $ fsmv2 replay ~/.local/state/fsmv2/plant-1a2b3c4d/journal
    $ fsmv2 replay state/journal --path edge/filler --from 14:03
    """
    with reported():
        from fsmv2.cli.console import complain, progress, put, put_json
        from fsmv2.cli.cpu_limit import bounded
        from fsmv2.cli.log_filter import filter_logs
        from fsmv2.cli.progress_line import long_work
        from fsmv2.cli.replay_text import show, show_line, summary
        from fsmv2.cli.time_argument import parse_time
        from fsmv2.operate import journal_replay
        from fsmv2.runtime.journal import end_of

        filter_logs()
        end = end_of(journal) if since or until else 0.0
        try:
            first = parse_time(since, before=end) if since else None
            last = parse_time(until, before=end) if until else None
        except ValueError as error:
            complain(str(error))
            raise typer.Exit(USAGE) from None
        began = time.perf_counter()
        with long_work(f"replaying {journal}"):
            report = journal_replay.replay(
                journal,
                types=types or [],
                since=first,
                until=last,
                path=path,
                tell=put_json if as_json else show_line,
                limit=bounded,
            )
        if as_json:
            put_json(summary(report.found))
        else:
            # Beside a story all else is no data.
            show(report, time.perf_counter() - began, progress if path else put)
        if path and not report.met and report.found.same:
            complain(f"there is no '{path}' in this part of the journal", fix=report.nearest)
            raise typer.Exit(USAGE)
        raise typer.Exit(OK if report.found.same else DIFFERS)
