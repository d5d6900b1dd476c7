"""`notify-test`: send a test notification, and say what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.options import AsJson, StateDir
from fsmv2.cli.request_options import Tree


def notify_test(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TARGET...]", help="Targets of `notify:`; default: all of them."),
    ] = None,
    file: Tree = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Send a test notification to the targets of a document, and report the result for each.

    The running tree sends it, as it would send a real one: as its user, with its environment. If
    none runs it is sent from here. Quiet hours do not hold it, and a failure is not retried.

    Exit code 0 when each target has taken it, else 1; also when the document has no targets.

    $ fsmv2 notify-test
    $ fsmv2 notify-test oncall -f plant.yaml
    """
    with reported():
        from fsmv2.cli.notify_test_session import notify_test as test

        raise typer.Exit(test(targets or [], file=file, state_dir=state_dir, as_json=as_json))
