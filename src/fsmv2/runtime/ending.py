"""Ending a task for sure: a cancel is repeated until the task has ended.

On Python 3.11 `asyncio.wait_for` swallows a cancellation that arrives as its own time runs out, and
several client libraries are built on it, so one `task.cancel()` proves nothing (H22).
"""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN = 0.25
"""Seconds between repeated cancellations."""


async def end_task(task: asyncio.Task[Any], *, within: float | None = None) -> bool:
    """Cancel until the task has ended, or `within` seconds are over; returns whether it ended."""
    loop = asyncio.get_running_loop()
    limit = None if within is None else loop.time() + within
    while not task.done():
        task.cancel()
        wait = AGAIN if limit is None else min(AGAIN, limit - loop.time())
        if wait <= 0:
            return False
        await asyncio.wait([task], timeout=wait)
    if not task.cancelled():
        task.exception()  # retrieved, so that asyncio does not complain of it later
    return True
