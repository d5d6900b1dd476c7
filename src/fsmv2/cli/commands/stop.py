"""`stop`: what is at a path is stopped, until it is started."""

from __future__ import annotations

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import (
    WAIT,
    DryRun,
    ForAWhile,
    NoWait,
    Paths,
    Timeout,
    Tree,
    Why,
    Yes,
)


def stop(
    paths: Paths,
    reason: Why = "",
    seconds: ForAWhile = None,
    file: Tree = None,
    state_dir: StateDir = None,
    no_wait: NoWait = False,
    timeout: Timeout = WAIT,  # type: ignore[assignment]  # its parser makes seconds of it
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Stop what is at PATH and below until it is started again, or for a while.

    It ranks as disabled in the document, and outlasts a restart of fsmv2.
    """
    with reported():
        from fsmv2.cli.request_session import ask
        from fsmv2.operate.request_types import Stop

        raise typer.Exit(
            ask(
                lambda path: Stop(path=path, reason=reason, seconds=seconds),
                paths,
                verb="stop",
                file=file,
                state_dir=state_dir,
                wait=0.0 if no_wait else timeout,
                yes=yes,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
