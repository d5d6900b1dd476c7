"""Coalesced timers: those of ten thousand collectors, due on a common grid.

A timer of asyncio for each would cost a handle, a context and a heap whose comparisons are written
in Python. Here those of about the same moment share one, and one wake-up of the loop.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Generic, TypeVar

from fsmv2.containment import ANY_RAISED

T = TypeVar("T")

GRID = 0.05
"""Seconds between the moments at which something may be due."""

MOST_WAITS = 20
"""How many moments in a row may be put off: a second of patience, not a famine."""


MISSED = "what was due for one worker could not be done"


def _never() -> bool:
    return False


class CoalescedTimers(Generic[T]):
    """Calls `what(whom)` at or soon after the moment asked for, in the order of asking.

    Nothing is ever taken out: whom it calls decides whether it is still meant. `wait` may put a
    moment off, for what can be done a little later just as well.
    """

    __slots__ = ("_loop", "_moments", "_wait", "_waits", "_what")

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        what: Callable[[T], None],
        *,
        wait: Callable[[], bool] = _never,
    ) -> None:
        self._loop = loop
        self._what = what
        self._wait = wait
        self._waits = 0
        self._moments: dict[int, list[T]] = {}

    def put(self, whom: T, when: float) -> None:
        """Call it with `whom` at `when`, seconds of the loop's clock, or up to a GRID later."""
        moment = math.ceil(when / GRID)
        due = self._moments.get(moment)
        if due is None:
            self._moments[moment] = [whom]
            self._loop.call_at(moment * GRID, self._fire, moment)
        else:
            due.append(whom)

    def _fire(self, moment: int) -> None:
        due = self._moments.pop(moment)
        if self._waits < MOST_WAITS and self._wait():
            self._waits += 1
            self._put_off(due)
            return
        self._waits = 0
        for whom in due:
            try:
                self._what(whom)
            except ANY_RAISED as error:  # the others of this moment are still to be called
                self._loop.call_exception_handler({"message": MISSED, "exception": error})

    def _put_off(self, due: list[T]) -> None:
        # One further than the next, which may be the very moment whose call is running.
        moment = math.ceil(self._loop.time() / GRID) + 1
        later = self._moments.get(moment)
        if later is None:
            self._moments[moment] = due
            self._loop.call_at(moment * GRID, self._fire, moment)
        else:
            # In front of those that were due later; behind them, what is put off again and again
            # would lose its place each time.
            later[:0] = due
