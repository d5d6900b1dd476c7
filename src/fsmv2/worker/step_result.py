"""The result of one FSM step: another state, or an action, or nothing; always with a reason.

The three are different types, so changing state *and* starting an action in one step cannot be
written. Authors use the three functions `goto`, `act` and `stay`; the core reads the structs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.errors import DefinitionError

P = ParamSpec("P")

StateMethod = Callable[[Any], "Step"]
"""A method marked `@state`, as `goto` takes it: `goto(self.running, ...)`."""

ActionMethod = Callable[Concatenate[Any, Any, P], Awaitable[Any]]
"""A method marked `@action`, as `act` takes it: `act(self.switch_on, ...)`."""


class Goto(msgspec.Struct, frozen=True, gc=False):
    """Enter another state of the same FSM."""

    state: str
    reason: str


class Act(msgspec.Struct, frozen=True):
    """Run an action; the state stays as it is until a later step changes it."""

    action: str
    reason: str
    args: Mapping[str, Any] = {}


class Stay(msgspec.Struct, frozen=True, gc=False):
    """Do nothing now. `wake_after`: seconds after which to be asked again without other cause."""

    reason: str
    wake_after: float | None = None
    waits_for: tuple[str, ...] = ()


Step = Goto | Act | Stay
"""What a step answers: made by `goto(...)`, `act(...)` or `stay(...)`."""


def goto(target: StateMethod, reason: str) -> Goto:
    """Enter the state `target`, one of the methods marked `@state` of the same class.

    `reason` is shown to operators. DefinitionError: `target` is no method.
    """
    try:
        return Goto(target.__name__, reason)
    except AttributeError:
        raise _no_method("goto", "a state", target) from None


def act(action: ActionMethod[P], reason: str, /, *args: P.args, **kwargs: P.kwargs) -> Act:
    """Run the action `action`, one of the methods marked `@action`, with what it takes by name.

    The same action with the same arguments is never started twice at once: asking again while
    it runs changes nothing, so a step may simply say what it needs each time it is asked.
    DefinitionError: `action` is no method, or its arguments are not given by name.
    """
    if args:
        name = getattr(action, "__name__", action)
        raise DefinitionError(
            f"act(self.{name}, ...) takes the action's arguments by name: the record of what was "
            "done shows them so"
        )
    try:
        return Act(action.__name__, reason, kwargs)
    except AttributeError:
        raise _no_method("act", "an action", action) from None


def stay(
    reason: str, *, wake_after: float | None = None, waits_for: tuple[str, ...] | str = ()
) -> Stay:
    """Do nothing, because of `reason`.

    `wake_after`: ask again after this many seconds even if nothing else changes.
    `waits_for`: the paths whose progress this worker waits for; cycles of them are found and named.
    """
    return Stay(reason, wake_after, (waits_for,) if isinstance(waits_for, str) else waits_for)


def _no_method(function: str, kind: str, given: object) -> DefinitionError:
    shown = given if isinstance(given, str) and given.isidentifier() else "name"
    return DefinitionError(
        f"{function}(self..., reason) takes {kind}'s method, got {quoted(given)}.",
        fix=f"Write {function}(self.{shown}, reason).",
    )
