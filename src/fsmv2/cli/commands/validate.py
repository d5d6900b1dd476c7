"""`validate`: everything that is wrong in a document, at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsmv2.cli.console import count, progress, put_json, show_diagnostics, styled
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.errors import Diagnostic, DocumentError, visible


def check(file: Path, *, as_json: bool) -> int:
    """Print the diagnostics of `file` and a line that sums up; returns the exit code."""
    from fsmv2.plant import load_plant

    try:
        diagnostics: Sequence[Diagnostic] = load_plant(file).diagnostics
    except DocumentError as error:
        diagnostics = error.diagnostics
    warnings = sum(diagnostic.warning for diagnostic in diagnostics)
    problems = len(diagnostics) - warnings
    if as_json:
        found = {
            "file": str(file),
            "problems": problems,
            "warnings": warnings,
            "diagnostics": diagnostics,
        }
        put_json(found, indent=True)
    else:
        show_diagnostics(diagnostics)
        colour = "red" if problems else ("yellow" if warnings else "green")
        summary = f"{count(problems, 'problem')}, {count(warnings, 'warning')}"
        progress(f"{visible(str(file))}: ", styled(summary, fg=colour))
    return FAILED if problems else OK
