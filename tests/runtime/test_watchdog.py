"""A blocked loop: supervision lives, the culprit is named, and nobody else is blamed."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    Runtime,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.core import Report


class Calm(Worker[UserSpec, ObservedState]):
    """Runs and is observed often."""

    interval = 0.05

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Blocking(Calm):
    """Its collection, or its derive, blocks the thread it is on while `held` is set."""

    def __init__(self, where: str, free: threading.Event) -> None:
        self.where = where
        self.free = free

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        if self.where == "derive":
            self.free.wait(30)
        return DesiredState("running")

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        if self.where == "collect":
            self.free.wait(30)
        return ObservedState()


class Plant(Calm):
    """One that blocks, and neighbours."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        names = {"a": "calm", "b": "blocking", "c": "calm"}
        return DesiredState("running", tuple(ChildSpec(n, t, UserSpec()) for n, t in names.items()))


@pytest.fixture
def free() -> Any:
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fsmv2.runtime.watchdog.LOOK", 0.1)
    monkeypatch.setattr("fsmv2.runtime.watchdog.LAG", 0.5)
    monkeypatch.setattr("fsmv2.runtime.watchdog.AGAIN", 0.5)


def plant(where: str, free: threading.Event) -> tuple[ChildSpec, WorkerFactory]:
    factory = WorkerFactory()
    factory.register(Plant)
    factory.register(Calm)
    factory.register(Blocking, make=lambda: Blocking(where, free))
    return ChildSpec("plant", "plant", UserSpec()), factory


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  (another thread's doing)
            await asyncio.sleep(0.02)


def test_h62_author_code_that_blocks_its_loop_is_named_while_supervision_lives_on(
    free: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """Author code blocks its loop → supervision goes on, the culprit is named with its stack."""
    root, factory = plant("collect", free)
    reports: list[Report] = []
    settings = EngineSettings(stale_after=0.3)

    def stalls() -> list[Report]:
        told = [r for r in reports if r.kind == "stall"]
        return [r for r in told if "has been blocking" in r.text or "runs again" in r.text]

    async def main() -> None:
        async with Runtime(root, factory, settings=settings, listener=reports.append) as runtime:
            await until(lambda: len(stalls()) >= 2)  # told again while it lasts
            tree = await runtime.view()  # supervision answers
            runtime.declare(root, {"decided": "meanwhile"})
            await until(lambda: "decided" in runtime.core.global_variables)
            (said,) = [c for c in tree["plant/b"].conditions if c.type == "LoopFree"]
            assert "collect_observed_state has been blocking the loop of all workers" in said.reason
            assert "test_watchdog.py" in said.reason
            assert "@blocking" in said.reason
            assert not any(c.type == "LoopFree" for c in tree["plant/a"].conditions)
            await until(lambda: "the loop of all workers has not" in runtime.liveness().reason)
            await until(lambda: runtime.liveness().alive)
            assert not runtime.liveness().ok
            free.set()
            await until(lambda: any("runs again after" in r.text for r in stalls()))
            tree = await runtime.until(
                lambda tree: all(n.state == "running" and n.fresh for n in tree.nodes), timeout=200
            )
            assert all(n.incarnation == 1 and not n.attempts for n in tree.nodes)
            assert not any(c.type == "LoopFree" for c in tree["plant/b"].conditions)
            await until(lambda: runtime.liveness().ok)

    asyncio.run(main())
    assert {r.path for r in stalls() if "has been blocking" in r.text} == {"plant/b"}
    assert "in collect_observed_state" in caplog.text
    assert "self.free.wait(30)" in caplog.text


def test_supervision_that_is_blocked_is_told_from_outside(
    free: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """A derive that blocks breaks the rule of purity; the log shows the stack, liveness says no."""
    root, factory = plant("derive", free)

    async def main() -> None:
        async with Runtime(root, factory) as runtime:
            await until(lambda: not runtime.liveness().alive)
            assert "supervision has not run" in runtime.liveness().reason
            await until(lambda: "fsmv2-supervision has not run" in caplog.text)
            assert "derive_desired_state" in caplog.text
            free.set()
            await runtime.until(
                lambda tree: len(tree.nodes) == 4 and all(n.fresh for n in tree.nodes), timeout=200
            )
            await until(lambda: runtime.liveness().ok)

    asyncio.run(main())


def test_a_loop_that_is_only_busy_blames_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Too much to do: told as that, of the whole tree."""
    reports: list[Report] = []
    free = threading.Event()
    root, factory = plant("nowhere", free)
    ends = time.monotonic() + 1.5

    async def busy() -> None:
        """Many short things of different tasks, all due at once."""
        while time.monotonic() < ends:
            time.sleep(0.01)  # noqa: ASYNC251  (work)
            await asyncio.sleep(0)

    async def main() -> None:
        async with Runtime(root, factory, listener=reports.append) as runtime:
            loop, tasks = runtime._parts.work_thread.loop, []

            def flood() -> None:
                tasks.extend(loop.create_task(busy()) for _ in range(200))

            loop.call_soon_threadsafe(flood)
            await until(lambda: [r for r in reports if "it is overloaded" in r.text])
            tree = await runtime.view()
            assert not any(c.type == "LoopFree" for n in tree.nodes for c in n.conditions)
            await until(lambda: [r for r in reports if "runs again after" in r.text])
            assert all(task.done() for task in tasks)

    asyncio.run(main())
    assert {r.path for r in reports if r.kind == "stall"} == {"plant"}
    assert "fsmv2-work has not run" not in caplog.text


class Hanging(Calm):
    """Its collection never answers."""

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        await asyncio.Event().wait()
        return ObservedState()


class Pair(Calm):
    """One that answers and one that does not."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        children = (ChildSpec("a", "calm", UserSpec()), ChildSpec("dead", "hanging", UserSpec()))
        return DesiredState("running", children)


def test_h40_a_worker_that_is_dead_is_not_hidden_by_loops_that_come_round() -> None:
    """One worker's collection is dead, everything else succeeds → liveness names it, and so does
    the tree."""
    factory = WorkerFactory()
    for kind in (Pair, Calm, Hanging):
        factory.register(kind)

    async def main() -> None:
        settings = EngineSettings(stale_after=0.3)
        Hanging.observe_timeout = 0.1
        root = ChildSpec("pair", "pair", UserSpec())
        async with Runtime(root, factory, settings=settings) as runtime:
            await until(lambda: runtime.liveness().silent)
            await until(lambda: runtime.liveness().silent == ("pair/dead",))
            said = "no observation comes from pair/dead"
            await until(lambda: runtime.liveness().reason == said)
            await until(lambda: runtime.liveness().alive and not runtime.liveness().ok)
            tree = await runtime.view()
            assert (tree["pair/a"].healthy, tree["pair/dead"].healthy) == (True, False)
            assert "no observation yet" in tree["pair/dead"].conditions[0].reason

    asyncio.run(main())


def test_a_machine_that_slept_blames_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The looking loop was itself away: nothing can be said of the other."""
    from fsmv2.runtime.loop_thread import LoopThread
    from fsmv2.runtime.watchdog import Watchdog

    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    told: list[Any] = []
    looking = asyncio.new_event_loop()
    watched = LoopThread("never started")
    dog = Watchdog(watched, looking, told.append, told.append)
    dog._look()
    now[0] += 3600.0
    dog._look()
    assert told == []
    assert dog.lag == 0.0
    now[0] += 0.1
    dog._look()
    assert told == []
    looking.close()
    watched.loop.close()
