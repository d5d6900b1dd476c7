"""One measurement of one tree in a process of its own; prints one JSON object.

Called by `python -m bench`, several times for each size, so that no run sees another one's memory.
Times are of the wall, and of the processor where another program on the machine would blur them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.tree import HEARTBEAT, MOST_POLLED, Nothing, factory, kind_for, pushers, root
from fsmv2 import Runtime
from fsmv2.runtime import bounded_pauses
from fsmv2.store import SqliteStore

LOOK = 0.002
"""Seconds between two looks at whether the tree is there."""

REACTIONS = 5

IDLE = 0.15
"""Share of a core below which nothing is under way any more."""


def keep_bytecode() -> None:
    """Have processes that are started keep what they compile, as what is installed is compiled.

    Where an environment forbids it, each would compile all it imports: four times a short command.
    """
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def resident() -> int:
    """Bytes of memory this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


@contextlib.contextmanager
def timed(into: dict[str, float], name: str) -> Any:
    """Note how long something took, as `name`_s by the wall and `name`_cpu_s by the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    into[f"{name}_s"] = time.perf_counter() - wall
    into[f"{name}_cpu_s"] = time.process_time() - cpu


async def running(tree: Runtime, workers: int) -> None:
    """Wait until all run."""
    while tree.core.counters.transitions < workers:  # noqa: ASYNC110  (cheap enough to poll)
        await asyncio.sleep(LOOK)


async def quiet(seconds: float) -> float:
    """The share of a core that this process uses while it is left alone."""
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    return (time.process_time() - cpu) / (time.perf_counter() - wall)


async def settled(tree: Runtime) -> None:
    """Wait until what follows a start or a change is over: each has been looked at once more."""
    while tree.supervision.behind or await quiet(2.0) > IDLE:
        pass


async def converge_stored(parents: int) -> dict[str, float]:
    """How long the same takes when a store on disk keeps the tree."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "store.db")
        with timed(found, "converge_stored"):
            tree = Runtime(root(parents), factory(), seed=1, store=store)
            await tree.__aenter__()
            await running(tree, 1 + parents * 4)
        await tree.__aexit__(None, None, None)
    return found


async def lived(parents: int, quiet_seconds: float) -> dict[str, float]:
    """Start the tree, leave it alone, change a variable of the root a few times, stop it."""
    workers = 1 + parents * 4
    kind = kind_for(workers)
    found: dict[str, float] = {"workers": workers}
    gc.collect()
    before = resident()
    tree = Runtime(root(parents, kind=kind), factory(), seed=1)
    core = tree.core
    with timed(found, "converge"):
        await tree.__aenter__()
        await running(tree, workers)
    found["longest_slice_start_s"] = tree.supervision.longest_slice
    await settled(tree)
    held = resident()
    found["memory_per_worker_b"] = (held - before) / workers
    left_alone = await quiet(quiet_seconds)
    if kind == "group":
        found["quiet_polled_cpu"] = left_alone
    found["memory_growth_b"] = (resident() - held) / workers
    tree.supervision.longest_slice = 0.0
    reactions: list[dict[str, float]] = []
    for change in range(REACTIONS):
        goal = core.counters.derives + workers
        reactions.append({})
        with timed(reactions[-1], "react"):
            tree.declare(root(parents, rate=f"{change + 2}s", kind=kind))
            while core.counters.derives < goal:  # noqa: ASYNC110
                await asyncio.sleep(LOOK)
        await settled(tree)
    for name in reactions[0]:
        found[name] = median(r[name] for r in reactions)
    found["longest_slice_react_s"] = tree.supervision.longest_slice
    tree.supervision.longest_slice = 0.0
    with timed(found, "stop"):
        await tree.stop()
    found["longest_slice_stop_s"] = tree.supervision.longest_slice
    await tree.__aexit__(None, None, None)
    return found


async def pushed(parents: int, quiet_seconds: float) -> dict[str, float]:
    """What a quiet tree costs whose observations are pushed, with a heartbeat in ten minutes."""
    async with Runtime(root(parents, kind="pushing-group"), factory(), seed=1) as tree:
        await running(tree, 1 + parents * 4)
        await settled(tree)

        async def beat() -> None:
            """One task for all, as a subscription to a broker would be."""
            number = 0.0
            while True:
                await asyncio.sleep(1.0)
                first, number = int(number), number + len(pushers) / HEARTBEAT
                for one in range(first, int(number)):
                    pushers[one % len(pushers)](Nothing())

        async with _on_the_loop_of_workers(tree, beat):
            return {"quiet_pushed_cpu": await quiet(quiet_seconds)}


@contextlib.asynccontextmanager
async def _on_the_loop_of_workers(tree: Runtime, run: Any) -> AsyncIterator[None]:
    future = asyncio.run_coroutine_threadsafe(run(), tree._parts.work_thread.loop)
    try:
        yield
    finally:
        future.cancel()


async def measure(parents: int, quiet_seconds: float, *, default_gc: bool) -> dict[str, float]:
    """All of it, with the pauses that `fsmv2 run` has, or those Python has by default."""
    async with contextlib.AsyncExitStack() as stack:
        if not default_gc:
            await stack.enter_async_context(bounded_pauses())
        found = await lived(parents, quiet_seconds)
        found |= await pushed(parents, quiet_seconds)
        pushers.clear()
        if 1 + parents * 4 < MOST_POLLED:
            found |= await converge_stored(parents)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("parents", type=int)
    parser.add_argument("quiet", type=float)
    parser.add_argument("--default-gc", action="store_true")
    args = parser.parse_args()
    figures = asyncio.run(measure(args.parents, args.quiet, default_gc=args.default_gc))
    json.dump(figures, sys.stdout)
