"""What a store and a journal cost a tree, which `fsmv2 run` always has: `python -m bench.kept`.

Each measurement is a process of its own; those that are compared take turns, so that whatever else
the machine does concerns all of them. A *stored start* is the second one: everything is stored, the
tree reads what is known, and says again what is so.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.measure import LOOK, REACTIONS, resident, running, settled, timed
from bench.tree import factory, kind_for, root
from fsmv2 import Runtime
from fsmv2.runtime import bounded_pauses
from fsmv2.store import Batch, EventRecord, SqliteStore
from fsmv2.store.protocol import EVENTS_KEPT

KEEPS = ("nothing", "store", "journal", "both")


def runtime(keeps: str, parents: int, directory: Path) -> Runtime:
    """A tree that keeps what it is to keep in `directory`."""
    store = SqliteStore(directory / "store.db") if keeps in ("store", "both") else None
    journal = directory / "journal" if keeps in ("journal", "both") else None
    tree = root(parents, kind=kind_for(1 + parents * 4))
    return Runtime(tree, factory(), seed=1, store=store, journal=journal)


async def started(keeps: str, parents: int, directory: Path) -> dict[str, float]:
    """A start until all run, what the tree then holds, and a few reactions."""
    workers = 1 + parents * 4
    found: dict[str, float] = {}
    gc.collect()
    before, before_cpu = resident(), time.process_time()
    with timed(found, "start"):
        tree = runtime(keeps, parents, directory)
        await tree.__aenter__()
        await running(tree, workers)
    found["longest_slice_start_s"] = tree.supervision.longest_slice
    await settled(tree)
    found["at_rest_cpu_s"] = time.process_time() - before_cpu
    found["memory_per_worker_b"] = (resident() - before) / workers
    reactions: list[dict[str, float]] = []
    for change in range(REACTIONS):
        goal = tree.core.counters.derives + workers
        reactions.append({})
        with timed(reactions[-1], "react"):
            tree.declare(root(parents, rate=f"{change + 2}s", kind=kind_for(workers)))
            while tree.core.counters.derives < goal:  # noqa: ASYNC110
                await asyncio.sleep(LOOK)
        await settled(tree)
    for name in reactions[0]:
        found[name] = median(r[name] for r in reactions)
    with timed(found, "stop"):
        await tree.__aexit__(None, None, None)
    return found


async def measure(keeps: str, parents: int, directory: Path) -> dict[str, float]:
    """All of it, with the pauses that `fsmv2 run` has."""
    async with bounded_pauses():
        return await started(keeps, parents, directory)


def full_of_events(file: Path) -> None:
    """Fill the store with as many events as it keeps, as weeks of a plant do."""
    event = EventRecord(
        at=0.0, path="plant/w0", kind="transition", level="info", state="running", text="asked to"
    )
    store = SqliteStore(file)
    store.open()
    store.write(Batch(events=(event,) * EVENTS_KEPT))
    store.close()


def one(keeps: str, parents: int, directory: Path) -> dict[str, float]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "bench.kept", "--of", keeps, "--parents", str(parents)]
    done = subprocess.run(
        [*command, "--directory", str(directory)], check=True, stdout=subprocess.PIPE
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def compared(parents: int, runs: int) -> dict[str, dict[str, float]]:
    """The medians of each, all taking turns: `first` and `stored` start with all that is kept."""
    found: dict[str, list[dict[str, float]]] = {"nothing": [], "first": [], "stored": []}
    for number in range(runs):
        print(f"{1 + parents * 4:,} workers, run {number + 1}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            found["nothing"].append(one("nothing", parents, directory))
            found["first"].append(one("both", parents, directory))
            full_of_events(directory / "store.db")
            found["stored"].append(one("both", parents, directory))
    return {
        name: {key: median(each[key] for each in all_) for key in all_[0]}
        for name, all_ in found.items()
    }


ROWS = (
    ("start_s", "start → all running", "s", 1.0),
    ("start_cpu_s", "  of the processor", "CPU s", 1.0),
    ("at_rest_cpu_s", "  until nothing is left to be written", "CPU s", 1.0),
    ("react_s", "root variable → last child derived", "ms", 1e3),
    ("react_cpu_s", "  of the processor", "CPU ms", 1e3),
    ("stop_s", "stop", "s", 1.0),
    ("memory_per_worker_b", "memory of a worker", "KB", 1e-3),
    ("longest_slice_start_s", "longest slice of the start", "CPU ms", 1e3),
)


def main() -> None:
    """Compare and print a table on stderr, the same as JSON on stdout; or measure one."""
    parser = argparse.ArgumentParser(prog="python -m bench.kept", description=__doc__)
    parser.add_argument("--parents", type=int, default=2_500, help="groups of three workers")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--of", choices=KEEPS, help="measure one start, kept so")
    parser.add_argument("--directory", type=Path, help="where that one keeps it")
    args = parser.parse_args()
    if args.of:
        directory = args.directory or parser.error("--of needs --directory")
        json.dump(asyncio.run(measure(args.of, args.parents, directory)), sys.stdout)
        return
    figures = compared(args.parents, args.runs)
    table = Table(title=f"{1 + args.parents * 4:,} workers, medians of {args.runs} runs in turn")
    for column in ("what", "unit", "nothing kept", "store and journal", "", "all stored", ""):
        table.add_column(column, justify="left" if column == "what" else "right")
    for key, what, unit, factor in ROWS:
        plain = figures["nothing"][key]
        cells = [f"{plain * factor:.3g}"]
        for name in ("first", "stored"):
            cells += [f"{figures[name][key] * factor:.3g}", f"{figures[name][key] / plain:.2f}×"]
        table.add_row(what, unit, *cells)
    Console(stderr=True, width=120).print(table)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
