"""The figures of the process itself: its loops, store, journal and document."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from flow_kit import until
from measured_simulation import MeasuredSimulation, series
from moving import moves

from fsmv2 import WorkerFactory
from fsmv2.core import Core, Report
from fsmv2.errors import GenerationConflictError
from fsmv2.flow import AsyncioEngine
from fsmv2.metrics.measured_source import Source
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.changes.apply_data import RollbackRequest
from fsmv2.runtime.store_writer import StoreWriter
from fsmv2.testing.simulated_store import SimulatedStore

DOCUMENT = "agent: {name: edge}\n"
CHANGED = "agent: {name: edge, location: {enterprise: acme}}\n"


@moves("store_commit_duration_seconds store_lag_seconds store_failing")
async def test_a_store_that_fails_and_works_again() -> AsyncIterator[Source]:
    store = SimulatedStore()
    store.fails = "the disk is full"
    writer = StoreWriter(store, lambda: 0.0)
    source = MeasuredSimulation(Core(WorkerFactory()), float, None)
    source.store = writer
    await writer.open()
    yield source
    assert series(source, "store_lag_seconds") == {(): 0.0}
    writer.add_event(Report("store", "a", "something", 1.0))
    await until(lambda: series(source, "store_failing") == {(): 1}, timeout=200)
    await until(lambda: series(source, "store_lag_seconds")[()] > 0.2, timeout=200)
    yield source
    store.fails = ""
    writer.retry()
    await until(lambda: series(source, "store_failing") == {(): 0}, timeout=200)
    await until(lambda: series(source, "store_lag_seconds") == {(): 0.0}, timeout=200)
    assert series(source, "store_commit_duration_seconds")[()] >= 2
    assert await writer.close(30) == ""
    yield source


@moves("journal_dropped_total loop_lag_seconds")
async def test_a_journal_that_cannot_be_written_and_loops_that_are_held_up(
    tmp_path: Path,
) -> AsyncIterator[Source]:
    """Its folder is a file."""
    document, state = tmp_path / "plant.yaml", tmp_path / "state"
    await asyncio.to_thread(document.write_text, DOCUMENT)
    await asyncio.to_thread(state.mkdir, 0o700)
    await asyncio.to_thread((state / "journal").write_text, "")
    async with open_tree(document, state_dir=state) as tree:
        source = tree.measured
        before = series_of(tree, "loop_lag_seconds")
        assert {*before} == {("supervision",), ("work",), ("flow",)}
        yield source
        parts = tree._runtime.running
        assert parts is not None
        await tree._kit.engine.stop("none", drain=0)  # its loop is made
        loops = {
            "supervision": parts.supervision_thread.loop,
            "work": parts.work_thread.loop,
            "flow": tree._kit.engine._loop,
        }
        for name, loop in loops.items():
            assert loop is not None
            await until(lambda n=name, at=loop: held_up(tree, n, at), timeout=30, every=0.6)
        await until(lambda: series_of(tree, "journal_dropped_total")[()] > 0, timeout=200)
        yield source
    assert series_of(tree, "active_supervisors") == {(): 0.0}, "it has ended"
    assert series_of(tree, "store_failing") == {}


def held_up(tree: TreeHandle, name: str, loop: asyncio.AbstractEventLoop) -> bool:
    """Hold the loop up for a moment, when it is not looked at by chance; whether that is seen."""
    loop.call_soon_threadsafe(time.sleep, 0.3)
    return series_of(tree, "loop_lag_seconds")[name,] > 0.1


@moves("generation document_differs pinned applies_total")
async def test_the_document_changes_and_another_generation_is_pinned(
    tmp_path: Path,
) -> AsyncIterator[Source]:
    document, state = tmp_path / "plant.yaml", tmp_path / "state"
    await asyncio.to_thread(document.write_text, DOCUMENT)
    async with open_tree(document, state_dir=state) as tree:
        assert series_of(tree, "document_differs") == {(): 0}
        yield tree.measured
        await asyncio.to_thread(document.write_text, CHANGED)
        assert series_of(tree, "document_differs") == {(): 1}
        yield tree.measured
    async with open_tree(document, state_dir=state) as tree:
        assert series_of(tree, "generation") == {(): 2}
        assert series_of(tree, "pinned") == {(): 0}
        yield tree.measured
        await tree.rollback(RollbackRequest(generation=1), wait=30)
        assert series_of(tree, "generation") == {(): 3}
        assert series_of(tree, "pinned") == {(): 1}
        with pytest.raises(GenerationConflictError):
            await tree.rollback(RollbackRequest(based_on=1))
        found = series_of(tree, "applies_total")
        assert (found["converged",], found["refused",]) == (1, 1)
        yield tree.measured


def series_of(tree: TreeHandle, name: str) -> dict[tuple[str, ...], float]:
    return series(tree.measured, name)


async def test_an_engine_without_flows_has_no_loop_that_could_be_late() -> None:
    engine = AsyncioEngine()
    assert engine.loop_lag.worst() == 0.0
    assert not engine.busy
    await engine.aclose()
