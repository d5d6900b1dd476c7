"""What `package.module:Type` names: for commands and plugins that are told a worker type."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from fsmv2.errors import SpecError, suggest
from fsmv2.worker.fsm_bench import FsmBench
from fsmv2.worker.worker import Worker


def is_worker(found: Any) -> bool:
    """Whether it is a worker type or a bench of one."""
    if isinstance(found, FsmBench):
        return True
    return isinstance(found, type) and issubclass(found, Worker) and found is not Worker


def find_named(name: str, wanted: Callable[[Any], bool] = is_worker) -> Any:
    """What `name` names, looked for in the current directory too; SpecError says what is wrong."""
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
    if wanted(found):
        return found
    known = [key for key, value in vars(loaded).items() if wanted(value)]
    raise SpecError(
        f"'{attribute}' in {module} is no worker type, nor a bench of one.",
        fix=suggest(attribute, known) or f"{module} has none.",
    )
