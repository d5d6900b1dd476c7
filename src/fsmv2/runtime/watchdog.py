"""Watches a loop from another one, and names the author code that blocks it (H62).

A loop that does not come round cannot say so itself. Each of the runtime's two loops therefore asks
the other for a sign of life; when none comes, the stack of its thread is read and the worker whose
code is on it is named, while it still blocks. Made by the runtime; a simulation needs none.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Callable
from types import FrameType

import msgspec

from fsmv2.host.loop_lag import RecentWorst
from fsmv2.runtime.loop_thread import LoopThread

LOOK = 0.5
"""Seconds between two looks at a loop; costs an idle tree next to nothing."""

LAG = 1.0
"""Seconds without a sign of life from which a loop counts as blocked. Well above what a garbage
collection or a busy machine takes, well below the least age at which observations are stale."""

AGAIN = 10.0
"""Seconds after which a loop that is still blocked is reported again."""

FRAMES = 4
"""Innermost frames named in a report; the log has the whole stack."""


class Blockage(msgspec.Struct, frozen=True):
    """A loop that does not come round: for how many seconds, where, and in whose code (or "").

    `busy`: no one blocks it; what it was seen doing changed, so it has simply too much to do.
    """

    seconds: float
    where: str
    task: str
    busy: bool


class Watchdog:
    """Looks at one loop from another; `report` and `freed` are called on the looking one."""

    def __init__(
        self,
        watched: LoopThread,
        looking: asyncio.AbstractEventLoop,
        report: Callable[[Blockage], None],
        freed: Callable[[float], None],
    ) -> None:
        self._watched = watched
        self._looking = looking
        self._report = report
        self._freed = freed
        self._asked_at = self._answered_at = self._looked_at = time.monotonic()
        self._waits = False
        self._reported_at: float | None = None
        self._doing: set[int] = set()  # by identity, what it was seen doing since it was asked
        self._closed = False
        self._worst = RecentWorst()

    @property
    def worst_lag(self) -> float:
        """Seconds it took at most to give one in the last 15 to 30 seconds; from any thread."""
        return max(self._worst.value(), self.lag)

    @property
    def lag(self) -> float:
        """Seconds for which the loop has been owing a sign of life; from any thread."""
        return time.monotonic() - self._asked_at if self._waits else 0.0

    def start(self) -> None:
        """Begin to look; from any thread."""
        self._looking.call_soon_threadsafe(self._look)

    def close(self) -> None:
        """Look no more; from any thread."""
        self._closed = True

    def _look(self) -> None:
        if self._closed:
            return
        now = time.monotonic()
        late, self._looked_at = now - self._looked_at > LOOK + LAG, now
        if not self._waits:
            if self._reported_at is not None:
                self._reported_at = None
                self._freed(self._answered_at - self._asked_at)
            self._ask(now)
        elif late:
            self._asked_at = max(self._asked_at, now)  # it was us who slept: the machine did, say
        else:
            self._doing.add(self._now_doing())
            again = self._reported_at is None or now - self._reported_at > AGAIN
            if again and now - self._asked_at > LAG:
                self._reported_at = now
                self._report(self._blockage(now - self._asked_at))
        self._looking.call_later(LOOK, self._look)

    def _ask(self, now: float) -> None:
        self._asked_at, self._waits = now, True
        self._doing.clear()
        try:
            self._watched.loop.call_soon_threadsafe(self._answer)
        except RuntimeError:  # it is closed: the runtime has ended
            self._closed = True

    def _answer(self) -> None:
        self._answered_at, self._waits = time.monotonic(), False
        self._worst.add(self._answered_at - self._asked_at)

    def _now_doing(self) -> int:
        task = asyncio.current_task(self._watched.loop)
        if task is not None:
            # Its identity and not the task: that would keep alive what is meant to end.
            return id(task)
        return id(sys._current_frames().get(self._watched.ident or 0))

    def _blockage(self, seconds: float) -> Blockage:
        frame = sys._current_frames().get(self._watched.ident or 0)
        task = asyncio.current_task(self._watched.loop)
        name = task.get_name() if task is not None else ""
        if len(self._doing) > 1:
            return Blockage(seconds, where_of(frame), "", busy=True)
        stack = "".join(traceback.format_stack(frame)) if frame is not None else "(no stack)"
        logging.getLogger("fsmv2.watchdog").error(
            "the loop %s has not run for %.1f s, in %s\n%s",
            self._watched.name,
            seconds,
            name or "no task",
            stack,
        )
        return Blockage(seconds, where_of(frame), name, busy=False)


def where_of(frame: FrameType | None) -> str:
    """The innermost frames as one line, outermost of them first."""
    if frame is None:
        return "nowhere"
    frames = traceback.extract_stack(frame)[-FRAMES:]
    return " → ".join(
        f"{entry.filename.rpartition('/')[2]}:{entry.lineno} {entry.name}" for entry in frames
    )
