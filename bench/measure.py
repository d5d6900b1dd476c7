"""One measurement of one tree in a process of its own; prints one JSON object.

Called by `python -m bench`, five times for each size, so that no run sees another one's memory.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.tree import factory, root
from fsmv2 import Runtime
from fsmv2.store import SqliteStore


def resident() -> int:
    """Bytes of memory this process holds now."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


async def converge_stored(parents: int) -> float:
    """Seconds until the same tree runs when a store on disk keeps it."""
    workers = 1 + parents * 4
    with tempfile.TemporaryDirectory() as directory:
        store = SqliteStore(Path(directory) / "store.db")
        began = time.perf_counter()
        async with Runtime(root(parents), factory(), seed=1, store=store) as tree:
            while tree.core.counters.transitions < workers:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            return time.perf_counter() - began


async def measure(parents: int, quiet_seconds: float) -> dict[str, float]:
    """Start the tree, leave it alone, change a variable of the root a few times, stop it."""
    workers = 1 + parents * 4
    gc.collect()
    before = resident()
    began = time.perf_counter()
    async with Runtime(root(parents), factory(), seed=1) as tree:
        core = tree.core
        while core.counters.transitions < workers:  # noqa: ASYNC110  (cheap enough to poll)
            await asyncio.sleep(0.001)
        converged = time.perf_counter() - began
        gc.collect()
        held = resident()
        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.sleep(quiet_seconds)
        quiet = (time.process_time() - cpu) / (time.perf_counter() - wall)
        gc.collect()
        after = resident()
        reactions = []
        for change in range(5):
            goal = core.counters.derives + workers
            began = time.perf_counter()
            tree.declare(root(parents, rate=f"{change + 2}s"))
            while core.counters.derives < goal:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            reactions.append(time.perf_counter() - began)
            await asyncio.sleep(0.5)
        longest = tree.supervision.longest_slice
    return {
        "workers": workers,
        "converge_s": converged,
        "converge_stored_s": await converge_stored(parents),
        "quiet_cpu": quiet,
        "memory_per_worker_kb": (held - before) / workers / 1024,
        "memory_growth_per_worker_kb": (after - held) / workers / 1024,
        "react_p50_s": median(reactions),
        "longest_slice_s": longest,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(int(sys.argv[1]), float(sys.argv[2])))))
