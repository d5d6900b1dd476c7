"""`signal`: a process is sent a signal, such as HUP."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import DryRun, OnePath, Tree, Why, Yes


def signal(
    path: OnePath,
    name: Annotated[
        str,
        typer.Argument(metavar="SIGNAL", help="HUP, USR1, USR2, WINCH, TTIN, TTOU or CONT."),
    ],
    reason: Why = "",
    file: Tree = None,
    state_dir: StateDir = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send the process at PATH a signal that it handles, such as HUP to read its configuration.

    Only the process itself gets it, none that it started. Refused is a signal that would end it, as
    one does that it does not handle: `restart` and `stop` are for that.

    $ fsmv2 signal edge/nginx HUP
    """
    if "/" in name and "/" not in path:
        raise typer.BadParameter(f"the path comes first: fsmv2 signal {name} {path}")
    with reported():
        from fsmv2.cli.request_session import ask
        from fsmv2.operate.request_types import Signal
        from fsmv2.operate.signal_names import signal_name

        wanted = signal_name(name)
        raise typer.Exit(
            ask(
                lambda one: Signal(path=one, signal=wanted, reason=reason),
                [path],
                verb="signal",
                file=file,
                state_dir=state_dir,
                yes=yes,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
