"""Classes and methods where names are wanted: `Tank` for its type, `Tank.stopped` for a state.

A type checker finds a wrong name where an author refers to a class. What is kept is the
name, so stores, journals and documents are the same whichever was written. This room does not know
what a worker is; it goes by the attributes that `fsmv2.worker` puts on classes and methods.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

from fsmv2.diagnostic import quoted
from fsmv2.errors import SpecError
from fsmv2.name_suggestions import suggest

STATE_MARK = "__fsmv2_state__"
"""The attribute of a method marked `@state` that holds the definition of the state."""

S_contra = TypeVar("S_contra", contravariant=True)


class TakesSpec(Protocol[S_contra]):
    """A worker, for a type checker: what it derives from is a spec of its own type."""

    def derive_desired_state(self, spec: S_contra, previous_observed: Any) -> Any:
        """Say what should be."""


class StepDecision(Protocol):
    """What a step answers, for a type checker; no check and no action answers so."""

    @property
    def reason(self) -> str:
        """Why it is so."""


UnboundState: TypeAlias = Callable[[Any, Any], StepDecision]
"""A method marked `@state`, of the class: `Tank.stopped`."""

StateReference: TypeAlias = str | UnboundState | Callable[[Any], StepDecision]
"""A state by its name, as `Tank.stopped`, or as `self.stopped`."""

K = TypeVar("K", bound=str | UnboundState)

StateMapping: TypeAlias = (
    Mapping[K, str | UnboundState] | Mapping[str | UnboundState, str | UnboundState]
)
"""States of the parent (`*` for any other) with states of the child; each as a name or a method.

Keys of a mapping are invariant: the first form is for those that are all names or all methods, a
`dict[str, str]` say, the second for a literal that has both.
"""


def worker_type_name(given: object, owner: str, spec: object = None) -> str:
    """The name of a worker type that is given by name or as its class.

    `owner` begins the sentence that says what is wrong ("The worker type of child 'a'"); `spec`,
    if it is not None, must be one that the class takes. Raises SpecError.
    """
    if isinstance(given, str) and given:
        return given
    definition = _definition_of(given)
    if definition is None:
        raise SpecError(
            f"{owner} is {_shown(given)}, expected a name or the class of a worker.",
            fix=_fix_for(given),
        )
    if spec is not None and not isinstance(spec, definition.spec_type):
        raise SpecError(
            f"{owner} is {_shown(given)}, which takes a {definition.spec_type.__name__}, "
            f"but its spec is a {type(spec).__name__}.",
            fix=f"Give it a {definition.spec_type.__name__}.",
        )
    name: str = definition.name
    return name


def state_name(given: object, owner: str) -> str:
    """The name of a state that is given by name or as its method; raises SpecError."""
    if isinstance(given, str) and given:
        return given
    found = getattr(given, STATE_MARK, None)
    if found is None:
        raise SpecError(
            f"{owner} is {_shown(given)}, expected a state.",
            fix="Write the state's name, or its method, marked with @state: Tank.stopped, say.",
        )
    name: str = found.name
    return name


def mapped_names(mapping: Mapping[Any, Any], child: str, worker: object) -> dict[str, str]:
    """A state mapping by names alone. Raises SpecError for what is no state.

    `worker` is the type of the child as it was given: of a class the states are known, so each
    state asked for must be one of them.
    """
    owner = f"A state in the state_mapping of child '{child}'"
    definition = _definition_of(worker)
    names: dict[str, str] = {}
    for key, value in mapping.items():
        asked = state_name(value, owner)
        if definition is not None:
            _check_asked(value, asked, definition, child)
        parent = state_name(key, owner)
        if parent in names:
            raise SpecError(
                f"The state_mapping of child '{child}' names the state '{parent}' twice.",
                fix="Write it once, as a name or as a method.",
            )
        names[parent] = asked
    return names


def _check_asked(value: object, asked: str, definition: Any, child: str) -> None:
    known = definition.states
    if asked not in known:
        raise SpecError(
            f"The state_mapping of child '{child}' asks for '{asked}', which is not a state of "
            f"{definition.cls.__name__}.",
            fix=suggest(asked, known),
        )
    if isinstance(value, str) or any(
        vars(base).get(asked) is value for base in definition.cls.__mro__
    ):
        return
    raise SpecError(
        f"The state_mapping of child '{child}' asks for {_shown(value)}, but the child is a "
        f"{definition.cls.__name__}.",
        fix=f"Write {definition.cls.__name__}.{asked}.",
    )


def _definition_of(given: object) -> Any:
    """What `fsmv2.worker` made of a class; None if it is no class, or defines no FSM of its own."""
    found = vars(given).get("definition") if isinstance(given, type) else None
    return found if hasattr(found, "spec_type") else None


def _fix_for(given: object) -> str:
    if isinstance(given, type):
        if hasattr(given, "derive_desired_state"):
            return "An abstract class is not a worker type: name one of its subclasses."
        return "Derive the class from fsmv2.Worker."
    if _definition_of(type(given)) is not None:
        return f"Write {type(given).__name__}, the class itself."
    return "Write the name it is registered under, or the class."


def _shown(given: object) -> str:
    if isinstance(given, type):
        return f"the class {given.__name__}"
    name = getattr(given, "__qualname__", "")
    return name.rpartition("<locals>.")[2] if name else quoted(given)
