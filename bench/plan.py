"""A plan beside a running tree: `python -m bench.plan --bridges 1000`.

A plant of bridges with generated values, through the embedded broker, opened as `fsmv2 run` opens
it. First it is left alone for a while, then as long as it takes plan after plan is asked for by a
client process, each of a document with one other variable; the longest slice of supervision and the
gaps between the samples of each bridge are measured in both.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from fsmv2.api.activation import served
from fsmv2.cli.log_filter import filter_logs
from fsmv2.operate import TreeHandle, prepare
from fsmv2.operate.tree_opening import start
from fsmv2.runtime import bounded_pauses

CLIENT = """
import sys
from pathlib import Path
from fsmv2.operate import RemoteTree
from fsmv2.operate.changes.apply_data import DocumentText
file = Path(sys.argv[2])
plan = RemoteTree(Path(sys.argv[1])).plan_document(
    DocumentText(source=str(file), files={"": file.read_bytes()}))
print(plan.summary)
"""
"""What the command does, but for how it shows it."""

EVERY = 1.0
"""Seconds between two samples of a bridge."""


def document(bridges: int, changed: int = -1) -> str:
    """A plant of bridges of one template; `changed` is the one that is another one."""
    entries = "\n".join(
        f"  - {{name: machine{n}, template: oven, location: {{area: a{n // 20}, line: l{n}}},"
        f" variables: {{MOST: {100 + (n == changed)}, UNIT: unit{n}}}}}"
        for n in range(bridges)
    )
    return f"""\
agent: {{name: plant, location: {{enterprise: acme, site: here}}}}
broker: {{embedded: true}}
templates:
  oven:
    read:
      input:
        generate:
          every: {EVERY:.0f}s
          tags:
            - {{name: temperature, curve: sine, amplitude: "{{{{ .MOST }}}}"}}
            - {{name: pressure, curve: sine, amplitude: 10}}
      output: {{uns: {{contract: _raw}}}}
bridges:
{entries}
"""


class Gaps:
    """The longest times between two samples of one subject."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self.found: list[float] = []

    def accept(self, subject: str, _: bytes) -> None:
        """Note a sample."""
        now = time.monotonic()
        last = self._last.get(subject)
        self._last[subject] = now
        if last is not None:
            self.found.append(now - last)

    def take(self) -> dict[str, float]:
        """Those since the last call: the longest, and the one that 1 in 1,000 exceeds."""
        found, self.found = sorted(self.found), []
        return {"longest_s": found[-1], "p99.9_s": found[int(len(found) * 0.999)]}


async def measure(bridges: int, plans: int) -> dict[str, Any]:
    """Run the plant and return the figures."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as directory:
        file, other = Path(directory) / "plant.yaml", Path(directory) / "other.yaml"
        file.write_text(document(bridges))
        state = Path(directory) / "state"
        prepared = stack.enter_context(prepare(file, state_dir=state))
        gaps = Gaps()
        async with (
            bounded_pauses(),
            start(prepared, on_accepted=gaps.accept) as tree,
            served(tree),
        ):
            await tree.until(
                lambda view: sum(b.state == "active" for b in view.of_type("bridge")) == bridges,
                timeout=300,
            )
            await asyncio.sleep(15)
            other.write_text(document(bridges, changed=bridges // 2))
            await _planned(state, other)  # loads the API
            await asyncio.sleep(5)
            beside = await _beside(tree, gaps, _plans(state, other, plans))
            quiet = await _beside(tree, gaps, asyncio.sleep(sum(beside["result"]), []))
        took = beside.pop("result")
        quiet.pop("result")
        return {
            "bridges": bridges,
            "plan_s": median(took),
            "plan_max_s": max(took),
            "with_plans": beside,
            "quiet": quiet,
        }


async def _beside(tree: TreeHandle, gaps: Gaps, work: Any) -> dict[str, Any]:
    """What the tree does while something else happens."""
    supervision = tree._runtime.supervision
    supervision.longest_slice = 0.0
    gaps.found.clear()
    cpu, wall = time.process_time(), time.perf_counter()
    result = await work
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {
        "longest_slice_cpu_s": supervision.longest_slice,
        **gaps.take(),
        "cpu": cpu / wall,
        "result": result,
    }


async def _plans(state: Path, file: Path, number: int) -> list[float]:
    return [await _planned(state, file) for _ in range(number)]


async def _planned(state: Path, file: Path) -> float:
    began = time.perf_counter()
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, str(state), str(file), stdout=subprocess.PIPE
    )
    told, _ = await client.communicate()
    assert client.returncode == 0
    assert b"untouched" in told
    return time.perf_counter() - began


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.plan", description=__doc__)
    parser.add_argument("--bridges", type=int, default=1000)
    parser.add_argument("--plans", type=int, default=10)
    args = parser.parse_args()
    filter_logs()
    figures = asyncio.run(measure(args.bridges, args.plans))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"machine": machine, **figures}, indent=2))


if __name__ == "__main__":
    main()
