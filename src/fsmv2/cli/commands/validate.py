"""`validate`: everything that is wrong in a document, at once."""

from __future__ import annotations

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.cli.options import AsJson, File


def validate(file: File, as_json: AsJson = False) -> None:
    """Check a document: every problem at once, with line, caret and fix.

    Exit code 0: usable (warnings allowed), 1: problems.
    """
    with reported():
        from fsmv2.cli.console import count, progress, put_json, show_diagnostics, styled
        from fsmv2.diagnostic import visible
        from fsmv2.operate.validation import validate as validated

        found = validated(file)
        if as_json:
            summary = {
                "file": str(file),
                "problems": found.problems,
                "warnings": found.warnings,
                "diagnostics": found.diagnostics,
            }
            put_json(summary, indent=True)
        else:
            show_diagnostics(found.diagnostics)
            colour = "red" if found.problems else ("yellow" if found.warnings else "green")
            text = f"{count(found.problems, 'problem')}, {count(found.warnings, 'warning')}"
            progress(f"{visible(str(file))}: ", styled(text, fg=colour))
        raise typer.Exit(FAILED if found.problems else OK)
