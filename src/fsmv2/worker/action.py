"""The `@action` decorator: marks an async method as work that moves reality."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

F = TypeVar("F", bound=Callable[..., Awaitable[Any]])

MARK = "__fsmv2_action__"

DEFAULT_TIMEOUT = 30.0
"""Seconds an action may take; long enough for a slow device, short enough to notice a dead one."""


class ActionDefinition(msgspec.Struct, frozen=True):
    """One declared action. `timeout` in seconds; `retries` tries before the FSM sees a failure."""

    name: str
    timeout: float
    retries: int
    blocks_children: bool


def action(
    *, timeout: float = DEFAULT_TIMEOUT, retries: int = 3, blocks_children: bool = True
) -> Callable[[F], F]:
    """Mark an async method as an action: `async def name(self, spec, resources, **args)`.

    Actions must be idempotent: after a crash, or a time-out that in truth succeeded, the same
    action may run again. `timeout` is in seconds. A failed run is repeated up to `retries` times
    with backoff as long as the step still asks for it. While it runs, the children of this worker
    start nothing, unless `blocks_children` is false.
    """
    if not timeout > 0:
        raise ValueError(f"an action's timeout must be more than 0 seconds, got {timeout}")

    def mark(method: F) -> F:
        definition = ActionDefinition(method.__name__, timeout, retries, blocks_children)
        setattr(method, MARK, definition)
        return method

    return mark
