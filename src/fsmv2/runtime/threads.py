"""An event loop in a thread of its own, started and joined like a context."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fsmv2.host import new_loop

T = TypeVar("T")

JOIN_WITHIN = 5.0
JOIN_POLL = 0.005
"""Seconds for which the end of a thread is waited for, and between two looks at it."""


class LoopThread:
    """Runs one event loop in a daemon thread; `name` is what profilers and dumps show."""

    def __init__(self, name: str) -> None:
        self.loop = new_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def name(self) -> str:
        """What profilers and dumps show."""
        return self._thread.name

    @property
    def ident(self) -> int | None:
        """The thread's number while it runs."""
        return self._thread.ident

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on this loop and wait for it from another one."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.loop))

    async def call(self, function: Callable[[], T]) -> T:
        """Call a function on this loop and wait for its result from another one."""

        async def called() -> T:
            return function()

        return await self.run(called())

    async def stop(self) -> None:
        """Stop the loop and join its thread; a thread that is blocked for good is abandoned.

        It is a daemon, so it does not keep the process from ending.
        """
        self.loop.call_soon_threadsafe(self.loop.stop)
        # Polled: joining in another thread would leave that one behind when this one never ends.
        for _ in range(round(JOIN_WITHIN / JOIN_POLL)):
            if not self._thread.is_alive():
                self.loop.close()
                return
            await asyncio.sleep(JOIN_POLL)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        pool = ThreadPoolExecutor(thread_name_prefix=f"{self._thread.name}-pool")
        self.loop.set_default_executor(pool)
        try:
            self.loop.run_forever()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
