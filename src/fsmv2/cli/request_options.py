"""Options of the commands that ask something of a running tree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fsmv2.cli.duration_argument import duration
from fsmv2.cli.options import path_argument

LONGEST_REASON = 1000
"""Characters, as `request_types` has it, which is not loaded for `--help`; a test compares them."""

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...", help="Workers, as `render` shows them; * and ** stand for several."
    ),
]
SomePaths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[PATH...]", help="Workers, as `render` shows them; * and ** stand for several."
    ),
]
OnePath = Annotated[str, typer.Argument(metavar="PATH", help="The worker, as `render` shows it.")]
Tree = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        parser=path_argument,
        metavar="FILE",
        envvar=None,
        help="The document whose tree is meant. Default: FSMV2_TREE, or the only one that runs.",
    ),
]


def reason_text(text: str) -> str:
    """Why something is asked for; a usage error for one that is too long to be kept."""
    if len(text) > LONGEST_REASON:
        raise typer.BadParameter(
            f"it has {len(text)} characters, and at most {LONGEST_REASON} are kept"
        )
    return text


Why = Annotated[
    str,
    typer.Option("--reason", "-m", parser=reason_text, metavar="TEXT", help="Why; it is recorded."),
]
ForAWhile = Annotated[
    float | None,
    typer.Option(
        "--for",
        parser=duration,
        metavar="DURATION",
        help="Ends by itself after this long: 2h, 30m.",
    ),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until it has had its effect.")]
Timeout = Annotated[
    float,
    typer.Option(
        "--timeout",
        parser=duration,
        metavar="DURATION",
        help="Wait no longer than this for its effect.",
    ),
]
ConvergedWithin = Annotated[
    float,
    typer.Option(
        "--timeout",
        parser=duration,
        metavar="DURATION",
        help="How long the tree waits for all to converge.",
    ),
]
UnlessConverged = Annotated[
    bool,
    typer.Option(
        "--rollback",
        help="Return to the last generation that converged, unless this one has in time.",
    ),
]
WaitForNone = Annotated[
    bool, typer.Option("--no-wait", help="Do not wait until all have converged.")
]
WithoutAsking = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask when a pattern stands for several paths.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only check whether it could be done.")]
WAIT = "30s"
CONVERGED_WITHIN = "2m"
