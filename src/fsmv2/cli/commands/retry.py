"""`retry`: what waits for its next try is tried now."""

from __future__ import annotations

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import WAIT, DryRun, NoWait, Paths, Timeout, Tree, Why, Yes


def retry(
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
    """Try now what waits for its next try at PATH and below."""
    with reported():
        from fsmv2.cli.request_session import ask
        from fsmv2.operate.request_types import Retry

        raise typer.Exit(
            ask(
                lambda path: Retry(path=path, reason=reason),
                paths,
                verb="retry",
                file=file,
                state_dir=state_dir,
                wait=0.0 if no_wait else timeout,
                yes=yes,
                dry_run=dry_run,
                as_json=as_json,
            )
        )
