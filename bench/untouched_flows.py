"""What an apply is to the flows it does not touch: `python -m bench.untouched_flows`.

Bridges of one template, each to a device of its own that numbers what is read from it. Of 1,000,
300 are changed forth and back, several times, by the plan and the commit of `fsmv2 apply`: read at
another rate, moved to another location, renamed, or disabled. Before, the plant is left alone. The
samples of the others are followed: the longest time between two of one of them, and whether a
number is missing.
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

import msgspec
from rich.console import Console
from rich.table import Table

from bench.bridges import process
from bench.measure import keep_bytecode
from fsmv2.cli.log_filter import filter_logs
from fsmv2.operate import TreeHandle, prepare
from fsmv2.operate.changes.apply_data import ApplyRequest, DocumentText
from fsmv2.operate.tree_opening import start
from fsmv2.runtime import TreeView, bounded_pauses

PER_PROCESS = 250
PATIENCE = 300.0
LOOK_EVERY = 2.0
SETTLES = 20.0
"""Seconds after the start until what it left behind is done."""

HEAD = """\
agent: {name: plant, location: {enterprise: acme, site: here}}
broker: {embedded: true}
templates:
  plc:
    connection: {host: 127.0.0.1, port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "127.0.0.1:{{ .PORT }}"
          every: "{{ .EVERY }}"
          registers:
            - {name: reads, address: 0, type: uint16}
            - {name: a, address: 1, type: uint16}
            - {name: b, address: 2, type: uint16}
      output: {uns: {contract: _raw}}
bridges:
"""


def document(ports: list[int], changed: int) -> str:
    """A plant with a bridge for each port, of which the first `changed` are other ones."""
    return HEAD + "".join(_bridge(n, port, other=n < changed) for n, port in enumerate(ports))


def _bridge(n: int, port: int, *, other: bool) -> str:
    name, line, every, more = f"machine{n}", f"l{n}", "1s", ""
    if other:
        kind = n % 10
        if kind < 6:
            every = "2s"
        elif kind < 8:
            name = f"renamed{n}"
        elif kind < 9:
            line = f"moved{n}"
        else:
            more = " enabled: false,"
    return (
        f"  - {{name: {name}, template: plc,{more} location: {{area: a{n // 20}, line: {line}}},"
        f" variables: {{PORT: {port}, EVERY: {every}}}}}\n"
    )


class Samples:
    """What the flows that are not touched accept: when, and whether a number is missing."""

    def __init__(self, first: int, bridges: int) -> None:
        self._of = {f"umh.v1.acme.here.a{n // 20}.l{n}._raw.reads" for n in range(first, bridges)}
        self._last: dict[str, tuple[float, int]] = {}
        self._longest: dict[str, float] = {}
        self._missing = 0

    def accept(self, subject: str, payload: bytes) -> None:
        """Note a sample."""
        if subject not in self._of:
            return
        now, number = time.monotonic(), msgspec.json.decode(payload)["value"]
        last = self._last.get(subject)
        self._last[subject] = now, number
        if last is not None:
            self._longest[subject] = max(self._longest.get(subject, 0.0), now - last[0])
            self._missing += number != (last[1] + 1) % 65536

    def take(self) -> dict[str, float]:
        """The longest gap of each since the last call: of all, of one in a hundred, of half."""
        longest, self._longest = sorted(self._longest.values()), {}
        missing, self._missing = self._missing, 0
        if not longest:  # an apply of a few bridges is over before two samples of any
            return {"longest_s": 0, "p99_s": 0, "median_s": 0, "missing": missing, "flows": 0}
        return {
            "longest_s": longest[-1],
            "p99_s": longest[int(len(longest) * 0.99)],
            "median_s": median(longest),
            "missing": missing,
            "flows": len(longest),
        }


class Devices:
    """All devices, in a few processes."""

    def __init__(self, stack: ExitStack, count: int) -> None:
        self._servers: list[subprocess.Popen[str]] = []
        self.ports: list[int] = []
        for first in range(0, count, PER_PROCESS):
            share = min(PER_PROCESS, count - first)
            self._servers.append(stack.enter_context(process("bench.counting_plcs", str(share))))
            self.ports += self._line(self._servers[-1])

    def connections(self) -> list[int]:
        """How often each was connected to."""
        found: list[int] = []
        for server in self._servers:
            assert server.stdin is not None
            server.stdin.write("\n")
            server.stdin.flush()
            found += self._line(server)
        return found

    def _line(self, server: subprocess.Popen[str]) -> list[int]:
        assert server.stdout is not None
        found: list[int] = json.loads(server.stdout.readline())
        return found


async def measure(bridges: int, changed: int, rounds: int, quiet: float) -> dict[str, Any]:
    """Run the plant and return the figures."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as directory:
        devices = Devices(stack, bridges)
        file, state = Path(directory) / "plant.yaml", Path(directory) / "state"
        texts = [document(devices.ports, n) for n in (changed, 0)]
        file.write_text(texts[1])
        prepared = stack.enter_context(prepare(file, state_dir=state))
        samples = Samples(changed, bridges)
        async with bounded_pauses(), start(prepared, on_accepted=samples.accept) as tree:
            async with asyncio.timeout(PATIENCE):
                # Not `until`, which makes a view of all at each change.
                while not _is_up(await tree.view()):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_EVERY)
            await asyncio.sleep(SETTLES)
            kept = await _flows(tree, changed, bridges)
            connections = devices.connections()[changed:]
            samples.take()
            cpu, wall = time.process_time(), time.perf_counter()
            await asyncio.sleep(quiet)
            share = (time.process_time() - cpu) / (time.perf_counter() - wall)
            alone, took, beside = samples.take(), [], []
            for number in range(2 * rounds):
                began = time.perf_counter()
                await _apply(tree, file, texts[number % 2])
                took.append(time.perf_counter() - began)
                beside.append(samples.take())
            after = await _flows(tree, changed, bridges)
            again = zip(devices.connections()[changed:], connections, strict=True)
        return {
            "bridges": bridges,
            "changed": changed,
            "cpu_quiet": share,
            "apply_s": median(took),
            "quiet": alone,
            "applies": {key: median(one[key] for one in beside) for key in beside[0]},
            "worst_s": max(one["longest_s"] for one in beside),
            "reconnected": sum(now != then for now, then in again),
            "recreated": sum(after[path][0] != one[0] for path, one in kept.items()),
            "ticked": sum(after[path][1] != one[1] for path, one in kept.items()),
            "skipped": sum(after[path][2] - one[2] for path, one in kept.items()),
        }


def _is_up(view: TreeView) -> bool:
    return all(bridge.state == "active" for bridge in view.of_type("bridge"))


async def _apply(tree: TreeHandle, file: Path, text: str) -> None:
    await asyncio.to_thread(file.write_text, text)
    request = ApplyRequest(document=DocumentText(source=str(file), files={"": text.encode()}))
    answer = await tree.apply(request, wait=PATIENCE)
    assert answer.progress.state == "converged", answer.progress


async def _flows(tree: TreeHandle, first: int, bridges: int) -> dict[str, tuple[int, int, int]]:
    """Of each flow that is not touched its incarnation, its ticks, and the polls it left out."""
    view = await tree.view()
    found = {}
    for n in range(first, bridges):
        node = view[f"plant/machine{n}/dfc_read"]
        observed: Any = node.observed
        found[node.path] = (node.incarnation, node.ticks, observed.skipped_polls_total)
    return found


ROWS = (
    ("longest_s", "the longest between two samples of any", "s"),
    ("p99_s", "the longest of a flow, exceeded by 1 in 100", "s"),
    ("median_s", "the longest of a flow, median", "s"),
    ("missing", "numbers that are missing", ""),
)


def main() -> None:
    """Measure; a table on stderr, the same as JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m bench.untouched_flows", description=__doc__)
    parser.add_argument("--bridges", type=int, default=1000)
    parser.add_argument("--changed", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3, help="applies forth, and as many back")
    parser.add_argument("--quiet", type=float, default=60.0, help="seconds it is left alone")
    args = parser.parse_args()
    filter_logs()
    keep_bytecode()
    figures = asyncio.run(measure(args.bridges, args.changed, args.rounds, args.quiet))
    title = f"{args.bridges - args.changed} flows that are not touched, read once a second"
    table = Table(title=title)
    for column in ("what", "unit", "left alone", f"while {args.changed} change"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for key, what, unit in ROWS:
        table.add_row(what, unit, *(f"{figures[of][key]:.3g}" for of in ("quiet", "applies")))
    for key in ("reconnected", "recreated", "ticked"):
        table.add_row(f"flows that were {key}", "", "", f"{figures[key]}")
    table.add_row("polls left out", "", "", f"{figures['skipped']}")
    table.add_row("an apply, until it has converged", "s", "", f"{figures['apply_s']:.3g}")
    Console(stderr=True, width=100).print(table)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    json.dump({"machine": machine, **figures}, sys.stdout)


if __name__ == "__main__":
    main()
