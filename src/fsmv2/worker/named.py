"""What `package.module:Type` names: for commands and plugins that are told a worker type."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any, TypeGuard

from fsmv2.errors import SpecError, suggest
from fsmv2.worker.factory import WorkerFactory
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
    loaded = _imported(module)
    found = getattr(loaded, attribute, None)
    if wanted(found):
        return found
    known = [key for key, value in vars(loaded).items() if wanted(value)]
    raise SpecError(
        f"'{attribute}' in {module} is no worker type, nor a bench of one.",
        fix=suggest(attribute, known) or f"{module} has none.",
    )


def register_named(factory: WorkerFactory, name: str) -> None:
    """Register the worker types that `name` names; SpecError says what is wrong.

    `package.module` are all types made there. `package.module:name` is one type; or a factory, or
    anything that has one, or a function that makes either.
    """
    module, _, attribute = name.partition(":")
    loaded = _imported(module)
    if not attribute:
        own = [v for v in vars(loaded).values() if _is_type(v) and v.__module__ == module]
        for kind in own:
            factory.register(kind)
        if not own:
            raise SpecError(
                f"the module {module} makes no worker types.",
                fix="Name one that does, or a factory in it as package.module:factory.",
            )
        return
    found = getattr(loaded, attribute, None)
    if _is_type(found):
        factory.register(found)
        return
    if callable(found):
        found = found()
    found = getattr(found, "factory", found)
    if not isinstance(found, WorkerFactory):
        known = [k for k, v in vars(loaded).items() if _is_type(v) or isinstance(v, WorkerFactory)]
        raise SpecError(
            f"'{attribute}' in {module} is no worker type, and gives no factory.",
            fix=suggest(attribute, known) or f"{module} has none.",
        )
    factory.include(found)


def _is_type(found: Any) -> TypeGuard[type[Worker[Any, Any, Any]]]:
    return isinstance(found, type) and issubclass(found, Worker) and "definition" in vars(found)


def _imported(module: str) -> Any:
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        raise SpecError(
            f"there is no module '{module}'.",
            fix="Call the command where the module can be imported, or install its package.",
        ) from None
