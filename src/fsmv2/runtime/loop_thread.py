"""An event loop in a thread of its own, started and joined like a context."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import error_text
from fsmv2.host.loops import new_loop

T = TypeVar("T")

JOIN_WITHIN = 5.0
JOIN_POLL = 0.005
"""Seconds for which the end of a thread is waited for, and between two looks at it."""


class LoopThread:
    """Runs one event loop in a daemon thread; `name` is what profilers and dumps show."""

    def __init__(self, name: str) -> None:
        self.loop = new_loop()
        self.uncontained: Callable[[str], None] = lambda _: None
        """Called on this thread with what ended a turn of the loop."""
        self._stops = False
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
        self._stops = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        # Polled: joining in another thread would leave that one behind when this one never ends.
        for _ in range(round(JOIN_WITHIN / JOIN_POLL)):
            if not self._thread.is_alive():
                self.loop.close()
                return
            await asyncio.sleep(JOIN_POLL)

    def _run_on(self) -> None:
        """Run until `stop`. A `SystemExit` or `KeyboardInterrupt` ends any loop of asyncio (H68).

        Where we call code of others it is contained, but such code may start tasks of its own.
        """
        while True:
            try:
                self.loop.run_forever()
                return
            except ANY_RAISED as error:
                text = (
                    f"an uncontained {error_text(error)} {_place(error)} would have ended the loop"
                )
                logging.getLogger("fsmv2.threads").exception("%s: %s", self.name, text)
                self.uncontained(f"{text} {self.name}; it goes on")
                if self._stops:
                    return  # it may have ended the very turn in which the loop was to stop

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        pool = ThreadPoolExecutor(thread_name_prefix=f"{self._thread.name}-pool")
        self.loop.set_default_executor(pool)
        try:
            self._run_on()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _place(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"in {code.co_name} at {code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
