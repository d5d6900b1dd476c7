"""`check`: what an FSM really does, tried with every picture that its types allow."""

from __future__ import annotations

from fsmv2.cli.console import put
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.worker.fsm_check import check_fsm
from fsmv2.worker.object_reference import find_named


def check_type(name: str, *, mermaid: bool) -> int:
    """Print what the check of the type `name` finds; returns the exit code."""
    report = check_fsm(find_named(name))
    put(report.mermaid() if mermaid else report.text())
    return FAILED if report.findings else OK
