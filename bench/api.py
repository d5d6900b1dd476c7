"""What clients of the API cost the supervision of a tree: `python -m bench.api`.

Clients in processes of their own ask for all workers again and again. Meanwhile the same moment is
measured that every event of the tree has to wait for: from being posted to its turn on the loop of
supervision; and what share of a processor supervision takes. On a machine that has other work the
waits are those for a processor, so compare them with a run of the same hour.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

from fsmv2.api.activation import served
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.runtime.gc_pauses import bounded_pauses

EVERY = 0.005
"""Seconds between two measurements."""

NAMES = "bridges:\n"
BRIDGE = """  - name: b{0:05}
    enabled: false
    location: {{enterprise: e, site: b{0:05}}}
    read:
      input: {{generate: {{tags: [{{name: t, curve: sine}}]}}}}
"""


def document(workers: int) -> str:
    """A tree of so many workers in bridges, all of them disabled, so that it does nothing else."""
    head = 'agent: {name: edge}\nbroker: {url: "nats://127.0.0.1:1"}\n'
    return head + NAMES + "".join(BRIDGE.format(n) for n in range(workers // 2))


def ask(place: str, route: str, seconds: float, pause: float = 0.0) -> int:
    """Ask again and again over one connection, with pauses; how often it was answered."""
    connection = http.client.HTTPConnection("fsmv2", timeout=60)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(place)
    answers, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        connection.request("GET", route)
        response = connection.getresponse()
        assert response.status == 200, response.status
        assert len(response.read()) > 100
        answers += 1
        time.sleep(pause)
    return answers


async def waits(tree: TreeHandle, seconds: float) -> tuple[list[float], float]:
    """How long each of many events waited, in ms; and what supervision took, in percent."""
    runtime, found = tree._runtime, list[float]()
    clock = time.pthread_getcpuclockid(await runtime.look(lambda _: threading.get_ident()))
    began, cpu = time.monotonic(), time.clock_gettime(clock)
    while time.monotonic() < began + seconds:
        posted = time.perf_counter()
        turn = await runtime.look(lambda _: time.perf_counter())
        found.append(1000 * (turn - posted))
        await asyncio.sleep(EVERY)
    took = time.clock_gettime(clock) - cpu
    return found, 100 * took / (time.monotonic() - began)


def shown(name: str, found: tuple[Sequence[float], float], answers: float) -> str:
    """One line of figures; `answers`: in a second."""
    cuts = statistics.quantiles(found[0], n=1000)
    return (
        f"{name:14}{answers:7.0f} answers/s   wait p50 {cuts[499]:6.2f}  p99 {cuts[989]:7.2f}  "
        f"most {max(found[0]):7.2f} ms   supervision takes {found[1]:5.1f} %"
    )


async def measure(
    workers: int, clients: int, seconds: float, routes: Sequence[str], pause: float
) -> None:
    """Print the figures without clients, and with so many at each route."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plant.yaml"
        file.write_text(document(workers))
        async with (
            bounded_pauses(),  # as `fsmv2 run` does
            open_tree(file, state_dir=Path(folder) / "s") as tree,
            served(tree) as api,
        ):
            await tree.until(lambda view: len(view.nodes) >= workers, timeout=120)
            await asyncio.to_thread(ask, str(api.place), "/v1", 0.1)  # which loads the API
            await asyncio.sleep(2)
            print(f"{workers} workers, {clients} clients, {seconds:g} s each, {pause:g} s between")
            print(shown("nobody asks", await waits(tree, seconds), 0))
            for route in routes:
                command = [sys.executable, "-m", "bench.api", "--ask", str(api.place), route]
                command += [f"{seconds + 1}", f"{pause}"]
                asking = [
                    await asyncio.create_subprocess_exec(*command, stdout=PIPE)
                    for _ in range(clients)
                ]
                await asyncio.sleep(0.5)
                found = await waits(tree, seconds)
                counts = [json.loads((await one.communicate())[0]) for one in asking]
                print(shown(route, found, sum(counts) / (seconds + 1)))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--for", type=float, default=10.0, dest="seconds")
    parser.add_argument("--route", action="append", help="default: /v1/workers")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds, between two requests")
    parser.add_argument("--ask", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        with contextlib.suppress(KeyboardInterrupt):
            print(ask(*given.ask[:2], *map(float, given.ask[2:])))
        return
    os.environ.setdefault("PYTHONHASHSEED", "0")
    routes = given.route or ["/v1/workers"]
    asyncio.run(measure(given.workers, given.clients, given.seconds, routes, given.pause))


if __name__ == "__main__":
    main()
