"""A store on the virtual clock: slow, failing, hanging or lost, whenever a test says so."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from fsmv2.core import Event, Report, StoreInstruction
from fsmv2.errors import StoreError, StoreLostError
from fsmv2.runtime.backlog import PendingWrites
from fsmv2.runtime.group_commit import GroupCommit
from fsmv2.store import Batch, MemoryStore
from fsmv2.store.protocol import EVENTS_KEPT

HANG_POLL = 0.1
"""Virtual seconds between two looks at whether a store hangs still."""

BATCHES_KEPT = 1_000
"""Batches that are remembered to be looked at."""


class SimulatedStore(MemoryStore):
    """For `Simulation(..., store=...)`; keeps what is written for the next simulation.

    `delay`: virtual seconds a write takes. `fails`: why every write fails now, or nothing.
    `hangs`: no write ends. `lose()`: nothing that was written is left. `written` are the last
    batches.
    """

    def __init__(self, *, delay: float = 0.0, events_kept: int = EVENTS_KEPT) -> None:
        """`events_kept`: older events are dropped."""
        super().__init__(events_kept=events_kept)
        self.delay = delay
        self.fails = ""
        self.hangs = False
        self.written: deque[Batch] = deque(maxlen=BATCHES_KEPT)
        self._lost = False

    def lose(self) -> None:
        """Forget everything; the next write says so."""
        self._identity.clear()
        self._overrides.clear()
        self._desired.clear()
        self._observed.clear()
        self._events.clear()
        self._lost = True

    def write(self, batch: Batch) -> None:
        """Keep the batch. StoreError: `fails` says so. StoreLostError: after `lose()`, once."""
        if self._lost:
            self._lost = False
            raise StoreLostError("the file was deleted while it was in use.")
        if self.fails:
            raise StoreError(self.fails)
        super().write(batch)
        self.written.append(batch)


class VirtualWriter:
    """Writes as the thread of a runtime does, one lot after the other, in virtual time."""

    def __init__(
        self,
        store: SimulatedStore,
        epoch: Callable[[], float],
        loop: asyncio.AbstractEventLoop,
        post: Callable[[Event], None],
    ) -> None:
        self._store = store
        self._commit = GroupCommit(store, epoch)
        self._loop = loop
        self._post = post
        self._busy = False

    def put(self, instructions: list[StoreInstruction]) -> None:
        """Have these written."""
        self._commit.put(instructions)
        self._begin(0.0)

    def add_event(self, report: Report) -> None:
        """Have a report stored."""
        self._commit.add_event(report)
        self._begin(0.0)

    def _begin(self, wait: float) -> None:
        if not self._busy:
            self._busy = True
            self._loop.call_later(wait, self._take)

    def _take(self) -> None:
        taken = self._commit.backlog.take()
        self._loop.call_later(self._store.delay, self._write, taken)

    def _write(self, taken: PendingWrites) -> None:
        if self._store.hangs:
            self._loop.call_later(HANG_POLL, self._write, taken)
            return
        commit = self._commit
        told = commit.write(taken)
        if commit.failures:
            commit.backlog.put_back(taken)
        self._busy = False
        if commit.backlog:
            self._begin(commit.retry_in)
        for event in told:
            self._post(event)
