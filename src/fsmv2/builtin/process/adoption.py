"""Have exactly one process of a kind run: the one that does is adopted, or another is started.

What outlives fsmv2 is found by whoever starts it next, after a kill -9 of either side at any
instant. So it counts what is found under the lock, never what was done before; all that lives of it
is ended before another begins; and the lock is handed on, so that it is not free before what was
launched is on record. Commands and the broker share this order. What differs is handed in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

T = TypeVar("T")


async def start_or_adopt(
    lock: AbstractAsyncContextManager[int],
    *,
    adopt: Callable[[int], Awaitable[T | None]],
    end: Callable[[], Awaitable[None]],
    launch: Callable[[int], Awaitable[T]],
) -> T:
    """What `adopt` returns of one that runs as it is to; where that is None, what `launch` does.

    `adopt` and `launch` are handed the lock as a descriptor. `end` ends whatever lives of it, on
    record or not. Raises what any of them raises.
    """
    async with lock as descriptor:
        adopted = await adopt(descriptor)
        if adopted is not None:
            return adopted
        await end()
        return await launch(descriptor)
