"""The main job at scale: `python -m bench.bridges --bridges 100 --tags 20 --for 30`.

Bridges of one template, each to a Modbus server of its own on this machine, through the embedded
broker to an MQTT subscriber in a process of its own, which counts what arrives. The tree is opened
as `fsmv2 run` opens it, with store and journal. Everything shares the machine's cores: fsmv2, the
servers, the broker and the subscriber; the share and the memory of each are measured.
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
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.plcs import TAGS
from bench.witness import Sum
from fsmv2.cli.demo.session import no_bridge_runs, reads_stopped
from fsmv2.cli.log_filter import filter_logs
from fsmv2.operate import prepare
from fsmv2.operate.tree_opening import start
from fsmv2.runtime import bounded_pauses

PER_PROCESS = 50
"""Simulated PLCs in one process."""


def document(ports: list[int], tags: int) -> str:
    """A plant with one bridge for each port."""
    registers = "\n".join(
        f"            - {{name: tag{n}, address: {n}, type: uint16}}" for n in range(tags)
    )
    bridges = "\n".join(
        f"  - {{name: machine{n}, template: plc, location: {{area: a{n // 20}, line: l{n}}},"
        f" variables: {{PORT: {port}}}}}"
        for n, port in enumerate(ports)
    )
    return f"""\
agent: {{name: plant, location: {{enterprise: acme, site: here}}}}
broker: {{embedded: true}}
templates:
  plc:
    connection: {{host: 127.0.0.1, port: "{{{{ .PORT }}}}"}}
    read:
      input:
        modbus:
          address: "127.0.0.1:{{{{ .PORT }}}}"
          every: 1s
          registers:
{registers}
      output: {{uns: {{contract: _raw}}}}
bridges:
{bridges}
"""


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """One of ours, ended by the end of its standard input."""
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        try:
            yield running
        finally:
            if running.poll() is None:
                running.kill()


def cpu_of(pid: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_loops() -> dict[str, float]:
    """Seconds of processor time each thread of this process has used; they share one core."""
    used = {}
    for thread in threading.enumerate():
        fields = Path(f"/proc/self/task/{thread.native_id}/stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        used[thread.name] = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return used


def resident(pid: int) -> float:
    """Megabytes of memory a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def measure(bridges: int, tags: int, seconds: float) -> dict[str, Any]:
    """Run the plant for a while and return its figures."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as directory:
        ports: list[int] = []
        servers = []
        for first in range(0, bridges, PER_PROCESS):
            server = stack.enter_context(
                process("bench.plcs", str(min(PER_PROCESS, bridges - first)))
            )
            assert server.stdout is not None
            ports += json.loads(server.stdout.readline())
            servers.append(server.pid)
        file = Path(directory) / "plant.yaml"
        file.write_text(document(ports, tags))
        loading = time.perf_counter()
        prepared = stack.enter_context(prepare(file, state_dir=Path(directory) / "state"))
        loading = time.perf_counter() - loading
        root = prepared.plant.root
        accepted, counting = Sum(), False

        def accept(subject: str, payload: bytes) -> None:
            if counting:
                accepted.add(subject, payload)

        began = time.perf_counter()
        async with (
            bounded_pauses(),
            start(prepared, on_accepted=accept) as tree,
        ):

            def active(view: Any) -> bool:
                found = view.of_type("bridge")
                return len(found) == bridges and all(b.state == "active" for b in found)

            seen = await tree.until(active, timeout=300)
            converged = time.perf_counter() - began
            broker: Any = seen.of_type("broker")[0].observed
            # Stopped and restarted, so that the witness sees every sample from the first on.
            tree.declare(reads_stopped(root))
            await tree.until(no_bridge_runs, timeout=60)
            witness = stack.enter_context(
                process("bench.witness", "127.0.0.1", str(broker.mqtt_port))
            )
            assert witness.stdout is not None
            assert witness.stdin is not None
            await asyncio.to_thread(witness.stdout.readline)
            counting = True
            tree.declare(root)
            await tree.until(active, timeout=300)
            await asyncio.sleep(5)
            pids = {
                "fsmv2": [os.getpid()],
                "broker": [broker.pid],
                "servers": servers,
                "subscriber": [witness.pid],
            }
            before = {name: sum(map(cpu_of, found)) for name, found in pids.items()}
            loops = cpu_of_loops()
            first, wall = accepted.count, time.perf_counter()
            await asyncio.sleep(seconds)
            wall = time.perf_counter() - wall
            rate = (accepted.count - first) / wall
            shares = {
                name: (sum(map(cpu_of, found)) - before[name]) / wall
                for name, found in pids.items()
            }
            of_loops = {
                name: (used - loops.get(name, 0.0)) / wall for name, used in cpu_of_loops().items()
            }
            last = await tree.view()
            still = sum(b.state == "active" for b in last.of_type("bridge"))
            skipped = sum(f.observed.skipped_polls_total for f in last.of_type("dataflow"))
            held = {name: sum(map(resident, found)) for name, found in pids.items()}
            longest = tree._runtime.supervision.longest_slice
            tree.declare(reads_stopped(root))
            await tree.until(no_bridge_runs, timeout=60)
            await asyncio.sleep(2)
            witness.stdin.close()
            received = json.loads(await asyncio.to_thread(witness.stdout.readline))
        return {
            "bridges": bridges,
            "tags": tags,
            "document_s": loading,
            "active_s": converged,
            "active_at_the_end": still,
            "samples_per_s": rate,
            "accepted": accepted.count,
            "received": received["received"],
            "equal": (received["received"], received["sum"]) == (accepted.count, accepted.total),
            "disconnects": received["disconnects"],
            "skipped_polls": skipped,
            "cpu": shares,
            "cpu_of_loops": of_loops,
            "memory_mb": held,
            "memory_per_bridge_kb": held["fsmv2"] * 1000 / bridges,
            "longest_slice_s": longest,
        }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m bench.bridges", description=__doc__)
    parser.add_argument("--bridges", type=int, default=100)
    parser.add_argument("--tags", type=int, default=TAGS)
    parser.add_argument("--for", dest="seconds", type=float, default=30.0)
    args = parser.parse_args()
    if not 1 <= args.tags <= TAGS:
        parser.error(f"--tags {args.tags}: a simulated PLC has 1 to {TAGS} registers")
    filter_logs()
    figures = asyncio.run(measure(args.bridges, args.tags, args.seconds))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"machine": machine, **figures}, indent=2))


if __name__ == "__main__":
    main()
