"""`wait`: until a worker is as wanted, for scripts."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.duration_argument import duration
from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import NOT_REACHED, OK
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import WAIT, OnePath, Tree


def wait(
    path: OnePath,
    wanted: Annotated[
        str,
        typer.Option(
            "--for", metavar="CONDITION", help="state=active, phase=running, healthy or gone."
        ),
    ] = "healthy",
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", parser=duration, metavar="DURATION", help="Wait no longer than this."
        ),
    ] = WAIT,  # type: ignore[assignment]  # its parser makes seconds of it
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Wait until a worker is in a state or a phase, healthy, or gone.

    It need not exist yet. Exit code 0 when it is so, 8 when it was not within the time; then
    `fsmv2 why PATH --not STATE` says what is missing. Its tree sends each change, so it is not
    asked again and again.

    $ fsmv2 wait edge/filler --timeout 30s
    $ fsmv2 wait edge/filler --for state=active && echo it runs
    """
    with reported():
        from fsmv2.cli.console import complain, put, put_json
        from fsmv2.cli.which_tree import which_tree
        from fsmv2.operate.time_text import duration_text
        from fsmv2.operate.wait_condition import read_wait_condition
        from fsmv2.operate.waiting import wait_for

        condition = read_wait_condition(wanted)
        found = wait_for(path, condition, timeout, which_tree(file, state_dir))
        if as_json:
            put_json(found)
        elif found.reached:
            put(f"{path} is {found.wanted}, after {duration_text(found.waited)}")
        else:
            is_, fix = found.trouble or "no worker is at this path", "See what runs: fsmv2 status"
            if found.row is not None:
                is_ = f"it is {found.row.state}: {found.row.reason}"
                fix = f"See why: fsmv2 describe {path}"
                if condition.kind == "state":
                    fix = f"See what is missing: fsmv2 why {path} --not {condition.value}"
            within = duration_text(timeout)
            complain(f"{path} is not {found.wanted} within {within}: {is_.rstrip('.')}.", fix=fix)
        raise typer.Exit(OK if found.reached else NOT_REACHED)
