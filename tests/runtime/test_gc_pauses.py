"""What Python's garbage collector has to do with a tree: nothing in steady state, and briefly."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Iterator
from random import Random
from statistics import median

import pytest
from bench.tree import factory, root

from fsmv2 import EngineSettings
from fsmv2.runtime import bounded_pauses
from fsmv2.testing import Simulation

PARENTS = 10


@pytest.fixture
def no_collections() -> Iterator[None]:
    """Nothing is collected but by the test."""
    gc.collect()
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


def in_cycles() -> Counter[str]:
    """What only a collection of cycles would free, by the name of its type."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    found = Counter(type(one).__name__ for one in gc.garbage)
    gc.garbage.clear()
    gc.collect()  # what was saved to be looked at would be found again
    return found


@pytest.mark.usefixtures("no_collections")
def test_a_tree_leaves_no_cycles_whatever_it_does() -> None:
    """Quiet, after changes of variables, of the declared tree, after restarts: all is freed."""
    settings = EngineSettings(resync=1.0, stop_deadline=2.0)
    with Simulation(root(PARENTS), factory(), settings=settings) as sim:
        sim.run(10)
        sim.core.guard = False  # asking twice is for tests, and not what is looked at here
        in_cycles()
        sim.run(60)
        assert not in_cycles(), "quiet"
        for n in range(3):
            sim.declare(root(PARENTS, rate=f"{n + 2}s"))
            sim.run(2)
        assert not in_cycles(), "after changes of a variable"
        for parents in (2, PARENTS, 2):
            sim.declare(root(parents))
            sim.run(20)
        assert len(sim.core.by_path) == 1 + 2 * 4
        assert not in_cycles(), "after removals and additions"
        sim.restart("plant/w1")
        sim.run(20)
        assert not in_cycles(), "after a restart"


def test_a_worker_costs_little_memory_and_few_objects_to_walk() -> None:
    """Bounds with room to spare: blocks and bytes are those of Python, not of the machine."""
    gc.collect()
    blocks, tracked = sys.getallocatedblocks(), len(gc.get_objects())
    with Simulation(root(100), factory()) as sim:
        sim.run(10)
        sim.reports.clear()
        gc.collect()
        workers = len(sim.core.by_path)
        assert workers == 401
        assert (sys.getallocatedblocks() - blocks) / workers < 70
        assert (len(gc.get_objects()) - tracked) / workers < 10


async def test_in_bounded_pauses_no_collection_walks_what_has_lived_for_a_while() -> None:
    gc.collect()
    before = gc.get_threshold()
    full: list[int] = []

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            full.append(1)

    gc.callbacks.append(watch)
    try:
        async with bounded_pauses():
            kept = [[n] for n in range(50_000)]
            assert gc.get_freeze_count() > 40_000
            assert len(gc.get_objects()) < 15_000, "what a collection may have to walk"
            assert not full
    finally:
        gc.callbacks.remove(watch)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
    assert len(kept) == 50_000


async def test_in_bounded_pauses_what_replaces_its_like_is_left_alone_soon() -> None:
    """A thousand flows have as many objects as before once each has replaced its own: no growth
    that Python's count would show, and yet 20,000 objects for a collection to walk."""
    walked: list[int] = []
    sizes = Random(1)

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            young = (gc.get_objects(generation=n) for n in range(info["generation"] + 1))
            walked.append(sum(map(len, young)))

    async with bounded_pauses():
        flows = [_of_a_flow(20) for _ in range(1_000)]
        gc.callbacks.append(watch)
        try:
            for number in [*range(1_000)] * 10:
                flows[number] = _of_a_flow(sizes.randrange(40))
        finally:
            gc.callbacks.remove(watch)
    assert median(walked) < 10_000


class Part:
    """Of a class of its own, as the interpreter keeps lists and tuples for reuse, uncounted."""


def _of_a_flow(size: int) -> list[Part]:
    return [Part() for _ in range(size)]


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Looked at every 10 ms; how many blocks there were at each full collection."""
    monkeypatch.setattr("fsmv2.runtime.gc_pauses.CHECK_EVERY", 0.01)
    monkeypatch.setattr("fsmv2.runtime.gc_pauses.LEAST", 50_000)
    monkeypatch.setattr("fsmv2.runtime.gc_pauses.GROWTH", 1.0)
    full: list[int] = []

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            full.append(sys.getallocatedblocks())

    gc.collect()
    gc.callbacks.append(watch)
    yield full
    gc.callbacks.remove(watch)


async def test_garbage_in_cycles_is_collected_once_there_is_much_of_it(often: list[int]) -> None:
    """What others leave behind is bounded, too: all is thawed and collected."""
    async with bounded_pauses(), asyncio.timeout(60):
        while not often:
            for _ in range(10_000):
                one: list[object] = []
                one.append(one)
            await asyncio.sleep(0.01)
        assert sys.getallocatedblocks() < often[0] - 40_000


async def test_a_tree_that_has_just_started_is_not_walked_for_having_grown(
    often: list[int],
) -> None:
    """It would stop all flows of a thousand bridges for 0.4 s, a minute after the start."""
    async with bounded_pauses():
        kept = [[n] for n in range(200_000)]
        await asyncio.sleep(0.1)
    assert not often
    assert len(kept) == 200_000
