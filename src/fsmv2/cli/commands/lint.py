"""`lint`: mistakes in worker classes, read from their code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsmv2.cli.console import complain, count, paint, progress, put, put_json, styled
from fsmv2.cli.exit_codes import FAILED, OK, USAGE
from fsmv2.lint import lint


def lint_paths(paths: Sequence[Path], *, as_json: bool) -> int:
    """Print the findings, and a line that sums up; returns the exit code."""
    for path in paths:
        if not path.exists():
            complain(f"{path} does not exist", fix="Name Python files, or folders of them.")
            return USAGE
    found = lint(paths)
    notices = sum(diagnostic.warning for diagnostic in found)
    problems = len(found) - notices
    if as_json:
        shown = {"problems": problems, "notices": notices, "diagnostics": found}
        put_json(shown, indent=True)
        return FAILED if problems else OK
    for diagnostic in found:
        put(*paint(diagnostic))
    colour = "red" if problems else ("yellow" if notices else "green")
    reported = count(problems, "problem") + (f", {count(notices, 'notice')}" if notices else "")
    progress(styled(reported, fg=colour))
    return FAILED if problems else OK
