"""`plan`: what a document would change, before anything is changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import CHANGES, FAILED, OK
from fsmv2.cli.options import AsJson, StateDir, Types, path_argument


def plan(
    file: Annotated[
        Path | None,
        typer.Argument(
            parser=path_argument,
            metavar="[FILE|-]",
            help="The document, YAML; or a folder of them; or - for standard input. "
            "Default: the file that the tree follows.",
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="GENERATION|DOCUMENT",
            help="Compare with a generation that is kept, or another document; ask no tree.",
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            parser=path_argument,
            metavar="PLAN",
            help="Save the plan in this file, to be applied as it is.",
        ),
    ] = None,
    state_dir: StateDir = None,
    types: Types = None,
    as_json: AsJson = False,
) -> None:
    """Show what a document would change in the tree that runs; nothing is changed.

    What apply would refuse, such as a key that needs a restart of fsmv2, is planned all the same;
    the last lines say why it would be refused.

    Exit code 0 when nothing would change, 2 when something would, also if apply would refuse it, 1
    when there is no plan.

    $ fsmv2 plan
    $ fsmv2 plan plant.yaml
    $ fsmv2 plan plant.yaml -o change.plan
    $ fsmv2 plan plant.yaml --against 12
    """
    with reported(usage=FAILED):
        from fsmv2.cli.console import progress, put, put_json, show_diagnostics
        from fsmv2.cli.plan_text import plan_lines
        from fsmv2.cli.progress_line import long_work
        from fsmv2.cli.standard_input import named_or_input
        from fsmv2.operate.changes.document_plan import plan_of

        document, given = (None, None) if file is None else named_or_input(file)
        what = "the document" if document is None else document
        with long_work(f"planning what {what} would change"):
            found = plan_of(
                document,
                against,
                text=given,
                state_dir=state_dir,
                types=types or (),
                tool="fsmv2 plan",
            )
        show_diagnostics(found.plan.warnings)
        if output is not None:
            found.save(output)
        if as_json:
            put_json(found.plan)
        else:
            for line in plan_lines(found.plan):
                put(*line)
        if output is not None:
            progress(f"the plan is saved in {output}")
        raise typer.Exit(CHANGES if found.plan.changes else OK)
