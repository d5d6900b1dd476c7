"""`show`: the text of a generation."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir, generation_number
from fsmv2.cli.request_options import Tree


def show(
    number: Annotated[
        int | None,
        typer.Argument(parser=generation_number, metavar="[GENERATION]", help="Its number."),
    ] = None,
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Print a generation of a tree's document as it was written; without GENERATION, the head.

    Credentials in it are masked.

    $ fsmv2 show
    $ fsmv2 show 12 -f plant.yaml
    """
    with reported():
        from fsmv2.cli.console import put, put_json
        from fsmv2.cli.json_output import ShownGeneration
        from fsmv2.operate.known_generations import KnownGenerations

        found = KnownGenerations(file, state_dir, tool="fsmv2 show").text(number)
        if as_json:
            put_json(ShownGeneration(generation=found.about.number, files=found.files))
            return
        for name, text in found.files.items():
            if name:
                put(f"# ---- {name}")
            put(text, end="" if text.endswith("\n") else "\n")
