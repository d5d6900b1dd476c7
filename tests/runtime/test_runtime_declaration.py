"""A document inside somebody's own program: one line, beside their own types, on their own loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fsmv2 import ObservedState, Runtime, UserSpec, Worker, WorkerFactory, goto, state, stay
from fsmv2.errors import StoreError
from fsmv2.plant import load_plant
from fsmv2.store import SqliteStore

DOCUMENT = """\
agent: {name: plant, location: {enterprise: acme}}
engine: {stop_deadline: 9s}
broker: {url: "nats://127.0.0.1:1"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "plant.yaml"
    file.write_text(DOCUMENT)
    return file


class Mine(Worker[UserSpec, ObservedState]):
    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


@pytest.fixture(autouse=True)
def _threads_of_others() -> Iterator[None]:
    """Those that other tests have left are not of these trees."""
    OTHERS.update(threading.enumerate())
    yield
    OTHERS.clear()


OTHERS: set[threading.Thread] = set()


def threads() -> list[threading.Thread]:
    """Those of a tree that was started by a test."""
    own = {*threading.enumerate()} - OTHERS
    return [one for one in own if one.name.startswith("fsmv2-")]


async def no_thread_is_left() -> None:
    """Each ends by itself, in a moment."""
    async with asyncio.timeout(200):
        while threads():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_document_runs_inside_somebodys_program(file: Path) -> None:
    async with Runtime(load_plant(file)) as tree:
        view = await tree.until(lambda t: "plant" in {n.path for n in t.nodes}, timeout=200)
        assert view["plant"].type == "agent"
        assert tree.settings.stop_deadline == 9.0
    await no_thread_is_left()


async def test_types_of_ones_own_are_added_to_those_of_the_document(file: Path) -> None:
    factory = WorkerFactory()
    factory.register(Mine)
    async with Runtime(load_plant(file), factory) as tree:
        assert tree.core.factory.find("mine").definition.cls is Mine
        assert tree.core.factory.find("bridge")


def test_it_runs_on_a_thread_that_is_not_the_main_one(file: Path) -> None:
    seen: list[str] = []

    async def main() -> None:
        async with Runtime(load_plant(file)) as tree:
            view = await tree.until(lambda t: len(t.nodes) == 2, timeout=200)
            seen.extend(n.path for n in view.nodes)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join(60)
    assert seen == ["plant", "plant/broker"]


async def test_an_exception_in_the_body_stops_the_tree_in_order(file: Path) -> None:
    runtime = Runtime(load_plant(file))

    async def body() -> None:
        async with runtime as tree:
            await tree.until(lambda t: len(t.nodes) == 2, timeout=200)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await body()
    assert runtime.core.finished


async def test_a_start_that_is_refused_leaves_nothing_behind(file: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"not a store, by far" * 100)
    with pytest.raises(StoreError):
        async with Runtime(load_plant(file), store=SqliteStore(tmp_path / "bad.db")):
            pass
    await no_thread_is_left()
