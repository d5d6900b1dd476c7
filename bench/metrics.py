"""What metrics cost: of a busy tree's processor time, and of whoever is scraped.

`python -m bench.metrics`. With and without the observer in turn, in one process: the machine is as
busy for the one as for the other, and the median of the pairs counts. What is counted cannot be
left out; so it is counted how often, and timed by itself.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from bench.micro import Driven
from bench.tree import Group, Leaf, LeafSpec, Nothing, factory, root
from fsmv2 import Resources, Runtime
from fsmv2.core import Cause, Core, Observed
from fsmv2.core.state.backoff import Attempts
from fsmv2.flow.engine_figures import EngineFigures
from fsmv2.metrics.exposition import exposition
from fsmv2.notify import TargetStatus
from fsmv2.runtime.action_executor import Executor
from fsmv2.runtime.durations import Durations
from fsmv2.runtime.store_writer import StoreWriter

PARENTS = 60
"""241 workers, of which everybody is busy: some milliseconds of work, so that few of its halves are
met by something else that the machine does."""

PAIRS = 151

SCRAPED = 2_500
"""10,001 workers, which are scraped."""

SCRAPES = 15

CAUSE = Cause("bench")


class Counted(Nothing):
    """An observation that differs from the one before."""

    count: int = 0


class MeasuredCore:
    """A core as a scrape sees it, with no runtime around it."""

    executor: Executor | None = None
    store: StoreWriter | None = None
    journal_dropped = 0
    notifications: tuple[TargetStatus, ...] = ()
    loop_lags: Mapping[str, float] = {}

    def __init__(self, core: Core, durations: Durations | None = None) -> None:
        self.core = core
        self.durations = durations

    @property
    def now(self) -> float:
        """The time of its last slice."""
        return self.core.now

    def flows(self) -> EngineFigures | None:
        """There are none."""
        return None

    def document(self) -> None:
        """There is none."""
        return


def derives(tree: Driven, n: int) -> None:
    """A variable of the root changes: everybody derives, and renders a template of three."""
    tree.declare(root(PARENTS, rate=f"{n}s"))


def looks(tree: Driven, n: int) -> None:
    """Everybody is looked at, and there is nothing to be done: the least that a tick is."""
    for _ in range(8):
        for s in tree.core.by_path.values():
            tree.core.mark(s, CAUSE)
        tree.core.run(tree.now)
    tree.core.take()


def cost(work: Callable[[Driven, int], None]) -> dict[str, float]:
    """The share of the processor's time that the observer takes, and the counts, in percent."""
    tree = Driven(root(PARENTS))
    core, durations = tree.core, Durations(tree.core)
    shares: list[float] = []
    plain: list[float] = []

    def once(n: int, *, observed: bool) -> float:
        core.observer = durations if observed else None
        began = time.thread_time()
        work(tree, n)
        if observed:
            durations.slice_ends(0.0, more=False)
        return time.thread_time() - began

    for n in range(4):
        once(n, observed=bool(n % 2))
    before = counts_of(core)
    gc.collect()
    gc.freeze()
    for n in range(PAIRS):
        first = bool(n % 2)
        took = {first: once(10 + 2 * n, observed=first)}
        took[not first] = once(11 + 2 * n, observed=not first)
        shares.append(100 * (took[True] / took[False] - 1))
        plain.append(took[False])
    counts = (counts_of(core) - before) / (2 * PAIRS)
    low, _, high = statistics.quantiles(shares, n=4)
    return {
        "ms": 1000 * statistics.median(plain),
        "observer_percent": statistics.median(shares),
        "observer_percent_low": low,
        "observer_percent_high": high,
        "counts": counts,
        "counts_percent": 100 * counts * seconds_of_a_count() / statistics.median(plain),
    }


def counts_of(core: Core) -> int:
    """How often something was counted by labels so far."""
    tallies = core.tallies
    found = (getattr(tallies, name) for name in tallies.__slots__)
    return sum(sum(one.values()) for one in found if isinstance(one, defaultdict))


def seconds_of_a_count() -> float:
    """What one count by three labels takes, the dearest there is."""
    counted: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    type_, old, new = "bridge", "starting", "running"
    began = time.thread_time()
    for _ in range(200_000):
        counted[type_, old, new] += 1
    return (time.thread_time() - began) / 200_000


def observes(tree: Driven, n: int) -> None:
    """Everybody observes a change, and looks at it."""
    core = tree.core
    for path, s in core.by_path.items():
        core.handle(Observed(path, s.incarnation, float(n), Counted(count=n)), float(n))
    core.run(float(n))
    core.take()


def scrapes(*, failing: bool = False) -> dict[str, float]:
    """How long one scrape takes, of ten thousand workers that are well, or are escalated."""
    core = Driven(root(SCRAPED)).core
    if failing:
        for s in core.by_path.values():
            s.attempts = Attempts()
            s.attempts.escalated = True
    source = MeasuredCore(core, Durations(core))
    took: list[float] = []
    worked: list[float] = []
    size = 0
    for _ in range(SCRAPES):
        began, began_cpu = time.perf_counter(), time.thread_time()
        size = len(exposition(source)[0])
        took.append(time.perf_counter() - began)
        worked.append(time.thread_time() - began_cpu)
    return {
        "ms": 1000 * statistics.median(took),
        "worst_ms": 1000 * max(took),
        "processor_ms": 1000 * statistics.median(worked),
        "bytes": size,
    }


class Busy(Leaf):
    """Sees something else each time it is looked at, ten times a second."""

    interval = 0.1

    async def collect_observed_state(self, spec: LeafSpec, resources: Resources[None]) -> Counted:
        """The number of this look at anything."""
        return Counted(count=next(LOOKS))


LOOKS = itertools.count()


class BusyGroup(Group):
    """Its children are."""

    leaf_type = "busy"
    group_type = "busy-group"


async def live() -> dict[str, float]:
    """A tree that runs: the whole process, its collections and loops included.

    `noise_percent` is what two windows without the observer differ by: no figure is better.
    """
    made = factory()
    made.register(Busy)
    made.register(BusyGroup)
    async with Runtime(root(PARENTS, kind="busy-group"), made) as tree:
        await asyncio.sleep(5)
        core = tree.core
        observer, shares, plain, same = core.observer, [], [], []
        counts, ticks = counts_of(core), core.counters.ticks

        async def window(*, observed: bool) -> float:
            core.observer = observer if observed else None
            began, before = time.process_time(), core.counters.ticks
            await asyncio.sleep(WINDOW)
            return (time.process_time() - began) / max(1, core.counters.ticks - before)

        for n in range(WINDOWS):
            first = bool(n % 2)
            took = {first: await window(observed=first)}
            took[not first] = await window(observed=not first)
            shares.append(100 * (took[True] / took[False] - 1))
            plain.append(took[False])
            same.append(100 * (took[False] / await window(observed=False) - 1))
        ticks = core.counters.ticks - ticks
        a_tick = (counts_of(core) - counts) / ticks
    low, _, high = statistics.quantiles(shares, n=4)
    return {
        "ticks": ticks,
        "us_a_tick": 1e6 * statistics.median(plain),
        "observer_percent": statistics.median(shares),
        "observer_percent_low": low,
        "observer_percent_high": high,
        "noise_percent": statistics.median(same),
        "counts_percent": 100 * a_tick * seconds_of_a_count() / statistics.median(plain),
    }


WINDOW, WINDOWS = 0.5, 31


async def held_up() -> dict[str, float]:
    """How long supervision and the work loop take to answer, without and with a scraper.

    One that scrapes again and again, far more often than any would.
    """
    async with Runtime(root(SCRAPED), factory()) as tree:
        await tree.until(lambda view: len(view.nodes) == 1 + 4 * SCRAPED, timeout=120)
        await asyncio.sleep(5)
        running = tree.running
        assert running is not None
        source = MeasuredCore(tree.core, running.durations)
        found: dict[str, float] = {}
        for name in ("alone", "scraped"):
            over = threading.Event()
            scraper = threading.Thread(target=_scrape_on, args=(source, over))
            if name == "scraped":
                scraper.start()
            answers: list[float] = []
            for _ in range(300):
                began = time.perf_counter()
                await tree.look(lambda core: None)
                answers.append(time.perf_counter() - began)
                await asyncio.sleep(0.01)
            over.set()
            if name == "scraped":
                await asyncio.to_thread(scraper.join)
            cuts = statistics.quantiles(answers, n=100)
            found |= {f"{name}_median_ms": 1000 * cuts[49], f"{name}_p99_ms": 1000 * cuts[98]}
        return found


def _scrape_on(source: MeasuredCore, over: threading.Event) -> None:
    while not over.wait(0.1):
        exposition(source)


def main() -> None:
    """All of it, as a table of names and numbers."""
    figures = {
        "everybody derives": cost(derives),
        "everybody observes a change": cost(observes),
        "everybody is looked at": cost(looks),
        "a tree that runs, and is busy": asyncio.run(live()),
        "one scrape": scrapes(),
        "one scrape while everybody fails": scrapes(failing=True),
        "an answer of supervision": asyncio.run(held_up()),
    }
    for about, found in figures.items():
        print(about)
        for name, value in found.items():
            print(f"  {name:24} {value:12,.2f}")


if __name__ == "__main__":
    main()
