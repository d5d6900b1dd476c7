"""What the live screen costs the tree it shows: `python -m bench.screen`.

The thread that draws works on a screen of 200 columns and 50 lines, while so many workers a second
change; what it writes is thrown away. Meanwhile the same moment is measured that every event of the
tree has to wait for, and what share of a core each of the two threads takes.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import statistics
import sys
import time

from bench.api import shown, waits
from bench.watchers import change, opened, thread_clock
from fsmv2.cli.output_thread import Outlet
from fsmv2.cli.screen.live_screen import LiveScreen
from fsmv2.cli.screen.live_source import LiveSource
from fsmv2.cli.screen.screen_lines import ScreenLines
from fsmv2.cli.screen.screen_state import ScreenState
from fsmv2.operate import TreeHandle

COLUMNS, LINES = 200, 50


class Nowhere(io.StringIO):
    """A terminal on which nobody looks."""

    def isatty(self) -> bool:
        """What is drawn is for a terminal."""
        return True

    def write(self, text: str) -> int:
        """Throw it away."""
        return len(text)


async def frames(tree: TreeHandle) -> None:
    """Print how long one frame takes, of which nothing and something has changed."""
    source, lines = LiveSource("bench"), ScreenLines()
    source.runs(tree)
    path = next(node.path for node in (await tree.view()).nodes if node.type == "bridge")
    took: dict[str, list[float]] = {"changed": [], "unchanged": []}
    for _ in range(20):
        changing = asyncio.ensure_future(change(tree, [path], 1000))
        await asyncio.sleep(0.05)
        changing.cancel()
        for name in took:
            began = time.perf_counter()
            lines.frame(source.content(), ScreenState(), COLUMNS, LINES, keys=True)
            took[name].append(1000 * (time.perf_counter() - began))
    for name, found in took.items():
        print(f"   a frame, {name:9} {statistics.median(found):6.1f} ms")


async def measure(workers: int, rate: float, seconds: float) -> None:
    """Print the figures, first with no screen."""
    async with opened(workers) as (tree, _):
        paths = [node.path for node in (await tree.view()).nodes if node.type == "bridge"]
        print(f"{workers} workers, {rate:g} changes a second, {seconds:g} s each")
        await frames(tree)
        for drawn in (False, True):
            source, out = LiveSource("bench"), Outlet(io.StringIO(), "bench")
            source.runs(tree)
            screen = LiveScreen(source, out)
            changing = asyncio.ensure_future(change(tree, paths, rate))
            if drawn:
                before, sys.stdout = sys.stdout, Nowhere()
                screen.begin()
                clock = thread_clock("fsmv2-screen")
                sys.stdout = before
            began, cpu = time.monotonic(), time.clock_gettime(clock) if drawn else 0.0
            found = await waits(tree, seconds)
            took = (time.clock_gettime(clock) - cpu) / (time.monotonic() - began) if drawn else 0.0
            changing.cancel()
            print(
                shown("with a screen" if drawn else "without", found, 0),
                f"  drawing takes {100 * took:5.1f} %",
            )
            screen.close()
            out.close()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=500.0, help="changes a second")
    parser.add_argument("--for", type=float, default=10.0, dest="seconds")
    given = parser.parse_args()
    os.environ.setdefault("PYTHONHASHSEED", "0")
    asyncio.run(measure(given.workers, given.rate, given.seconds))


if __name__ == "__main__":
    main()
