"""Run what blocks, such as work with files, in a thread of its own, and never on a loop.

A thread cannot be stopped from outside. Whoever waits for one and is cancelled therefore goes on
waiting until it has returned: an action becomes *stuck* and is shown as such, its late result is
ignored, and no successor runs beside it. A disk that hangs holds up nobody else.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from fsmv2.containment import ANY_RAISED, for_future

T = TypeVar("T")

THREADS = 32
"""Blocking calls of one loop at a time; the next ones wait. One that hangs for good keeps its
place, as a device that hangs keeps its connection."""

_places: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = (
    weakref.WeakKeyDictionary()
)


IDLE = 5.0
"""Seconds that a thread waits for another call. To begin one costs more than a short call does."""


class _IdleThreads(Executor):
    """Runs each call in a daemon thread that runs nothing else meanwhile, an idle one if there is
    any: one that hangs must not keep the process from ending, as the threads of the standard pools
    do, nor hold up another call."""

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Callable[[], None]]] = []
        os.register_at_fork(after_in_child=self._idle.clear)  # where only one thread is left

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

        try:
            self._idle.pop().put(run)  # the last one, so that those that are too many end
        except IndexError:
            threading.Thread(
                target=self._serve, args=(run,), name="fsmv2-blocking", daemon=True
            ).start()
        return future

    def _serve(self, run: Callable[[], None]) -> None:
        inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        while True:
            run()
            del run  # what it refers to is kept by nobody while it waits
            self._idle.append(inbox)
            try:
                run = inbox.get(timeout=IDLE)
            except Empty:
                try:
                    self._idle.remove(inbox)
                except ValueError:  # it was chosen in this very moment
                    run = inbox.get()
                else:
                    return


_IN_THREAD = _IdleThreads()


async def in_thread(function: Callable[[], T]) -> T:
    """What `function` returns or raises. Whoever is cancelled waits until it has ended."""
    call = functools.partial(contextvars.copy_context().run, function)
    loop = asyncio.get_running_loop()
    async with _places.setdefault(loop, asyncio.Semaphore(THREADS)):
        running = loop.run_in_executor(_IN_THREAD, call)
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


async def in_daemon_thread(function: Callable[[], T]) -> T:
    """The same; whoever is cancelled does not wait for it: a file system may hang for good."""
    return await asyncio.get_running_loop().run_in_executor(_IN_THREAD, function)
