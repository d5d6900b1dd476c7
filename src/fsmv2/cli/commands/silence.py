"""`silence`: nobody is notified of a path, for a while."""

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


def silence(
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
    """Send no notifications about PATH and what is below it, until `unsilence`, or for a while.

    Supervision goes on as before: it is started, restarted and shown as ever. What escalates
    meanwhile, and is still active at the end, is notified then. It outlasts a restart of fsmv2.

    Exit code 3 when it is in force, and has not had its effect within --timeout.

    $ fsmv2 silence edge/filler --for 2h -m 'belt is being changed'
    $ fsmv2 silence 'edge/line2/*' --for 30m --yes
    """
    with reported():
        from fsmv2.cli.request_session import ask
        from fsmv2.operate.request_types import Silence

        raise typer.Exit(
            ask(
                lambda path: Silence(path=path, reason=reason, seconds=seconds),
                paths,
                verb="silence",
                file=file,
                state_dir=state_dir,
                wait=0.0 if no_wait else timeout,
                yes=yes,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
