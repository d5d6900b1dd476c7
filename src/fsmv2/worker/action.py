"""The `@action` decorator: marks an async method as work that moves reality."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from fsmv2.diagnostic import quoted
from fsmv2.worker.decorator import (
    ACTION_MARK,
    DecoratorProblem,
    calling_line,
    check_method,
    own_errors,
    refuse,
    seconds,
)

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

DEFAULT_TIMEOUT = 30.0
"""Seconds an action may take; long enough for a slow device, short enough to notice a dead one."""


class ActionDefinition(msgspec.Struct, frozen=True):
    """One declared action. `timeout` in seconds; `retries` tries before the FSM sees a failure."""

    name: str
    timeout: float
    retries: int
    blocks_children: bool


@own_errors("@action(timeout=5.0)")
def action(
    *, timeout: float = DEFAULT_TIMEOUT, retries: int = 3, blocks_children: bool = True
) -> Callable[[F], F]:
    """Mark an async method as an action: `async def name(self, spec, resources, **args)`.

    Actions must be idempotent: after a crash, or a timeout that in truth succeeded, the same
    action may run again. `timeout` is in seconds. A failed run is repeated up to `retries` times
    with backoff as long as the step still asks for it. While it runs, the children of this worker
    start nothing, unless `blocks_children` is false. DefinitionError: an option or the method is
    not what an action needs.
    """
    refuse(seconds("timeout", timeout) + _unfit(retries, blocks_children), calling_line())

    def mark(method: F) -> F:
        check_method(ACTION_MARK, method)
        definition = ActionDefinition(method.__name__, timeout, retries, blocks_children)
        setattr(method, ACTION_MARK, definition)
        return method

    return mark


def _unfit(retries: object, blocks_children: object) -> list[DecoratorProblem]:
    found = []
    if type(retries) is not int or retries < 0:
        found.append(
            DecoratorProblem(
                f"retries is {quoted(retries)}, expected a whole number, 0 or more.",
                "Write retries=3, say.",
            )
        )
    if type(blocks_children) is not bool:
        found.append(
            DecoratorProblem(
                f"blocks_children is {quoted(blocks_children)}, expected True or False.",
                "Write blocks_children=False, or leave it out.",
            )
        )
    return found
