"""`check`: what an FSM really does, tried with every picture that its types allow."""

from __future__ import annotations

from typing import Annotated

import typer

from fsmv2.cli.error_messages import reported
from fsmv2.cli.exit_codes import FAILED, OK


def check(
    worker: Annotated[
        str, typer.Argument(metavar="TYPE", help="package.module:Type, or an FsmBench there.")
    ],
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Only the diagram.")] = False,
) -> None:
    """Try every state of a worker type with everything it can see, and report what is wrong.

    Unreachable states, livelocks, no way to stop, dead ends, transitions that are never taken.
    Exit code 1 when something was found.

    $ fsmv2 check mine.lamp:Lamp
    $ fsmv2 check mine.lamp:Lamp --mermaid
    """
    with reported():
        from fsmv2.cli.console import put
        from fsmv2.worker.fsm_check import check_fsm
        from fsmv2.worker.object_reference import find_named

        report = check_fsm(find_named(worker))
        put(report.mermaid() if mermaid else report.text())
        raise typer.Exit(FAILED if report.findings else OK)
