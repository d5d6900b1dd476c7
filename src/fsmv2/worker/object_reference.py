"""Object references, `package.module:Type`: by which commands and plugins name a worker type."""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import FsmError, SpecError, error_text
from fsmv2.name_suggestions import suggest
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
    loaded, attribute = import_named(name, "a worker type", "Type")
    module = loaded.__name__
    found = getattr(loaded, attribute, None)
    if wanted(found):
        return found
    known = [key for key, value in vars(loaded).items() if wanted(value)]
    raise SpecError(
        f"'{attribute}' in {module} is neither a worker type nor a bench of one.",
        fix=suggest(attribute, known) or f"{module} has none.",
    )


def register_named(factory: WorkerFactory, name: str) -> None:
    """Register the worker types that `name` names; SpecError says what is wrong.

    `package.module` are all types made there. `package.module:name` is one type; or a factory, or
    anything that has one, or a function that makes either.
    """
    loaded, attribute = import_named(name, "worker types", "factory", alone=True)
    module = loaded.__name__
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
        try:
            found = found()
        except FsmError:
            raise
        except ANY_RAISED as error:
            raise SpecError(f"'{name}' raised {error_text(error)}, expected a factory.") from error
    found = getattr(found, "factory", found)
    if not isinstance(found, WorkerFactory):
        known = [k for k, v in vars(loaded).items() if _is_type(v) or isinstance(v, WorkerFactory)]
        raise SpecError(
            f"'{attribute}' in {module} is not a worker type, and gives no factory.",
            fix=suggest(attribute, known) or f"{module} has none.",
        )
    factory.include(found)


def _is_type(found: Any) -> TypeGuard[type[Worker[Any, Any, Any]]]:
    return isinstance(found, type) and issubclass(found, Worker) and "definition" in vars(found)


def import_named(
    name: str, what: str, example: str, *, alone: bool = False
) -> tuple[ModuleType, str]:
    """The module of `module:attribute`, imported, and the attribute's name; '' where `alone` does.

    Looked for in the current directory too. SpecError, in which `what` and `example` say what was
    expected, also for whatever the module raises: it is the author's, and none of our failures.
    """
    module, colon, attribute = name.partition(":")
    named = attribute.isidentifier() or (alone and not colon)
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", module) or not named:
        path = re.fullmatch(r"(?:\./)?(?P<file>[\w/]+)\.py(?::(?P<name>\w+))?", name)
        fix = f"Write it as package.module:{example}."
        if path is not None:
            meant = f"{path['file'].strip('/').replace('/', '.')}:{path['name'] or example}"
            fix = f"This is the path of a file; write '{meant}'."
        raise SpecError(f"'{name}' does not name {what}.", fix=fix)
    if (here := os.getcwd()) not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module), attribute
    except ModuleNotFoundError as error:
        if error.name is not None and f"{module}.".startswith(f"{error.name}."):
            raise SpecError(
                f"there is no module '{module}'.",
                fix="Call the command where the module can be imported, or install its package.",
            ) from None
        raise _broken(module, error) from None  # it is there; what it imports is not
    except ANY_RAISED as error:  # whatever an author's module raises
        raise _broken(module, error) from None


_PACKAGE = f"{Path(__file__).resolve().parents[1]}{os.sep}"


def _broken(module: str, error: BaseException) -> SpecError:
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen") and frame.filename != __file__
    ]
    # What is wrong with a class is found out in this package; the author looks for it in the class.
    own = [frame for frame in frames if not frame.filename.startswith(_PACKAGE)] or frames
    last = own[-1] if own else None
    where = (
        f", in {last.filename}:{last.lineno}" if last and "/importlib/" not in last.filename else ""
    )
    if last is not None and str(error).startswith(f"{last.filename}:"):
        where = ""  # it says so itself
    return SpecError(
        f"the module '{module}' cannot be imported{where}: {error_text(error).rstrip('.')}.",
        fix=f"Repair the module; `python -c 'import {module}'` shows the whole way to it.",
    )
