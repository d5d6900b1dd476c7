"""Keeps the pauses of Python's garbage collector short, for programs that want it.

A full collection stops every thread and walks every object: some 10 ms for each thousand workers,
again and again while a tree grows. fsmv2 itself leaves no garbage in cycles in steady state, so
what has lived for a while may as well be left alone. `fsmv2 run` does this; in your own program it
is yours to decide, since it concerns the whole process.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

YOUNG = 250
"""New objects after which the young ones are walked. Python takes from this count whatever is
freed, also of what is left alone, and so a thousand flows that each replace their objects once a
second have made ten times as many by then: 3,000, which takes one or two milliseconds."""

NEVER = 1_000_000
"""Collections of one generation before one of the next begins by itself."""

CHECK_EVERY = 60.0
GROWTH = 2.0
LEAST = 1_000_000
"""A full collection after all when memory blocks have doubled since the last one, or grown by a
million: garbage in cycles, of author code or of a library, is bounded by that. Looked at each
minute, and compared with how many there are after the first: by then a tree has grown for sure, and
to walk all of it would stop a thousand flows for 0.4 s, with little to be found."""


@contextlib.asynccontextmanager
async def bounded_pauses() -> AsyncIterator[None]:
    """Inside, collections of the garbage collector stay below some 2 ms. For the whole process.

    What survives a collection of young objects is frozen (`gc.freeze`), so it is never walked
    again; once that may hide much garbage, all is thawed and collected, which does take long.
    Everything is as before on leaving.
    """
    with _frozen():
        task = asyncio.get_running_loop().create_task(_tend(), name="fsmv2 garbage")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, NEVER, NEVER)
    gc.callbacks.append(_freeze_survivors)
    try:
        yield
    finally:
        gc.callbacks.remove(_freeze_survivors)
        gc.set_threshold(*before)
        gc.unfreeze()


def _freeze_survivors(phase: str, info: dict[str, Any]) -> None:
    # Not only after a second walk, as Python has it: with many flows that one would find 20,000
    # objects, and take as long as ten slices.
    if phase == "stop" and info["generation"] == 0:
        gc.freeze()  # of constant cost: a list is appended to another


async def _tend() -> None:
    limit = math.inf
    while True:
        await asyncio.sleep(CHECK_EVERY)
        if limit == math.inf:
            limit = _limit()
        elif sys.getallocatedblocks() > limit:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            limit = _limit()


def _limit() -> float:
    blocks = sys.getallocatedblocks()
    return max(GROWTH * blocks, blocks + LEAST)
