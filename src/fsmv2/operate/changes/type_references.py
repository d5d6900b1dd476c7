"""By which names another process can import the worker types that a program gave a tree."""

from __future__ import annotations

import functools
import os
import sys
import time
from typing import Any

from fsmv2.builtin import register_builtins
from fsmv2.errors import FsmError
from fsmv2.flow import AsyncioEngine
from fsmv2.host.procfs import start_time_of
from fsmv2.worker import WorkerFactory
from fsmv2.worker.factory import RegisteredType


class UnreachableTypeError(FsmError, LookupError):
    """Another process cannot have the code of a worker type as it runs here."""


def type_references(factory: WorkerFactory) -> dict[str, str]:
    """By name, `package.module:Class` of each type of `factory` that is not built in.

    UnreachableTypeError: one was made in a function or by the program itself, or is constructed in
    a way of its own, or its file was changed since this process began.
    """
    found = {}
    for name in factory.names:
        registered = factory.find(name)
        if registered.definition.cls is not _builtin().get(name):
            found[name] = _reference(name, registered)
    return found


def _reference(name: str, registered: RegisteredType) -> str:
    cls = registered.definition.cls
    module, inner = cls.__module__, cls.__qualname__
    loaded = sys.modules.get(module)
    if registered.make is not cls:
        raise _unreachable(name, "it is constructed in a way of its own")
    if module == "__main__" or getattr(loaded, inner, None) is not cls:
        raise _unreachable(name, "no module has it that could be imported")
    file = getattr(loaded, "__file__", None)
    try:
        changed = file is None or os.stat(file).st_mtime >= _began()
    except OSError:
        changed = True
    if changed:
        raise _unreachable(name, "its file has changed since it was imported")
    return f"{module}:{inner}"


def _unreachable(name: str, why: str) -> UnreachableTypeError:
    return UnreachableTypeError(f"another process cannot have the worker type '{name}': {why}.")


@functools.cache
def _builtin() -> dict[str, type[Any]]:
    factory = WorkerFactory()
    register_builtins(factory, AsyncioEngine())
    return {name: factory.find(name).definition.cls for name in factory.names}


def _began() -> float:
    """When this process began, in Unix seconds."""
    ticks = start_time_of(os.getpid()) or 0
    ago = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - ago
