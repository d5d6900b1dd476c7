"""The `@blocking` mark: runs a plain function that blocks in a thread, and never on a loop."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from fsmv2.errors import DefinitionError
from fsmv2.host.in_thread import in_thread

P = ParamSpec("P")
T = TypeVar("T")


def blocking(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make an awaitable function of a plain one that blocks: it runs in a thread of the runtime.

    Put it directly on the function, below `@action`::

        @action(timeout=10)
        @blocking
        def flash(self, spec, resources): ...

    Threads are few (32 for each runtime): what waits for a long time should be written `async`.
    Whoever is cancelled goes on waiting until it has returned. DefinitionError: `function` is
    async already.
    """
    if inspect.iscoroutinefunction(function):
        raise DefinitionError(
            f"{function.__qualname__} is async, so @blocking would not run its body in a thread.",
            fix="Write `def` instead of `async def`, or leave the mark out.",
        )

    @functools.wraps(function)
    async def call_in_thread(*args: P.args, **kwargs: P.kwargs) -> T:
        return await in_thread(functools.partial(function, *args, **kwargs))

    return call_in_thread
