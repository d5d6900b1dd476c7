"""Ending a task for good. Called by all that run tasks on the engine's loop."""

from __future__ import annotations

import asyncio


async def end(task: asyncio.Task[None] | None) -> None:
    """Cancel until it has ended: client libraries swallow a cancellation now and then."""
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.2)
    if task is not None and not task.cancelled():
        task.exception()
