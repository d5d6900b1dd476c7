"""`schema`: the JSON Schema of documents, for editors, or of what a command prints."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import USAGE


def schema(
    of: Annotated[
        str,
        typer.Option(
            "--of",
            metavar="COMMAND",
            help="The JSON that this command prints instead; `error`: that of errors.",
        ),
    ] = "",
    part: Annotated[
        bool, typer.Option("--part", help="For the files of a folder: no key is required.")
    ] = False,
) -> None:
    """Print the JSON Schema of documents: with it an editor completes keys and marks mistakes.

    It accepts every document that `fsmv2 validate` accepts; validate also finds what is wrong
    between keys, such as a template that does not exist.

    $ fsmv2 schema > fsmv2.schema.json
    $ fsmv2 schema --of plan
    """
    if of and part:
        raise typer.BadParameter("--part cannot be combined with --of")
    with reported():
        from fsmv2.cli.console import complain, put_json

        if not of:
            from fsmv2.plant.document_schema import document_schema

            put_json(document_schema(part=part), indent=True)
            return
        from fsmv2.cli.json_output import OUTPUTS, output_schema
        from fsmv2.name_suggestions import suggest

        if of not in OUTPUTS:
            complain(f"'{of}' is not a command that prints JSON", fix=suggest(of, OUTPUTS))
            raise typer.Exit(USAGE)
        put_json(output_schema(of), indent=True)
