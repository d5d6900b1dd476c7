"""What an apply costs: `python -m bench.applies --bridges 100`.

Bridges of one template, each to a Modbus server of its own; a setting of the template is changed
forth and back, so that every read is reconfigured. The *bare reaction* is the same change declared
in the process, with the document read before; both are waited for in the same way, in turn in one
run. Then documents that change nothing are applied: the same text, and others in a comment alone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.bridges import PER_PROCESS, document, process
from bench.measure import resident
from fsmv2.cli.log_filter import filter_logs
from fsmv2.operate import prepare
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText
from fsmv2.operate.changes.convergence_watch import ConvergenceWatch
from fsmv2.operate.tree_handle import TreeHandle
from fsmv2.operate.tree_opening import start
from fsmv2.plant import load_contents
from fsmv2.runtime import bounded_pauses

PATIENCE = 300.0
TAGS = 5


class Changed:
    """One plant whose document is changed."""

    def __init__(self, file: Path, tree: TreeHandle) -> None:
        self.file, self.tree = file, tree
        self._runtime = tree._runtime
        self.declared_at = 0.0
        declare = self._runtime.declare_document

        def noted(*arguments: Any, **options: Any) -> Any:
            self.declared_at = time.perf_counter()
            return declare(*arguments, **options)

        self._runtime.declare_document = noted  # type: ignore[method-assign]

    async def apply(self, text: str) -> tuple[float, float, float]:
        """Seconds until it is declared, from then until all have converged, and CPU of both."""
        self.file.write_text(text)
        began, cpu = time.perf_counter(), time.process_time()
        request = ApplyRequest(
            document=DocumentText(source=str(self.file), files={"": text.encode()})
        )
        answer = await self.tree.apply(request, wait=PATIENCE)
        ended = time.perf_counter()
        assert answer.progress.state == "converged", answer.progress
        if not answer.changed:
            return ended - began, 0.0, time.process_time() - cpu
        return self.declared_at - began, ended - self.declared_at, time.process_time() - cpu

    async def declare(self, text: str) -> float:
        """Seconds of the bare reaction: declared, and waited for as the last apply was."""
        convergence = self.tree._changes.convergence
        last = convergence._known[self.tree.running.number]
        files = {"": text.encode()}
        plant = load_contents(self.file, files, state_dir=self.tree.directory)

        async def ended(_: ConvergenceWatch) -> None:
            watch.end("converged")

        declared = self._runtime.declare_document(
            plant.root, secrets=self.tree.plant.vault, settings=plant.settings, who="bench"
        )
        watch = ConvergenceWatch(
            self._runtime,
            self._runtime.core.factory,
            0,
            last.touched,
            left=None,
            declared=declared,
            look=lambda _progress, _at: None,
            ended=ended,
        )
        watch.start()
        progress = await watch.wait(PATIENCE)
        took = time.perf_counter() - self.declared_at
        await watch.close()
        assert progress.state == "converged", progress
        return took


async def measure(bridges: int, rounds: int, unchanged: int) -> dict[str, float]:
    """All figures of a plant of so many bridges."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as name:
        ports: list[int] = []
        for first in range(0, bridges, PER_PROCESS):
            count = min(PER_PROCESS, bridges - first)
            server = stack.enter_context(process("bench.plcs", str(count)))
            assert server.stdout is not None
            ports += json.loads(server.stdout.readline())
        file, state = Path(name) / "plant.yaml", Path(name) / "state"
        text = document(ports, TAGS)
        other = text.replace("every: 1s", "every: 2s")
        assert other != text
        file.write_text(text)
        prepared = stack.enter_context(prepare(file, state_dir=state))
        async with bounded_pauses(), start(prepared) as tree:
            await tree.until(
                lambda view: all(b.state == "active" for b in view.of_type("bridge")),
                timeout=PATIENCE,
            )
            await asyncio.sleep(2)
            plant = Changed(file, tree)
            bare: list[float] = []
            applied: list[tuple[float, float, float]] = []
            for _ in range(rounds):
                applied.append(await plant.apply(other))
                bare.append(await plant.declare(text))
                bare.append(await plant.declare(other))
                applied.append(await plant.apply(text))
            same = await unchanged_applies(plant, state, unchanged, lambda number: text)
            comments = await unchanged_applies(
                plant, state, max(1, unchanged // 20), lambda number: f"{text}# {number}\n"
            )
        return {
            "bridges": bridges,
            "until_declared_s": median(one[0] for one in applied),
            "converge_s": median(one[1] for one in applied),
            "bare_s": median(bare),
            "ratio": median(one[1] for one in applied) / median(bare),
            "apply_cpu_s": median(one[2] for one in applied),
            **{f"same_{key}": value for key, value in same.items()},
            **{f"comment_{key}": value for key, value in comments.items()},
        }


async def unchanged_applies(
    plant: Changed, state: Path, count: int, text: Callable[[int], str]
) -> dict[str, float]:
    """Apply documents that change no worker; what that leaves behind."""
    tree = plant.tree
    await plant.apply(text(0))
    gc.collect()
    ticks = tree._runtime.core.counters.derives
    generation, store, memory = tree.running.number, size_of(state), resident()
    took = [sum((await plant.apply(text(1 + number)))[:2]) for number in range(count)]
    gc.collect()
    return {
        "each_ms": 1000 * median(took),
        "count": count,
        "generations": tree.running.number - generation,
        "store_bytes": size_of(state) - store,
        "memory_bytes": resident() - memory,
        "derives": tree._runtime.core.counters.derives - ticks,
    }


def size_of(state: Path) -> int:
    """Bytes of the store, its log included."""
    return sum(file.stat().st_size for file in state.glob("store.db*"))


ROWS = (
    ("until_declared_s", "apply → declared: read, planned, stored", "ms", 1e3),
    ("converge_s", "  declared → last worker converged", "ms", 1e3),
    ("bare_s", "bare reaction: declared → last worker converged", "ms", 1e3),
    ("ratio", "  of an apply to the bare one", "×", 1.0),
    ("same_each_ms", "apply of the same text", "ms", 1.0),
    ("same_generations", "  generations it makes", "", 1.0),
    ("same_store_bytes", "  bytes in the store, of all", "", 1.0),
    ("same_memory_bytes", "  bytes of memory, of all", "", 1.0),
    ("same_derives", "  workers that derive", "", 1.0),
    ("comment_each_ms", "apply of another comment", "ms", 1.0),
    ("comment_derives", "  workers that derive", "", 1.0),
)


def main() -> None:
    """Measure; a table on stderr, the same as JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m bench.applies", description=__doc__)
    parser.add_argument("--bridges", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--unchanged", type=int, default=600, help="applies of the same text")
    args = parser.parse_args()
    filter_logs()
    figures = asyncio.run(measure(args.bridges, args.rounds, args.unchanged))
    table = Table(title=f"{args.bridges} bridges, medians of {2 * args.rounds} in turn")
    for column in ("what", "unit", "took"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for key, what, unit, factor in ROWS:
        table.add_row(what, unit, f"{figures[key] * factor:,.3g}")
    Console(stderr=True, width=100).print(table)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    json.dump({"machine": machine, **figures}, sys.stdout)


if __name__ == "__main__":
    main()
