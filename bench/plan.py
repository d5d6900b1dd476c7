"""A plan beside a running tree: `python -m bench.plan --bridges 1000`.

A plant of bridges with generated values, through the embedded broker, opened as `fsmv2 run` opens
it. First it is left alone for a while, then as long as it takes plan after plan is asked for by a
client process, each of a document with one other variable; the longest slice of supervision and the
gaps between the samples of each bridge are measured in both.

At size and in trouble: `--bridges 4500 --circuits 1000 --every 60s` is a tree of 10,000 workers, of
which 1,000 bridges watch a device that accepts and read from one that does not, so that their
circuits are open;
`--trouble store` has each write of the store fail, `--trouble detect-only` runs the tree so. What
the plan foretells of them and the memory of both processes are reported as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import msgspec

from bench.measure import keep_bytecode, resident
from fsmv2.api.activation import served
from fsmv2.cli.log_filter import filter_logs
from fsmv2.core import Core
from fsmv2.errors import StoreError
from fsmv2.operate import TreeHandle, prepare
from fsmv2.operate.changes.planner import PROGRAM
from fsmv2.operate.tree_opening import start
from fsmv2.runtime import TreeView, bounded_pauses
from fsmv2.store import SqliteStore

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

STARTS_WITHIN = 1800.0
"""Seconds that a busy machine may take for thousands of bridges."""


LOOK_EVERY = 3.0


class Plant(msgspec.Struct, frozen=True):
    """Bridges of one template, and of another for the first `circuits` of them: broken ones."""

    bridges: int
    every: str
    circuits: int = 0
    device: int = 0


BROKEN = """\
  broken:
    connection: {{host: "{{{{ .HOST }}}}", port: {port}}}
    read:
      input:
        modbus:
          address: "{{{{ .HOST }}}}:1"
          every: {every}
          registers: [{{name: speed, address: "{{{{ .MOST }}}}"}}]
      output: {{uns: {{contract: _raw}}}}
"""


def document(plant: Plant, changed: frozenset[int] = frozenset()) -> str:
    """The plant, in which those of `changed` have another variable."""

    def host(number: int) -> str:
        return f", HOST: {_host(number)}" if number < plant.circuits else ""

    entries = "\n".join(
        f"  - {{name: machine{n}, template: {'broken' if n < plant.circuits else 'oven'},"
        f" location: {{area: a{n // 20}, line: l{n}}},"
        f" variables: {{MOST: {100 + (n in changed)}{host(n)}}}}}"
        for n in range(plant.bridges)
    )
    broken = BROKEN.format(port=plant.device or 1, every=plant.every) if plant.circuits else ""
    return f"""\
agent: {{name: plant, location: {{enterprise: acme, site: here}}}}
broker: {{embedded: true}}
templates:
  oven:
    read:
      input:
        generate:
          every: {plant.every}
          tags:
            - {{name: temperature, curve: sine, amplitude: "{{{{ .MOST }}}}"}}
            - {{name: pressure, curve: sine, amplitude: 10}}
      output: {{uns: {{contract: _raw}}}}
{broken}bridges:
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
        found, self.found = sorted(self.found) or [0.0], []
        return {"longest_s": found[-1], "p99.9_s": found[int(len(found) * 0.999)]}


async def measure(plant: Plant, plans: int, trouble: str) -> dict[str, Any]:
    """Run the plant and return the figures."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as directory:
        if plant.circuits:
            most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            plant = msgspec.structs.replace(plant, device=_free_port())
            hosts = [_host(n) for n in range(plant.circuits)]
            await asyncio.start_server(_accepts, hosts, plant.device)
        file, other = Path(directory) / "plant.yaml", Path(directory) / "other.yaml"
        file.write_text(document(plant))
        state = Path(directory) / "state"
        detects = trouble == "detect-only"
        prepared = stack.enter_context(prepare(file, state_dir=state, detect_only=detects))
        gaps = Gaps()
        async with (
            bounded_pauses(),
            start(prepared, on_accepted=gaps.accept) as tree,
            served(tree),
        ):
            if not detects:
                async with asyncio.timeout(STARTS_WITHIN):
                    # Not `until`, which makes a view of all at each change.
                    while not _is_up(await tree.view(), plant, tree._runtime.core):  # noqa: ASYNC110
                        await asyncio.sleep(LOOK_EVERY)
            await asyncio.sleep(15)
            if trouble == "store":
                stack.enter_context(mock.patch.object(SqliteStore, "write", _full))
            changed = {0, plant.bridges // 2} if plant.circuits else {plant.bridges // 2}
            other.write_text(document(plant, changed=frozenset(changed)))
            await _planned(state, other)  # loads the API
            await asyncio.sleep(5)
            beside = await _beside(tree, gaps, _plans(state, other, plans))
            quiet = await _beside(tree, gaps, asyncio.sleep(sum(beside["result"][0]), []))
            core, memory = tree._runtime.core, resident()
            tree_is = {"workers": len(core.by_path), "open_circuits": core.open_circuits}
        took, told, peak = beside.pop("result")
        quiet.pop("result")
        return {
            "bridges": plant.bridges,
            "trouble": trouble,
            **tree_is,
            "foretold": told,
            "plan_s": median(took),
            "plan_max_s": max(took),
            "tree_mb": memory / 1e6,
            "planner_peak_mb": peak / 1e6,
            "with_plans": beside,
            "quiet": quiet,
        }


async def _accepts(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A device that accepts, and answers nothing."""
    with suppress(ConnectionError):
        while await reader.read(1000):
            pass
    writer.close()


def _is_up(view: TreeView, plant: Plant, core: Core) -> bool:
    active = sum(bridge.state == "active" for bridge in view.of_type("bridge"))
    return active >= plant.bridges - plant.circuits and core.open_circuits >= plant.circuits


def _full(*_: Any) -> None:
    raise StoreError("the disk is full")


PEAKS: list[int] = []
"""Bytes that a process which plans has held at most, each time it was looked at."""


async def _watch_planner() -> None:
    while True:
        await asyncio.sleep(0.2)
        PEAKS.extend(_planners())


def _planners() -> Iterator[int]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            words = (process / "stat").read_text().rpartition(")")[2].split()
            if int(words[1]) == os.getpid() and PROGRAM in (process / "cmdline").read_text():
                status = (process / "status").read_text()
                yield int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _host(number: int) -> str:
    """A device of its own for each, all on this machine."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


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


async def _plans(state: Path, file: Path, number: int) -> tuple[list[float], str, int]:
    """How long each took, what the last one foretold, and the most memory of who made them."""
    found, watched = [], asyncio.create_task(_watch_planner())
    for _ in range(number):
        found.append(await _planned(state, file))
    watched.cancel()
    with suppress(asyncio.CancelledError):
        await watched
    return [took for took, _ in found], found[-1][1], max(PEAKS, default=0)


async def _planned(state: Path, file: Path) -> tuple[float, str]:
    began = time.perf_counter()
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, str(state), str(file), stdout=subprocess.PIPE
    )
    told, _ = await client.communicate()
    assert client.returncode == 0
    assert b"untouched" in told
    return time.perf_counter() - began, told.decode().strip()


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.plan", description=__doc__)
    parser.add_argument("--bridges", type=int, default=1000)
    parser.add_argument("--plans", type=int, default=10)
    parser.add_argument("--circuits", type=int, default=0)
    parser.add_argument("--every", default="1s")
    parser.add_argument("--trouble", choices=("none", "store", "detect-only"), default="none")
    args = parser.parse_args()
    filter_logs()
    keep_bytecode()
    plant = Plant(args.bridges, args.every, args.circuits)
    figures = asyncio.run(measure(plant, args.plans, args.trouble))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"machine": machine, **figures}, indent=2))


if __name__ == "__main__":
    main()
