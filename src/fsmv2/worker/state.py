"""The `@state` decorator: marks a method as one state of its worker's FSM."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.model.class_references import STATE_MARK, StateReference
from fsmv2.name_suggestions import suggest
from fsmv2.view.phase import Phase
from fsmv2.worker.decorator import (
    DecoratorProblem,
    calling_line,
    check_method,
    own_errors,
    refuse,
)
from fsmv2.worker.step_result import Step

F = TypeVar("F", bound=Callable[[Any, Any], Step])


class StateDefinition(msgspec.Struct, frozen=True):
    """One declared state: its phase, the states a step may go to from it, and its method."""

    name: str
    phase: Phase
    to: tuple[str, ...]
    summary: str


@own_errors("@state('running', to='stopped')")
def state(
    phase: Phase | str, *, to: Iterable[StateReference] | StateReference = ()
) -> Callable[[F], F]:
    """Mark a method as the FSM state that bears its name.

    `phase` says what the state means to others; `to` names the states its step may go to, as a
    list or as words separated by spaces; a state that is defined above may be given as its method.
    The graph of all `to` is checked when the class is made,
    and a step that leaves it is an error. The first line of the docstring is shown to operators.
    DefinitionError: an argument or the method is not what a state needs.
    """
    found = [] if phase in list(Phase) else [_unknown_phase(phase)]
    targets = _targets(to)
    if targets is None:
        found.append(
            DecoratorProblem(
                f"to is {quoted(to)}, expected the names of states.",
                "Write to='running stopped', or a list of names.",
            )
        )
    refuse(found, calling_line())

    def mark(method: F) -> F:
        check_method(STATE_MARK, method)
        summary = (method.__doc__ or "").strip().partition("\n")[0]
        made = StateDefinition(method.__name__, Phase(phase), targets or (), summary)
        setattr(method, STATE_MARK, made)
        return method

    return mark


def _unknown_phase(phase: object) -> DecoratorProblem:
    known = [known.value for known in Phase]
    fix = suggest(phase, known) if isinstance(phase, str) else f"Known: {', '.join(known)}."
    return DecoratorProblem(f"The phase is {quoted(phase)}, expected one of those known.", fix)


def _targets(to: object) -> tuple[str, ...] | None:
    """The names in `to`; None if it is neither words nor a list of names and methods."""
    if isinstance(to, str):
        return tuple(to.split())
    given = (to,) if callable(to) else to
    if not isinstance(given, Iterable) or isinstance(given, bytes):
        return None
    found: list[str] = []
    for target in given:
        marked = getattr(target, STATE_MARK, None)
        if not isinstance(target, str) and marked is None:
            return None
        found.append(target if marked is None else marked.name)
    return tuple(found)
