"""`unset`: a variable that was set by hand is as declared again."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import WAIT, DryRun, NoWait, OnePath, Timeout, Tree, Why


def unset(
    path: OnePath,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The variable.")],
    reason: Why = "",
    file: Tree = None,
    state_dir: StateDir = None,
    no_wait: NoWait = False,
    timeout: Timeout = WAIT,  # type: ignore[assignment]  # its parser makes seconds of it
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Reset a variable that was set by hand at PATH to its declared value.

    Exit code 3 when it is in force, and has not had its effect within --timeout.

    $ fsmv2 unset edge/filler PORT
    """
    with reported():
        from fsmv2.cli.request_session import ask
        from fsmv2.operate.request_types import UnsetVariable

        raise typer.Exit(
            ask(
                lambda path: UnsetVariable(path=path, name=name, reason=reason),
                [path],
                verb="unset",
                file=file,
                state_dir=state_dir,
                wait=0.0 if no_wait else timeout,
                yes=True,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
