"""Who may speak next on a connection that several use: one at a time, writes before reads.

Fair without a count for each user: a user asks for its next turn only after its last one ended, so
the order of arrival already serves each once before any twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

WRITES_IN_A_ROW = 8
"""Writes after which one read that waits has its turn: a flood of writes must blind nobody."""


class RequestTurns:
    """`async with turns.turn(urgent=...)`; urgent ones are writes."""

    def __init__(self) -> None:
        self._taken = False
        self._writes: deque[asyncio.Future[None]] = deque()
        self._reads: deque[asyncio.Future[None]] = deque()
        self._in_a_row = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._writes) + len(self._reads)

    @contextlib.asynccontextmanager
    async def turn(self, *, urgent: bool) -> AsyncIterator[None]:
        """One turn; waits until it has come."""
        if self._taken:
            await self._wait(self._writes if urgent else self._reads)
        self._taken = True
        self._in_a_row = self._in_a_row + 1 if urgent else 0
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._pass_on()  # it was ours already, and nobody else would ever get it
            elif turn in queue:
                queue.remove(turn)
            raise

    def _pass_on(self) -> None:
        """Hand the turn to the next; it stays taken meanwhile, so that nobody slips in."""
        first = self._reads if self._in_a_row >= WRITES_IN_A_ROW else self._writes
        second = self._writes if first is self._reads else self._reads
        for queue in (first, second):
            while queue:
                turn = queue.popleft()
                if not turn.done():  # cancelled, and its task has not run since
                    turn.set_result(None)
                    return
        self._taken = False
