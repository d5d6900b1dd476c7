"""The cancellation of a task, repeated until the task has ended.

On Python 3.11 `asyncio.wait_for` swallows a cancellation that arrives as its own time runs out, and
several client libraries are built on it, so one `task.cancel()` proves nothing (H22).
"""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN = 0.25
SOONEST = 0.001
"""Seconds between repeated cancellations, and the least that is worth waiting for."""


def ends_the_task(error: BaseException, cancelled: bool) -> bool:
    """Whether `error` ends the surrounding task because somebody outside its code wants that.

    `cancelled`: whether we have cancelled it. The task's own count of that would not do, since its
    code may cancel it, too. A `GeneratorExit` is the interpreter's when no loop runs any more; all
    else is an author's exception, and contained. H68
    """
    if isinstance(error, asyncio.CancelledError):
        return cancelled
    return isinstance(error, GeneratorExit) and asyncio._get_running_loop() is None


async def end_task(task: asyncio.Task[Any], *, within: float | None = None) -> bool:
    """Cancel until the task has ended, or `within` seconds are over; returns whether it ended."""
    loop = asyncio.get_running_loop()
    limit = None if within is None else loop.time() + within
    while not task.done():
        task.cancel()
        wait = AGAIN if limit is None else min(AGAIN, limit - loop.time())
        if wait < SOONEST:  # not 0: a rounding error of time left would be waited for forever
            return False
        await asyncio.wait([task], timeout=wait)
    if not task.cancelled():
        task.exception()  # retrieved, so that asyncio does not complain of it later
    return True
