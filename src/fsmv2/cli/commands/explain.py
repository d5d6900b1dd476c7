"""`explain NAME`: what an alert, an escalation or an error code means, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK, USAGE
from fsmv2.cli.options import AsJson


def explain(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="An alert, a type of worker that escalated, a page, or a code such as FSM0211.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what an alert, an escalation or an error code means, and what to do.

    Of an alert or escalation it is the page of the runbook: symptom, check, commands, decision,
    recovery and prevention. Without NAME: what has a page.

    $ fsmv2 explain CircuitOpen
    $ fsmv2 explain bridge
    $ fsmv2 explain FSM0211
    """
    with reported():
        from fsmv2.cli.console import complain, put, put_json
        from fsmv2.cli.runbook_text import index_lines, lines_of
        from fsmv2.operate.explanation import NotExplained, explained, explained_names
        from fsmv2.operate.problem import Problem

        if name is None:
            names = explained_names()
            if as_json:
                put_json(names)
                return
            for line in index_lines(names):
                put(*line)
            return
        found = explained(name)
        if isinstance(found, NotExplained):
            problem = Problem("Not found", 404, found.message, fix=found.fix)
            complain(found.message, fix=found.fix, problem=problem)
            raise typer.Exit(USAGE)
        if as_json:
            put_json(found)
            return
        for line in lines_of(found):
            put(*line)
        raise typer.Exit(OK)
