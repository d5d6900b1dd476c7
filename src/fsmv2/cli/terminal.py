"""What goes to the screen outside the live tree: colour only on a terminal, never with NO_COLOR.

Data goes to stdout, all else to stderr. Called by every command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import IO

import typer

from fsmv2.errors import Diagnostic, visible


def coloured(stream: IO[str]) -> bool:
    """Whether this stream is a terminal that may be given colour."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def progress(text: str) -> None:
    """Tell the user something that is not data, on stderr."""
    typer.echo(text, err=True, color=coloured(sys.stderr))


def complain(message: str, *, fix: str = "") -> None:
    """Say what went wrong, and the next step."""
    progress(typer.style("error: ", fg="red", bold=True) + visible(message))
    if fix:
        progress(typer.style("  fix: ", fg="green") + visible(fix))


def show_diagnostics(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics to stderr, in the order given."""
    for diagnostic in diagnostics:
        progress(paint(diagnostic))


def paint(diagnostic: Diagnostic) -> str:
    """`Diagnostic.render()` with the same text in colour."""
    text = diagnostic.render()
    kind, colour = ("warning", "yellow") if diagnostic.warning else ("error", "red")
    label = f"{kind}[{diagnostic.code}]"
    first, *rest = text.split("\n")
    before, found, after = first.partition(label)
    if found:
        first = typer.style(before, bold=True) + typer.style(label, fg=colour, bold=True) + after
    painted = [first]
    for line in rest:
        if line.strip() and not line.strip().strip("^"):
            painted.append(typer.style(line, fg=colour))
        elif line.startswith("  fix: "):
            painted.append(typer.style("  fix: ", fg="green") + line[len("  fix: ") :])
        else:
            painted.append(line)
    return "\n".join(painted)


def count(number: int, noun: str) -> str:
    """'1 problem', '2 problems', 'no problems'."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
