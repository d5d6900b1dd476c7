"""An event loop whose clock jumps: hours pass in milliseconds, and in the same order every time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from contextvars import Context
from typing import Any

from fsmv2.containment import ANY_RAISED, for_future


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting for time to pass, lets it pass."""

    loop: VirtualLoop

    @property
    def watches_files(self) -> bool:
        """Whether anything but the loop's own pipe is watched: in most simulations, nothing is."""
        return len(self.get_map()) > 1

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0) if self.watches_files else []
        if not ready and timeout:
            self.loop.virtual_time += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop for simulations: `time()` starts at 0 and moves only when nothing else is to be done.

    With nothing scheduled at all a simulation would wait forever; that is an error and raises.
    """

    def __init__(self) -> None:
        self.virtual_time = 0.0
        self._jumping = _JumpingSelector()
        self._jumping.loop = self
        super().__init__(self._jumping)

    def call_soon_threadsafe(  # type: ignore[override]  # its exact type is only for checkers
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """There is one thread: none has to be woken."""
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(  # type: ignore[override]  # one function, at once
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """Run a blocking function here and now: it takes no virtual time, in the same order."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except ANY_RAISED as error:  # handed to who waits for it
            future.set_exception(for_future(error))
        return future

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self.virtual_time

    def skip(self, seconds: float) -> bool:
        """Let this time pass at once, if nothing at all is to be done before it is over."""
        now = self.virtual_time
        # No public name of asyncio tells what is due next.
        ready, timers = self._ready, self._scheduled  # type: ignore[attr-defined]
        if ready or self._jumping.watches_files:
            return False
        if timers and timers[0].when() <= now + seconds + self._clock_resolution:  # type: ignore[attr-defined]
            return False
        self.virtual_time += now + seconds - now  # rounded as by a timer
        return True
