"""The `@blocking` mark: runs a plain function that blocks in a thread, and never on a loop.

A thread cannot be stopped from outside. Whoever waits for one and is cancelled therefore goes on
waiting until it has returned: an action becomes *stuck* and is shown as such, its late result is
ignored, and no successor runs beside it.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
import weakref
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any, ParamSpec, TypeVar

from fsmv2.containment import ANY_RAISED, for_future
from fsmv2.errors import DefinitionError

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 32
"""Blocking calls of one loop at a time; the next ones wait. One that hangs for good keeps its
place, as a device that hangs keeps its connection."""

_places: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)


class _OneThread(Executor):
    """Runs each call in a daemon thread: one that hangs must not keep the process from ending,
    as the threads of the standard pools do."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*args, **kwargs)
            except ANY_RAISED as error:  # handed to who waits for it
                future.set_exception(for_future(error))
            else:
                future.set_result(result)

        threading.Thread(target=run, name="fsmv2-blocking", daemon=True).start()
        return future


_ONE_THREAD = _OneThread()


def blocking(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Make an awaitable function of a plain one that blocks: it runs in a thread of the runtime.

    Put it directly on the function, below `@action`::

        @action(timeout=10)
        @blocking
        def flash(self, spec, resources): ...

    Threads are few (32 for each runtime): what waits for a long time should be written `async`.
    DefinitionError: `function` is async already.
    """
    if inspect.iscoroutinefunction(function):
        raise DefinitionError(
            f"{function.__qualname__} is async, so @blocking would not run its body in a thread.",
            fix="Write `def` instead of `async def`, or leave the mark out.",
        )

    @functools.wraps(function)
    async def in_a_thread(*args: P.args, **kwargs: P.kwargs) -> T:
        call = functools.partial(contextvars.copy_context().run, function, *args, **kwargs)
        loop = asyncio.get_running_loop()
        async with _places.setdefault(loop, asyncio.Semaphore(THREADS)):
            running = loop.run_in_executor(_ONE_THREAD, call)
            cancelled = False
            while not running.done():
                try:
                    await asyncio.wait([running])
                except asyncio.CancelledError:
                    cancelled = True
        if cancelled:
            running.exception()  # retrieved; nobody is to see it
            raise asyncio.CancelledError
        return running.result()

    return in_a_thread
