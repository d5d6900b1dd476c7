"""`lint`: mistakes in worker classes, read from their code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.cli.options import AsJson, path_argument


def lint(
    paths: Annotated[
        list[Path],
        typer.Argument(
            parser=path_argument, metavar="PATH...", help="Python files, or folders of them."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Find impure derives and steps, blocking calls and swallowed cancellations; run nothing.

    A finding is silenced in its line: `# fsmv2: ignore[CODE] reason`. Exit code 0: none, 1: some;
    notices, of what cannot be judged, fail nothing.

    $ fsmv2 lint src/mine
    """
    with reported():
        from fsmv2.cli.console import count, paint, progress, put, put_json, styled
        from fsmv2.cli.json_output import LintReport
        from fsmv2.cli.progress_line import long_work
        from fsmv2.lint import lint as findings_in

        with long_work("reading the code"):
            found = findings_in(paths)
        notices = sum(diagnostic.warning for diagnostic in found)
        problems = len(found) - notices
        if as_json:
            report = LintReport(problems=problems, notices=notices, diagnostics=tuple(found))
            put_json(report, indent=True)
        else:
            for diagnostic in found:
                put(*paint(diagnostic))
            colour = "red" if problems else ("yellow" if notices else "green")
            text = count(problems, "problem") + (f", {count(notices, 'notice')}" * bool(notices))
            progress(styled(text, fg=colour))
        raise typer.Exit(FAILED if problems else OK)
