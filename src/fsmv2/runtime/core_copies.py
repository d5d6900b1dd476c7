"""Copies of the core for who has to work with all of it: each is the core at one moment.

Copying some thousand workers takes longer than a slice may last, so it happens in several, and
nothing is decided between them. Everything here runs on the supervision loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from fsmv2.containment import ANY_RAISED, for_future
from fsmv2.core import Core
from fsmv2.core.checkpoint.take import Checkpoint, Copying
from fsmv2.errors import FsmError


class CoreCopies:
    """Makes one copy after another, each once what was posted before it is handled."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._wanted: deque[tuple[int, asyncio.Future[Checkpoint]]] = deque()
        self._copying: Copying | None = None
        self._closed = False

    def want(self, after: int) -> asyncio.Future[Checkpoint]:
        """Have one made as soon as so many events have been handled, in all. FsmError: too late."""
        if self._closed:
            raise _ended()
        copy: asyncio.Future[Checkpoint] = asyncio.get_running_loop().create_future()
        self._wanted.append((after, copy))
        return copy

    @property
    def wanted(self) -> bool:
        """Whether one is to be made."""
        return bool(self._wanted)

    def ready(self, enough: Callable[[], bool], handled: int) -> bool:
        """Whether a slice may decide now; False while the core is being copied, in pieces.

        `handled`: events so far. A copy that fails is the matter of who wanted it.
        """
        while self._wanted and self._wanted[0][1].done():  # nobody waits for it any more
            self._wanted.popleft()
            self._copying = None
        if not self._wanted or self._wanted[0][0] > handled:
            return True
        copy = self._wanted[0][1]
        try:
            if self._copying is None:
                self._copying = Copying(self._core)
            if not self._copying.go_on(enough):
                return False
            copy.set_result(self._copying.checkpoint)
        except ANY_RAISED as error:  # author data that cannot be copied
            copy.set_exception(for_future(error))
        self._wanted.popleft()
        self._copying = None
        return True

    def close(self) -> None:
        """Make no more."""
        self._closed = True
        for _, copy in self._wanted:
            if not copy.done():
                copy.set_exception(_ended())
        self._wanted.clear()


def _ended() -> FsmError:
    return FsmError("the tree has ended.", fix="Run it again.")
