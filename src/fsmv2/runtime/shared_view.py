"""One picture of a tree for all who ask for it at about the same time, on whatever loop.

A picture of a large tree costs supervision milliseconds. Taken for each of those who ask, it would
let anybody who asks often enough hold supervision up. So one is taken at a time, and whoever comes
meanwhile gets that one, or the next.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from time import monotonic

from fsmv2.containment import ANY_RAISED, for_future
from fsmv2.errors import TreeStoppingError
from fsmv2.runtime.view import TreeView

FRESH = 0.1
"""Seconds for which a picture is as good as a new one; nobody sees a difference."""

SHARE = 4
"""Of a large tree it is as good for so many times as long as it took: supervision then spends at
most about a fifth of its time on pictures, however many ask."""

LONGEST = 0.5
"""Seconds after which it is not, however large the tree."""


def fresh_for(took: float) -> float:
    """Seconds for which a picture that took so many is as good as a new one."""
    return min(LONGEST, max(FRESH, SHARE * took))


class SharedView:
    """Pictures of one tree, each shared by those whom it suits."""

    def __init__(self, take: Callable[[], Future[TreeView]]) -> None:
        """`take` begins to take a picture; from any thread."""
        self._take = take
        self._lock = threading.RLock()  # what was begun may end at once
        self._current: _Picture | None = None
        self._next: Future[TreeView] | None = None
        self.fresh_for = FRESH

    async def get(self, *, since: float = 0.0) -> TreeView:
        """A picture that was begun after `since`, by `time.monotonic`, and is still fresh."""
        with self._lock:
            future = self._suitable(max(since, monotonic() - self.fresh_for))
        # Shielded: who goes away must not take it from the others.
        return await asyncio.shield(asyncio.wrap_future(future))

    def _suitable(self, since: float) -> Future[TreeView]:
        current = self._current
        if current is not None and current.began > since and not current.failed:
            return current.future
        if current is None or current.future.done():
            return self._begin(Future())
        # It is under way and too old already. Another beside it would cost as much again, and make
        # both late: the next is begun when it has been taken.
        if self._next is None:
            self._next = Future()
        return self._next

    def _begin(self, future: Future[TreeView]) -> Future[TreeView]:
        picture = self._current = _Picture(future)
        try:
            taken = self._take()
        except ANY_RAISED as error:  # its loop has ended, or will
            future.set_exception(for_future(error))
            return future
        taken.add_done_callback(lambda taken: self._taken(picture, taken))
        return future

    def _taken(self, picture: _Picture, taken: Future[TreeView]) -> None:
        """Hand it to those who wait, and begin the next if somebody waits for that."""
        took = monotonic() - picture.began
        self.fresh_for = fresh_for(took)
        if taken.cancelled():
            ended = "the loop of supervision has ended."
            picture.future.set_exception(TreeStoppingError(ended, fix="Try again when it runs."))
        elif (error := taken.exception()) is not None:
            picture.future.set_exception(error)
        else:
            picture.future.set_result(taken.result())
        with self._lock:
            waiting, self._next = self._next, None
            if waiting is not None:
                self._begin(waiting)


class _Picture:
    """One that is taken or under way. `began`: when, by `time.monotonic`."""

    def __init__(self, future: Future[TreeView]) -> None:
        self.began = monotonic()
        self.future = future

    @property
    def failed(self) -> bool:
        return self.future.done() and self.future.exception() is not None
