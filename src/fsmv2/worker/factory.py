"""The registry of worker types: from the name in a child spec to a new worker instance."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import RegistrationError, UnknownWorkerTypeError, error_text
from fsmv2.model.class_references import worker_type_name
from fsmv2.name_suggestions import suggest
from fsmv2.worker.definition import WorkerDefinition
from fsmv2.worker.worker import Worker

ENTRY_POINTS = "fsmv2.workers"
"""The entry point group in which packages announce their worker types."""


class RegisteredType(msgspec.Struct, frozen=True, eq=False):
    """A worker type under the name it was registered with, and how to make an instance."""

    definition: WorkerDefinition
    make: Callable[[], Worker[Any, Any, Any]]


class WorkerFactory:
    """Worker types by name. Not shared: each runtime is given its own."""

    def __init__(self) -> None:
        self._types: dict[str, RegisteredType] = {}

    def register(
        self,
        worker: type[Worker[Any, Any, Any]],
        *,
        name: str | None = None,
        make: Callable[[], Worker[Any, Any, Any]] | None = None,
    ) -> None:
        """Register the class `worker` under `name` (default: the type's own name).

        `make` builds an instance where the constructor needs arguments, such as a shared engine.
        RegistrationError: the name is empty or taken, or the class defines no FSM.
        """
        definition = vars(worker).get("definition")  # an inherited one is another class's
        if not isinstance(definition, WorkerDefinition):
            raise RegistrationError(
                f"{worker.__name__} defines no FSM, so it cannot be a worker type.",
                fix="Subclass Worker without abstract=True and mark its states with @state.",
            )
        name = definition.name if name is None else name
        if not name.strip():
            raise RegistrationError(f"the name to register {worker.__name__} under is empty.")
        if name in self._types:
            taken = self._types[name].definition.cls.__name__
            raise RegistrationError(
                f"the worker type '{name}' is already registered, by {taken}.",
                fix="Pass another name=, or register it once.",
            )
        if name != definition.name:
            definition = msgspec.structs.replace(definition, name=name)
        self._types[name] = RegisteredType(definition, make or worker)

    def register_alias(self, alias: str, name: str | type[Worker[Any, Any, Any]]) -> None:
        """Accept `alias` as another spelling of a registered type, named or given as its class.

        RegistrationError: `alias` is taken. UnknownWorkerTypeError: `name` is not registered.
        """
        if alias in self._types:
            raise RegistrationError(f"the worker type '{alias}' is already registered.")
        self._types[alias] = self.find(name)

    def include(self, other: WorkerFactory) -> None:
        """Know the types of another factory too; of the same name, one's own stays."""
        self._types = {**other._types, **self._types}

    def load_entry_points(self) -> None:
        """Register what installed packages announce under the group `fsmv2.workers`.

        RegistrationError: one of them cannot be loaded, or its name is taken.
        """
        for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
            try:
                self.register(point.load(), name=point.name)
            except RegistrationError:
                raise
            except ANY_RAISED as error:  # a package of others, imported here
                raise RegistrationError(
                    f"the worker type '{point.name}', announced as {point.value}, cannot be "
                    f"loaded: {error_text(error)}.",
                    fix="Repair or remove the package that announces it.",
                ) from error

    def find(self, name: str | type[Worker[Any, Any, Any]]) -> RegisteredType:
        """The type of this name or class; UnknownWorkerTypeError names the nearest and all."""
        known = name if isinstance(name, str) else worker_type_name(name, "The worker type to find")
        try:
            return self._types[known]
        except KeyError:
            raise UnknownWorkerTypeError(
                f"no worker type '{known}' is registered.",
                fix=self._other_name(known) or suggest(known, self._types),
            ) from None

    def _other_name(self, name: str) -> str:
        """What to write for a class that calls itself `name`, and is registered under another."""
        for registered, type_ in self._types.items():
            cls = type_.definition.cls
            if cls.definition.name == name:
                return f"The class {cls.__name__} is registered as '{registered}': write that name."
        return ""

    @property
    def names(self) -> tuple[str, ...]:
        """All registered names, sorted."""
        return tuple(sorted(self._types))
