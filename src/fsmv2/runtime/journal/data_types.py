"""The classes of data that a journal may hold: those of fsmv2 and of the worker types given."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import importlib
import sys
import typing
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core.checkpoint.take import parts_of
from fsmv2.errors import JournalError
from fsmv2.worker import WorkerFactory

_FORMERLY_ASKED = (
    "StopAsked ForceAsked LeaveAsked RestartAsked RetryAsked PauseAsked ResumeAsked StopPathAsked "
    "StartPathAsked SetVariableAsked UnsetVariableAsked AcknowledgeAsked SignalAsked"
)
RENAMED = {
    **{
        f"fsmv2.core.contract.events:{name}": (
            f"fsmv2.core.contract.events:{name.removesuffix('Asked')}Requested"
        )
        for name in _FORMERLY_ASKED.split()
    },
    "fsmv2.core.state.parts:AskedAction": "fsmv2.core.state.parts:RequestedAction",
    "fsmv2.core.state.counters:Counters": "fsmv2.core.state.counters:CoreCounters",
    "fsmv2.core.state.override_data:SetVariable": "fsmv2.core.state.override_data:VariableOverride",
    "fsmv2.core.state.parts:Decision": "fsmv2.core.state.parts:ControlDecision",
}
"""What classes were called when a journal of this version may have been written, and are now."""


class DataTypes:
    """Finds a class by the name a journal gives it. Imports nothing but parts of fsmv2.

    Classes inside functions are found when a spec or an observation of a worker type leads to them.
    """

    def __init__(self, factory: WorkerFactory) -> None:
        self._known: dict[str, type] = {}
        for name in factory.names:
            definition = factory.find(name).definition
            self._learn(definition.spec_type)
            self._learn(definition.observed_type)
        self._by_end: dict[str, list[type]] = {}
        for cls in self._known.values():
            self._by_end.setdefault(cls.__qualname__, []).append(cls)

    def __call__(self, name: str) -> type:
        """The class named `package.module:Class`; JournalError when it is not known, or no data."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._find(name)
        return found

    def _find(self, name: str) -> type:
        module, _, inner = RENAMED.get(name, name).partition(":")
        if module.partition(".")[0] == "fsmv2":
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
        found: Any = sys.modules.get(module)
        for part in inner.split("."):
            found = vars(found).get(part) if hasattr(found, "__dict__") else None
        if not isinstance(found, type):
            # What was run as a program was called `__main__`, and now has a name of its own.
            alike = self._by_end.get(inner, [])
            if len(alike) == 1 and "__main__" in (module, alike[0].__module__):
                return alike[0]
        if not isinstance(found, type):
            loaded = "does not have" if module in sys.modules else "is not loaded, which had"
            raise JournalError(
                f"it holds a '{inner}', and the module {module} {loaded} it.",
                fix=f"Name the module of the worker types that were run, such as --types {module}.",
            )
        if not _is_data(found):
            raise JournalError(f"{name} is not a class of data, so it is not made of a journal.")
        return found

    def _learn(self, annotation: Any) -> None:
        """Note the classes of data that an annotation leads to."""
        for inner in typing.get_args(annotation):
            self._learn(inner)
        if not isinstance(annotation, type) or not _is_data(annotation):
            return
        name = f"{annotation.__module__}:{annotation.__qualname__}"
        if name in self._known:
            return
        self._known[name] = annotation
        try:
            hints = typing.get_type_hints(annotation, include_extras=True)
        except ANY_RAISED:  # an author's annotation may name what cannot be found
            return
        for hint in hints.values():
            self._learn(hint)


def _is_data(cls: type) -> bool:
    return (
        issubclass(cls, msgspec.Struct | enum.Enum)
        or dataclasses.is_dataclass(cls)
        or (issubclass(cls, tuple) and hasattr(cls, "_fields"))
        or parts_of(cls) is not None
    )
