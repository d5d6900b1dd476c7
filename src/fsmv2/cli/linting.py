"""`lint`: what is not sound in worker classes, read from their code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import typer

from fsmv2.cli.exits import FAILED, OK, USAGE
from fsmv2.cli.terminal import coloured, complain, count, paint, progress
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
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(shown)).decode() + "\n")
        return FAILED if problems else OK
    for diagnostic in found:
        typer.echo(paint(diagnostic), color=coloured(sys.stdout))
    colour = "red" if problems else ("yellow" if notices else "green")
    told = count(problems, "problem") + (f", {count(notices, 'notice')}" if notices else "")
    progress(typer.style(told, fg=colour))
    return FAILED if problems else OK
