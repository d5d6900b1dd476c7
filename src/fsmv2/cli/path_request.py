"""Makes a command of what is asked of paths, and needs nothing but a reason: `restart`, `pause`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import WAIT, DryRun, NoWait, Paths, Timeout, Tree, Why, Yes

if TYPE_CHECKING:  # a command that is not called is not to cost its imports
    from fsmv2.operate.request_types import Request


ITS_END = "Exit code 3 when it is in force, and has not had its effect within --timeout."


def path_request(make: Callable[[str, str], Request]) -> Callable[..., None]:
    """The command named as `make`, which makes the request of a path and a reason."""

    def command(
        paths: Paths,
        reason: Why = "",
        file: Tree = None,
        state_dir: StateDir = None,
        no_wait: NoWait = False,
        timeout: Timeout = WAIT,  # type: ignore[assignment]  # its parser makes seconds of it
        yes: Yes = False,
        dry_run: DryRun = False,
        as_json: AsJson = False,
    ) -> None:
        with reported():
            from fsmv2.cli.request_session import ask

            raise typer.Exit(
                ask(
                    lambda path: make(path, reason),
                    paths,
                    verb=make.__name__,
                    file=file,
                    state_dir=state_dir,
                    wait=0.0 if no_wait else timeout,
                    yes=yes,
                    dry_run=dry_run,
                    as_json=as_json,
                )
            )

    command.__name__ = make.__name__
    command.__doc__ = f"{make.__doc__}\n    {ITS_END}"
    return command
