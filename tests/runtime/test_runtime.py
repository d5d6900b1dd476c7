"""The runtime on real threads: it starts, stops, shows, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from typing import Any

import pytest
from raising_tree import KINDS, runs, tree_of

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    FsmError,
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


class Fast(Worker[UserSpec, ObservedState, list[str]]):
    """Runs at once; notes when its resources are opened and closed."""

    interval = 0.1
    block = 0.0
    notes: list[str]

    def __init__(self, notes: list[str], block: float = 0.0) -> None:
        self.notes = notes
        self.block = block

    def resources(self, spec: UserSpec) -> Any:
        @contextlib.asynccontextmanager
        async def opened() -> Any:
            self.notes.append("open")
            yield self.notes
            self.notes.append("close")

        return opened()

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        if self.block:
            time.sleep(self.block)  # noqa: ASYNC251  (the blocking author this is about)
        return ObservedState()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Pair(Fast):
    """Two `fast` children."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        children = (ChildSpec("a", "fast", UserSpec()), ChildSpec("b", "fast", UserSpec()))
        return DesiredState("running", children)


def types(notes: list[str], *, block: float = 0.0) -> WorkerFactory:
    factory = WorkerFactory()
    factory.register(Fast, make=lambda: Fast(notes, block))
    factory.register(Pair, make=lambda: Pair(notes))
    return factory


PAIR = ChildSpec("pair", "pair", UserSpec())


def all_running(tree: Any) -> bool:
    return len(tree.nodes) == 3 and all(n.state == "running" for n in tree.nodes)


def ours() -> list[str]:
    """The loops of runtimes; what other tests left to end by itself is not ours to judge."""
    names = ("fsmv2-supervision", "fsmv2-work")
    return [t.name for t in threading.enumerate() if t.name in names]


def test_a_tree_starts_and_stops_and_nothing_is_left_running() -> None:
    notes: list[str] = []
    reports: list[Report] = []

    async def main() -> None:
        async with Runtime(PAIR, types(notes), listener=reports.append) as runtime:
            tree = await runtime.until(all_running, timeout=200)
            assert [n.path for n in tree.nodes] == ["pair", "pair/a", "pair/b"]
            assert tree["pair/a"].depth == 1
            assert tree.get("pair/c") is None
            with pytest.raises(KeyError):
                tree["pair/c"]
            assert len(await runtime.records("pair/a")) > 0
            assert await runtime.records("nobody") == ()
            assert sorted(ours()) == ["fsmv2-supervision", "fsmv2-work"]
            work = runtime.dispatcher
        assert runtime.core.finished
        assert work.collectors == {}

    asyncio.run(main())
    assert ours() == []
    assert notes.count("open") == notes.count("close") == 3
    # not always the last: an observation that was under way is discarded after it
    assert "stopped and released" in [r.text for r in reports]


def test_two_runtimes_in_one_process_share_nothing() -> None:
    async def main() -> None:
        first: list[str] = []
        second: list[str] = []
        async with (
            Runtime(PAIR, types(first)) as one,
            Runtime(PAIR, types(second)) as two,
        ):
            await one.until(all_running, timeout=200)
            await two.until(all_running, timeout=200)
            await one.stop()
            assert (await one.view()).nodes == ()
            assert all_running(await two.view())
            two.restart("pair/a")
            await two.until(lambda t: all_running(t) and t["pair/a"].incarnation == 2, timeout=200)
        assert (len(first), len(second)) == (6, 8)

    asyncio.run(main())


def test_author_code_that_blocks_does_not_freeze_the_view() -> None:
    async def main() -> None:
        factory = types([], block=1.0)
        async with Runtime(PAIR, factory) as runtime:
            slowest = 0.0
            for _ in range(40):
                began = time.monotonic()
                await runtime.view()
                slowest = max(slowest, time.monotonic() - began)
                await asyncio.sleep(0.01)
            assert slowest < 0.5
            runtime.force()

    asyncio.run(main())


def test_until_says_what_the_tree_was_when_the_time_was_over() -> None:
    async def main() -> None:
        async with Runtime(PAIR, types([])) as runtime:
            await runtime.until(all_running, timeout=200)
            with pytest.raises(TimeoutError, match=r"(?s)within 0.05 s.*pair/a: running \(runs\)"):
                await runtime.until(lambda tree: False, timeout=0.05)

    asyncio.run(main())


def test_a_listener_that_raises_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def listener(report: Report) -> None:
        raise RuntimeError("broken listener")

    async def main() -> None:
        async with Runtime(PAIR, types([]), listener=listener) as runtime:
            await runtime.until(all_running, timeout=200)

    asyncio.run(main())
    assert "a listener of reports raised" in caplog.text


class Deaf(Fast):
    """Its collection swallows every cancel until it is allowed to end."""

    may_end = False

    def __init__(self) -> None:
        super().__init__([])

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        while not Deaf.may_end:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)
        return ObservedState()


def test_a_task_that_ignores_every_cancel_does_not_keep_the_runtime_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fsmv2.runtime.runtime.ABANDON_AFTER", 0.3)
    monkeypatch.setattr("fsmv2.runtime.dispatcher.ABANDON_AFTER", 0.3)
    Deaf.may_end = False
    factory = WorkerFactory()
    factory.register(Deaf)

    async def main() -> None:
        settings = EngineSettings(stop_deadline=0.2, final_observation=0.1)
        async with Runtime(ChildSpec("d", "deaf", UserSpec()), factory, settings=settings) as r:
            await r.until(lambda tree: len(tree.nodes) == 1, timeout=200)
            began = time.monotonic()
        assert time.monotonic() - began < 200
        assert r.core.fences == {"d": {1}}  # said, not hidden

    try:
        asyncio.run(main())
    finally:
        Deaf.may_end = True
    assert ours() == []


async def test_a_runtime_that_is_not_entered_says_so_and_holds_nothing() -> None:
    """Before it is entered, and after it was left."""
    before = len(os.listdir("/proc/self/fd"))
    tree = Runtime(ChildSpec("fast", "fast", UserSpec()), types([]))
    assert len(os.listdir("/proc/self/fd")) == before
    with pytest.raises(FsmError, match=r"is not running.*async with Runtime"):
        await tree.view()
    async with tree:
        with pytest.raises(FsmError, match="already running"):
            await tree.__aenter__()
    with pytest.raises(FsmError, match="is not running"):
        await tree.view()


async def test_h68_listeners_that_raise_hold_up_nobody() -> None:
    heard: list[Report] = []

    def listener(report: Report) -> None:
        heard.append(report)
        raise KINDS[len(heard) % len(KINDS)]

    _, runtime = tree_of(listener=listener)
    async with runtime as tree:
        await tree.until(runs, timeout=200)
        await tree.stop()
        assert tree.core.finished
    assert len(heard) >= len(KINDS)
