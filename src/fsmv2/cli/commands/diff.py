"""`diff`: what changed between two generations."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import StateDir, generation_number
from fsmv2.cli.request_options import Tree


def diff(
    number: Annotated[
        int,
        typer.Argument(parser=generation_number, metavar="GENERATION", help="The older one."),
    ],
    other: Annotated[
        int | None,
        typer.Argument(
            parser=generation_number,
            metavar="[GENERATION]",
            help="The newer one; default: what runs.",
        ),
    ] = None,
    file: Tree = None,
    state_dir: StateDir = None,
) -> None:
    """Show what changed from a generation to another, or to the one that runs; credentials masked.

    Exit code 0 when nothing changed, 1 when something did.

    $ fsmv2 diff 11
    $ fsmv2 diff 11 12 -f plant.yaml
    """
    with reported():
        from fsmv2.cli.console import put
        from fsmv2.cli.exit_codes import FAILED, OK
        from fsmv2.operate.known_generations import KnownGenerations

        found = KnownGenerations(file, state_dir, tool="fsmv2 diff").difference(number, other)
        if found.text:
            put(found.text)
        raise typer.Exit(FAILED if found.text else OK)
