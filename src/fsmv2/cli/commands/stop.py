"""`stop`: what is at a path is stopped, until it is started."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import OK
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import (
    WAIT,
    DryRun,
    ForAWhile,
    NoWait,
    SomePaths,
    Timeout,
    Tree,
    Why,
    Yes,
)


def stop(
    paths: SomePaths = None,
    reason: Why = "",
    seconds: ForAWhile = None,
    file: Tree = None,
    state_dir: StateDir = None,
    no_wait: NoWait = False,
    timeout: Timeout = WAIT,  # type: ignore[assignment]  # its parser makes seconds of it
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="End fsmv2 itself; broker and processes keep running, and the next run adopts "
            "them.",
        ),
    ] = False,
    restarted_unit: Annotated[
        str | None,
        typer.Option(
            "--when-restarting",
            metavar="UNIT",
            help="With --keep, for ExecStop=: only while systemd restarts this unit.",
        ),
    ] = None,
) -> None:
    """Stop what is at PATH and below until it is started again, or for a while.

    It ranks as disabled in the document, and outlasts a restart of fsmv2. To end the whole tree,
    send SIGTERM to `fsmv2 run`, or type Ctrl-C there; --keep ends fsmv2 alone, for an upgrade.

    Exit code 3 when it is in force, and has not had its effect within --timeout.

    $ fsmv2 stop edge/filler -m 'belt torn'
    $ fsmv2 stop 'edge/line2/*' --for 2h
    $ fsmv2 stop --keep
    """
    if keep == bool(paths):
        raise typer.BadParameter("name the paths to stop, or with --keep end fsmv2 itself")
    if restarted_unit is not None and not keep:
        raise typer.BadParameter("--when-restarting needs --keep")
    with reported():
        from fsmv2.cli.request_session import ask, is_restarted, leave
        from fsmv2.operate.request_types import Stop

        if restarted_unit is not None and not is_restarted(restarted_unit):
            raise typer.Exit(OK)
        if keep:
            raise typer.Exit(leave(file=file, state_dir=state_dir, reason=reason, wait=timeout))
        raise typer.Exit(
            ask(
                lambda path: Stop(path=path, reason=reason, seconds=seconds),
                paths or [],
                verb="stop",
                file=file,
                state_dir=state_dir,
                wait=0.0 if no_wait else timeout,
                yes=yes,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
