"""`check`: what an FSM really does, tried with every picture that its types allow."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from fsmv2.cli.exits import FAILED, OK
from fsmv2.errors import SpecError, suggest
from fsmv2.worker.fsm_bench import FsmBench
from fsmv2.worker.fsm_check import check_fsm
from fsmv2.worker.worker import Worker


def find_type(name: str) -> Any:
    """What `package.module:Type` names; looked for in the current directory too."""
    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise SpecError(
            f"'{name}' does not name a worker type.", fix="Write it as package.module:Type."
        )
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        loaded = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        raise SpecError(
            f"there is no module '{module}'.",
            fix="Call the command where the module can be imported, or install its package.",
        ) from None
    found = getattr(loaded, attribute, None)
    if isinstance(found, FsmBench) or (isinstance(found, type) and issubclass(found, Worker)):
        return found
    known = [
        key
        for key, value in vars(loaded).items()
        if isinstance(value, FsmBench)
        or (isinstance(value, type) and issubclass(value, Worker) and value is not Worker)
    ]
    raise SpecError(
        f"'{attribute}' in {module} is no worker type and no FsmBench.",
        fix=suggest(attribute, known) or f"{module} has none.",
    )


def check_type(name: str, *, mermaid: bool) -> int:
    """Print what the check of the type `name` finds; returns the exit code."""
    report = check_fsm(find_type(name))
    sys.stdout.write((report.mermaid() if mermaid else report.text()) + "\n")
    return FAILED if report.findings else OK
