"""The thread that writes into the store, so that no disk is ever waited for by supervision.

What comes while one commit is under way goes into the next: the slower the disk, the larger the
batches. Started and closed by the runtime.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from fsmv2.containment import ANY_RAISED, for_future
from fsmv2.core import Event, Report, StoreInstruction
from fsmv2.core.contract import buckets
from fsmv2.errors import FsmError
from fsmv2.model.data.histogram import Histogram
from fsmv2.runtime.backlog import PendingWrites
from fsmv2.runtime.group_commit import GroupCommit
from fsmv2.store import Identity, Store, StoredOverrides

T = TypeVar("T")

GATHER = 0.1
"""Seconds for which events and observations, which nobody waits for, are gathered."""

PAUSE_OF_EACH, LONGEST_PAUSE = 0.001, 0.02
"""Seconds between two commits for each desired state in the first of them, and at most. One change
is durable at once; ten thousand that come in a second are some fifty commits and not a thousand."""

END_POLL = 0.005


class StoreWriter:
    """One store, opened, written and closed on one thread."""

    def __init__(self, store: Store, epoch: Callable[[], float]) -> None:
        """`epoch` gives the wall time, in Unix seconds, of core time 0."""
        self._commit = GroupCommit(store, epoch)
        self._post: Callable[[Event], None] | None = None
        self._changed = threading.Condition()
        self._closing = False
        self._not_before = 0.0
        self._waits_for_urgent = False
        """Whether the thread waits, and for less than something urgent would not be woken."""
        self.commits = Histogram(buckets.COMMIT)
        self._waits_since: float | None = None
        self._works_since: float | None = None
        self._calls: deque[tuple[Callable[[Store], Any], Future[Any]]] = deque()
        self._opened: Future[tuple[tuple[Identity, ...], tuple[StoredOverrides, ...]]] = Future()
        self._thread = threading.Thread(target=self._run, name="fsmv2-store", daemon=True)

    async def open(self) -> tuple[tuple[Identity, ...], tuple[StoredOverrides, ...]]:
        """Open the store: which paths it knows, and what operators asked of them.

        Raises StoreError when it is refused.
        """
        self._thread.start()
        try:
            return await asyncio.wrap_future(self._opened)
        finally:
            self._opened = Future()  # who opens it keeps what is of use of a row for each path

    def abandon(self) -> None:
        """Have it end as soon as it can, without waiting for it."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def connect(self, post: Callable[[Event], None]) -> None:
        """Hand the events for the core to `post`, which is called on the thread of the writer."""
        self._post = post

    def put(self, instructions: list[StoreInstruction]) -> None:
        """Have these written soon."""
        with self._changed:
            self._commit.put(instructions)
            self._put_in()

    def add_event(self, report: Report) -> None:
        """Have a report stored as an event."""
        with self._changed:
            self._commit.add_event(report)
            self._put_in()

    @property
    def behind(self) -> float:
        """Seconds for which the oldest of what is to be written or read waits; from any thread."""
        since = [at for at in (self._waits_since, self._works_since) if at is not None]
        return time.monotonic() - min(since) if since else 0.0

    @property
    def failing(self) -> str:
        """Why the last attempt to write failed; empty when it did not. From any thread."""
        return self._commit.failing

    def retry(self) -> None:
        """Have what could not be written retried at once: why it could not has gone."""
        with self._changed:
            self._not_before = 0.0
            self._changed.notify()

    async def call(self, function: Callable[[Store], T]) -> T:
        """Call `function` with the store on its thread, between two commits; its result.

        Raises FsmError when the store is closed.
        """
        result: Future[T] = Future()
        with self._changed:
            if self._closing:
                raise FsmError("the store is closed.", fix="Ask while the runtime is entered.")
            self._calls.append((function, result))
            self._changed.notify()
        return await asyncio.wrap_future(result)

    async def close(self, within: float) -> str:
        """Write what waits, and close; returns what was not stored and why, or nothing.

        A store that does not answer is left alone after `within` seconds.
        """
        self.abandon()
        limit = time.monotonic() + within
        while self._thread.is_alive():
            if time.monotonic() > limit:
                return f"the last changes: it has not answered for {within:g} s"
            await asyncio.sleep(END_POLL)
        left = len(self._commit.backlog)
        return f"the last {left} changes" if left else ""

    def _put_in(self) -> None:
        if self._waits_since is None:
            self._waits_since = time.monotonic()
        # Each of ten thousand events would otherwise wake the thread, for it to wait on.
        if not self._waits_for_urgent or self._commit.backlog.urgent:
            self._waits_for_urgent = False
            self._changed.notify()

    # ---- on the thread ----------------------------------------------------------------------

    def _run(self) -> None:
        if not self._open():
            return
        try:
            while self._step():
                pass
        finally:
            self._commit.store.close()

    def _open(self) -> bool:
        opened, store = self._opened, self._commit.store
        opened.set_running_or_notify_cancel()  # from now on who waits cannot cancel it
        try:
            opened.set_result((store.open(), store.overrides()))
        except ANY_RAISED as error:  # handed to who opens it
            opened.set_exception(for_future(error))
            return False
        return True

    def _step(self) -> bool:
        """Wait for something to do, and do it; False when it was the last thing."""
        with self._changed:
            while (wait := self._wait()) != 0.0:
                self._waits_for_urgent = wait is not None and not self._commit.backlog.urgent
                self._changed.wait(wait)
            self._waits_for_urgent = False
            calls, self._calls = self._calls, deque()
            last = self._closing
            # Questions first, and by themselves: whoever asks is waiting, and a commit takes as
            # long as the disk likes. At the close there is no later turn, so both are done in this
            # one.
            taken = self._commit.backlog.take() if last or not calls else None
            self._works_since = time.monotonic()
        for function, result in calls:
            _answer(function, result, self._commit.store)
        if taken:
            self._write(taken)
        self._works_since = None
        return not last

    def _wait(self) -> float | None:
        """Seconds until there is something to do; None: until somebody says so."""
        if self._closing or self._calls:
            return 0.0
        backlog = self._commit.backlog
        if not backlog:
            return None
        due = self._not_before
        if not backlog.urgent and not self._commit.failures:
            due += GATHER
        return max(0.0, due - time.monotonic())

    def _write(self, taken: PendingWrites) -> None:
        began = time.monotonic()
        events = self._commit.write(taken)
        self.commits.add(time.monotonic() - began)
        with self._changed:
            if self._commit.failures:
                self._commit.backlog.put_back(taken)
            else:
                self._waits_since = began if self._commit.backlog else None
            pause = min(PAUSE_OF_EACH * len(taken.saves), LONGEST_PAUSE)
            self._not_before = time.monotonic() + (self._commit.retry_in or pause)
        post = self._post
        if post is not None:
            for event in events:
                post(event)


def _answer(function: Callable[[Store], Any], result: Future[Any], store: Store) -> None:
    if not result.set_running_or_notify_cancel():
        return
    try:
        result.set_result(function(store))
    except ANY_RAISED as error:  # handed to who called
        result.set_exception(for_future(error))
