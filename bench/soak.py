"""Twenty real minutes of trouble: `python -m bench.soak --minutes 20`.

A plant, opened as `fsmv2 run` opens it: bridges to Modbus servers in processes of their own, the
embedded broker, processes that end again and again. Meanwhile the machines fall silent for a while,
broker and processes are killed, bridges and processes are declared away and back, restarted and
disabled. What must be flat is sampled all the while: descriptors, threads, tasks, memory, records,
timers, the store.
Exit code 1 if anything grew, or if the plant is not well at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from bench.bridges import document, process, resident
from fsmv2 import ChildSpec
from fsmv2.cli.log_filter import filter_logs
from fsmv2.errors import RequestRefusedError, UnknownPathError
from fsmv2.operate import PreparedTree, TreeHandle, prepare
from fsmv2.operate.state_directory import STORE
from fsmv2.operate.tree_opening import start
from fsmv2.store import SqliteStore

BRIDGES, TAGS, PROCESSES = 12, 5, 4
WARM_UP = 0.2
"""Part of the time after which what there is counts as how much there should be."""
EVENTS = 2_000
"""Events that the store keeps: so few that they are there within the warm-up."""
BETWEEN = 4.0
"""Seconds between two troubles, on average."""

ALLOWED = {
    "descriptors": (1.10, 8),
    "threads": (1.0, 2),
    "tasks": (1.15, 12),
    "memory_mb": (1.10, 4),
    "objects": (1.10, 5_000),
    "records": (1.0, 16),  # of any one worker: all rings together fill for longer than a warm-up
    "timers": (1.5, 60),
    "fences": (1.0, 4),
    "store_kb": (1.25, 1_024),
}
"""By how much, as factor and as number, the end may exceed what there was after the warm-up."""


class SmallStore(PreparedTree, frozen=True, kw_only=True):
    """A prepared tree whose store keeps few events, so that it is full early."""

    def store(self) -> SqliteStore:
        """The store, not yet opened."""
        return SqliteStore(self.directory.path / STORE, events_kept=EVENTS)


async def sample(tree: TreeHandle) -> dict[str, float]:
    """What there is now of everything that must not grow."""
    await asyncio.sleep(2.0)  # what was just asked for is under way no more
    gc.collect()
    core, running, store = tree._runtime.core, tree._runtime._parts, tree.directory / STORE
    supervisors = await running.supervision_thread.call(lambda: list(core.by_path.values()))
    tasks = [
        len(asyncio.all_tasks(thread.loop))
        for thread in (running.supervision_thread, running.work_thread)
    ]
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "tasks": sum(tasks) + len(asyncio.all_tasks()),
        "memory_mb": resident(os.getpid()),
        "objects": len(gc.get_objects()),
        "records": max(len(s.records) for s in supervisors),
        "timers": len(core._timers),
        "fences": sum(map(len, core.fences.values())),
        "store_kb": sum(f.stat().st_size for f in store.parent.glob(store.name + "*")) / 1024,
    }


class Trouble:
    """What goes wrong, one thing every few seconds, drawn from a seed."""

    def __init__(self, tree: TreeHandle, root: ChildSpec, machines: int, seed: int) -> None:
        """`machines`: the process that serves all of them."""
        self._tree, self._root, self._machines = tree, root, machines
        self._rng = random.Random(seed)
        self.did: dict[str, int] = {}

    async def once(self) -> None:
        """One thing."""
        kinds = (
            self.broker_killed,
            self.process_killed,
            self.machines_silent,
            self.fewer,
            self.disabled,
            self.restarted,
        )
        kind = self._rng.choice(kinds)
        self.did[kind.__name__] = self.did.get(kind.__name__, 0) + 1
        await kind()

    async def broker_killed(self) -> None:
        """kill -9 of the embedded broker."""
        await self._kill("broker")

    async def process_killed(self) -> None:
        """kill -9 of one process."""
        await self._kill("process")

    async def machines_silent(self) -> None:
        """All machines accept and answer nothing for a few seconds."""
        os.kill(self._machines, signal.SIGSTOP)
        try:
            await asyncio.sleep(self._rng.uniform(1.0, 6.0))
        finally:
            os.kill(self._machines, signal.SIGCONT)

    async def fewer(self) -> None:
        """Some bridges and processes are no longer declared."""
        spec: Any = self._root.user_spec
        self._declare(
            bridges=spec.bridges[: self._rng.randrange(len(spec.bridges))],
            processes=spec.processes[: self._rng.randrange(len(spec.processes))],
        )

    async def disabled(self) -> None:
        """Some are disabled."""
        spec: Any = self._root.user_spec
        self._declare(
            bridges=tuple(
                msgspec.structs.replace(entry, enabled=self._rng.random() < 0.7)
                for entry in spec.bridges
            )
        )

    async def restarted(self) -> None:
        """All is declared again, and somebody restarts something."""
        self._tree.declare(self._root)
        for node in self._rng.sample((await self._tree.view()).nodes, k=3):
            if "/" in node.path:
                # It may have gone since, or be stopping; then there is nothing to restart.
                with contextlib.suppress(RequestRefusedError, UnknownPathError):
                    await self._tree.restart(node.path)

    def _declare(self, **changes: Any) -> None:
        spec = msgspec.structs.replace(self._root.user_spec, **changes)
        self._tree.declare(msgspec.structs.replace(self._root, user_spec=spec))

    async def _kill(self, type_: str) -> None:
        found = (await self._tree.view()).of_type(type_)
        pids = [pid for node in found if (pid := getattr(node.observed, "pid", 0))]
        if pids:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(self._rng.choice(pids), signal.SIGKILL)


def plant_document(ports: list[int]) -> str:
    """The bridges, and processes that end by themselves after a while."""
    lives = "\n".join(
        f"  p{n}:\n    command: [sleep, '{20 + 7 * n}']\n    grace: 2s" for n in range(PROCESSES)
    )
    return document(ports, TAGS) + f"processes:\n{lives}\n"


async def soak(minutes: float, seed: int) -> dict[str, Any]:
    """Run it; returns all samples, what was done, and how it ended."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as directory:
        server = stack.enter_context(process("bench.plcs", str(BRIDGES)))
        assert server.stdout is not None
        ports = json.loads(server.stdout.readline())
        file = Path(directory) / "plant.yaml"
        file.write_text(plant_document(ports))
        prepared = stack.enter_context(prepare(file, state_dir=Path(directory) / "state"))
        prepared = SmallStore(**msgspec.structs.asdict(prepared))
        root = prepared.plant.root
        began = time.monotonic()
        samples: list[dict[str, float]] = []
        # Without `bounded_pauses`, which hides what is old from `gc.get_objects`.
        async with start(prepared) as tree:
            await tree.until(well, timeout=120)
            trouble = Trouble(tree, root, server.pid, seed)
            rng = random.Random(f"pace {seed}")
            end = began + minutes * 60
            while time.monotonic() < end:
                await asyncio.sleep(rng.uniform(0, 2 * BETWEEN))
                await trouble.once()
                if sum(trouble.did.values()) % 3 == 0:
                    # Always of the same tree: of what is declared away nothing may be left.
                    tree.declare(root)
                    await tree.until(all_there, timeout=120)
                    samples.append(await sample(tree))
            tree.declare(root)
            await tree.until(well, timeout=180)
            samples.append(await sample(tree))
            ticks = tree._runtime.core.counters.ticks
        return {
            "minutes": minutes,
            "troubles": trouble.did,
            "ticks": ticks,
            "samples": len(samples),
            **judged(samples),
        }


def all_there(view: Any) -> bool:
    """Every bridge and process is declared, and nothing is stopping."""
    return (
        len(view.of_type("bridge")) == BRIDGES
        and len(view.of_type("process")) == PROCESSES
        and not any(node.phase == "stopping" for node in view.nodes)
    )


def well(view: Any) -> bool:
    """Every bridge flows, and the broker answers; processes come and go."""
    bridges = view.of_type("bridge")
    return all_there(view) and all(bridge.phase == "running" for bridge in bridges)


def judged(samples: list[dict[str, float]]) -> dict[str, Any]:
    """Begin, end and verdict for each figure; the medians of a few samples at both."""
    first = int(len(samples) * WARM_UP)
    few = max(1, (len(samples) - first) // 4)
    grown, figures = [], {}
    for name, (factor, number) in ALLOWED.items():
        values = [one[name] for one in samples]
        begin, end = median(values[first : first + few]), median(values[-few:])
        figures[name] = {"begin": round(begin, 1), "end": round(end, 1), "max": max(values)}
        if end > begin * factor + number:
            grown.append(f"{name}: {begin:g} → {end:g}")
    return {"figures": figures, "grown": grown, "flat": not grown}


def main() -> None:
    """Soak, print one JSON object; exit code 1 if something grew."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    filter_logs()
    found = asyncio.run(soak(args.minutes, args.seed))
    print(json.dumps(found, indent=2))
    sys.exit(0 if found["flat"] else 1)


if __name__ == "__main__":
    main()
