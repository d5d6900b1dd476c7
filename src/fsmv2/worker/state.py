"""The `@state` decorator: marks a method as one state of its worker's FSM."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from fsmv2.worker.phase import Phase
from fsmv2.worker.step_result import Step

F = TypeVar("F", bound=Callable[[Any, Any], Step])

MARK = "__fsmv2_state__"


class StateDefinition(msgspec.Struct, frozen=True):
    """One declared state: its phase, the states a step may go to from it, and its method."""

    name: str
    phase: Phase
    to: tuple[str, ...]
    summary: str


def state(phase: Phase | str, *, to: Iterable[str] | str = ()) -> Callable[[F], F]:
    """Mark a method as the FSM state that bears its name.

    `phase` says what the state means to others; `to` names the states its step may go to, as a
    list or as words separated by spaces. The graph of all `to` is checked when the class is made,
    and a step that leaves it is an error. The first line of the docstring is shown to operators.
    """
    targets = tuple(to.split()) if isinstance(to, str) else tuple(to)

    def mark(method: F) -> F:
        summary = (method.__doc__ or "").strip().partition("\n")[0]
        setattr(method, MARK, StateDefinition(method.__name__, Phase(phase), targets, summary))
        return method

    return mark
