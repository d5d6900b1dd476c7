"""`topics`: what a running tree publishes where, and where commands go."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import Tree

Match = Annotated[
    str,
    typer.Argument(
        metavar="[NAME]", help="A topic, a tag, or a worker; * and ** stand for several."
    ),
]


def topics(
    match: Match = "",
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """List every topic of a running tree: its type and unit, and the tag and line it comes from.

    A topic with the direction `write` is where commands for a machine are listened to.

    \b
    fsmv2 topics
    fsmv2 topics edge/filler
    fsmv2 topics 'umh/v1/acme/**/temperature'
    """
    with reported():
        from fsmv2.cli.columns import stacked_lines_of
        from fsmv2.cli.console import put, put_json
        from fsmv2.operate.known_topics import KnownTopics

        found = KnownTopics(file, state_dir, tool="fsmv2 topics").topics(match)
        if as_json:
            put_json(found)
            return
        rows = [
            (one.topic, one.direction, one.type, one.unit, one.path, one.tag, one.line)
            for one in found
        ]
        titles = ("TOPIC", "WAY", "TYPE", "UNIT", "FLOW", "TAG", "LINE")
        for line in stacked_lines_of(titles, rows) if rows else ("nothing is published",):
            put(line)
