"""What those who watch a tree cost it: `python -m bench.watchers`.

So many connections, held by a process of its own, are sent every worker that changes, while so many
workers a second do. Meanwhile the same moment is measured that every event of the tree has to wait
for, and what share of a core each thread of the process takes. What a machine does beside that
blurs the waits, so each figure stands beside that of the same tree that nobody watches.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import resource
import socket
import sys
import tempfile
import threading
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from bench.api import document, shown, waits
from fsmv2.api.activation import Activation, served
from fsmv2.core import Core
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.runtime.gc_pauses import bounded_pauses

WATCH = b"GET /v1/workers HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n"


async def watch(place: str, number: int, seconds: float) -> None:
    """Hold so many connections, and print how many bytes and texts came to all of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, number + 100)), hard))
    counts = [0, 0]
    served_ = 0

    async def one() -> None:
        nonlocal served_
        # By hand: asyncio takes a queue of the kernel that is full for a connection on its way.
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        while True:
            try:
                connection.connect(place)
                break
            except BlockingIOError:
                await asyncio.sleep(0.05)
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=1 << 23)
        writer.write(WATCH)
        if b"200" in await reader.readline():
            served_ += 1
        with contextlib.suppress(OSError, ValueError):
            while line := await reader.readline():
                counts[0] += len(line)
                counts[1] += line.startswith(b"event: changes")

    tasks = [asyncio.ensure_future(one()) for _ in range(number)]
    while served_ < number and any(not task.done() for task in tasks):  # noqa: ASYNC110  (a bench)
        await asyncio.sleep(0.1)
    counts[:] = [0, 0]
    print("ready", served_, flush=True)
    await asyncio.sleep(seconds)
    print(*counts, flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def change(tree: TreeHandle, paths: list[str], rate: float) -> None:
    """Have so many workers a second publish another reason, for ever, in turns of 0.02 s."""
    number, began = 0, time.monotonic()

    def publish(core: Core) -> None:
        nonlocal number
        while number < rate * (time.monotonic() - began):
            s = core.by_path[paths[number % len(paths)]]
            s.status = msgspec.structs.replace(s.status, reason=f"change {number}")
            number += 1

    while True:
        await tree._runtime.look(publish)
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def opened(workers: int) -> AsyncIterator[tuple[TreeHandle, Activation]]:
    """The tree with its API, all of it there."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plant.yaml"
        file.write_text(document(workers))
        async with (
            bounded_pauses(),
            open_tree(file, state_dir=Path(folder) / "s") as tree,
            served(tree) as api,
        ):
            await tree.until(lambda view: len(view.nodes) >= workers, timeout=300)
            yield tree, api


async def watching(place: Path, number: int, seconds: float) -> Process:
    """The process that watches, once all of its connections are served."""
    command = [sys.executable, "-m", "bench.watchers", "--watch", str(place)]
    command += [str(number), str(seconds)]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    assert process.stdout is not None
    print("  ", (await process.stdout.readline()).decode().strip(), f"of {number}")
    return process


def thread_clock(name: str) -> int:
    """The clock of a thread of this process, by its name."""
    (found,) = (one for one in threading.enumerate() if one.name == name)
    assert found.ident is not None
    return time.pthread_getcpuclockid(found.ident)


async def measure(workers: int, watchers: int, rate: float, seconds: float) -> None:
    """Print the figures, first with nobody who watches."""
    async with opened(workers) as (tree, api):
        first = await watching(api.place, 1, 0.1)  # which loads the API
        await first.wait()
        paths = [node.path for node in (await tree.view()).nodes if node.type == "bridge"]
        print(f"{workers} workers, {rate:g} changes a second, {seconds:g} s each")
        for number in (0, watchers):
            process = await watching(api.place, number, seconds) if number else None
            changing = asyncio.ensure_future(change(tree, paths, rate))
            clock, began = thread_clock("fsmv2-api"), time.monotonic()
            cpu = time.clock_gettime(clock)
            found = await waits(tree, seconds)
            took = (time.clock_gettime(clock) - cpu) / (time.monotonic() - began)
            changing.cancel()
            print(shown(f"{number} watch", found, 0), f"  the API takes {100 * took:5.1f} %")
            if process is not None:
                out = (await process.communicate())[0].split()
                each = int(out[1]) / number / seconds
                print(
                    f"   {each:.1f} texts a second to each, {int(out[0]) / seconds / 1e6:.1f} MB/s"
                )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1_000)
    parser.add_argument("--watchers", type=int, default=1_000)
    parser.add_argument("--rate", type=float, default=500.0, help="changes a second")
    parser.add_argument("--for", type=float, default=10.0, dest="seconds")
    parser.add_argument("--watch", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.watch:
        place, number, seconds = given.watch
        asyncio.run(watch(place, int(number), float(seconds)))
        return
    os.environ.setdefault("PYTHONHASHSEED", "0")
    asyncio.run(measure(given.workers, given.watchers, given.rate, given.seconds))


if __name__ == "__main__":
    main()
