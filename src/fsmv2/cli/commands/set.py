"""`set`: a variable has another value at a path than the document says."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import (
    WAIT,
    DryRun,
    ForAWhile,
    NoWait,
    OnePath,
    Timeout,
    Tree,
    Why,
)

Assignment = Annotated[
    str,
    typer.Argument(
        metavar="NAME=VALUE",
        help="The variable and its value, as in the document: PORT=503, NAME='\"503\"'.",
    ),
]


def set_(
    path: OnePath,
    assignment: Assignment,
    reason: Why = "",
    seconds: ForAWhile = None,
    file: Tree = None,
    state_dir: StateDir = None,
    no_wait: NoWait = False,
    timeout: Timeout = WAIT,  # type: ignore[assignment]  # its parser makes seconds of it
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Give a variable a value other than the document's, at PATH and below.

    Until `fsmv2 unset`, or for a while. It outlasts a restart of fsmv2 and changes of the
    document. The variable has to be known there.

    Exit code 3 when it is in force, and has not had its effect within --timeout.

    $ fsmv2 set edge/filler PORT=503 --for 2h -m 'second PLC'
    """
    name, sign, text = assignment.partition("=")
    if not sign or not name:
        raise typer.BadParameter("expected NAME=VALUE, such as PORT=503")
    with reported():
        from fsmv2.cli.request_session import ask
        from fsmv2.operate.request_types import SetVariable

        value = _value(text)
        raise typer.Exit(
            ask(
                lambda path: SetVariable(
                    path=path, name=name, value=value, reason=reason, seconds=seconds
                ),
                [path],
                verb="set",
                file=file,
                state_dir=state_dir,
                wait=0.0 if no_wait else timeout,
                yes=True,
                dry_run=dry_run,
                as_json=as_json,
            )
        )


def _value(text: str) -> Any:
    """The value as a document would read it."""
    from fsmv2.document import scan_yaml

    document = scan_yaml(f"value: {text}\n", "VALUE").validated()
    node = document.root.get("value")
    return None if node is None else node.to_data()
