"""Author code marked @blocking: in threads, bounded, and honest about what cannot be cancelled."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    DefinitionError,
    DesiredState,
    ObservedState,
    Runtime,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    blocking,
    goto,
    state,
    stay,
)
from fsmv2.core import Report
from fsmv2.errors import error_text
from fsmv2.testing import Simulation


class Seen(ObservedState):
    done: bool = False


class Slow(Worker[UserSpec, Seen]):
    """Blocks in its look and in its action."""

    interval = 0.1

    def __init__(self, free: threading.Event) -> None:
        self.free = free
        self.done = False
        self.threads: set[str] = set()

    @blocking
    def collect_observed_state(self, spec: UserSpec, resources: Any) -> Seen:
        self.threads.add(threading.current_thread().name)
        return Seen(done=self.done)

    @action(timeout=0.3, retries=0)
    @blocking
    def work(self, spec: UserSpec, resources: Any) -> str:
        self.free.wait(60)
        self.done = True
        return "worked"

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        if s.should_stop:
            return stay("stopped")
        if s.observed.done:
            return goto(self.running, "done")
        return act(self.work, "to be done")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Beside(Worker[UserSpec, Seen]):
    """A neighbour on the same loop."""

    interval = 0.1

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> Seen:
        return Seen()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Both(Beside):
    """The two of them."""

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        children = tuple(ChildSpec(name, name, UserSpec()) for name in ("slow", "beside"))
        return DesiredState("running", children)


def types(free: threading.Event) -> WorkerFactory:
    factory = WorkerFactory()
    factory.register(Slow, make=lambda: Slow(free))
    factory.register(Beside)
    factory.register(Both)
    return factory


ROOT = ChildSpec("both", "both", UserSpec())


def test_a_blocking_action_holds_up_nobody_and_is_stuck_when_it_does_not_end() -> None:
    """H22 with a thread: nothing can end it, so it is shown, its slot given up, and its late result
    ignored."""
    free = threading.Event()
    reports: list[Report] = []

    async def main() -> None:
        async with Runtime(ROOT, types(free), listener=reports.append) as runtime:
            await runtime.until(
                lambda t: any("did not end" in c.reason for c in t["both/slow"].conditions),
                timeout=200,
            )
            tree = await runtime.view()
            assert tree["both/beside"].state == "running"
            assert tree["both/slow"].fresh
            worker: Any = runtime.core.by_path["both/slow"].worker
            assert worker.threads == {"fsmv2-blocking"}
            free.set()
            await runtime.until(lambda t: t["both/slow"].state == "running", timeout=200)
            assert not (await runtime.view())["both/slow"].conditions

    asyncio.run(main())
    ended = [r.text for r in reports if r.kind == "action" and r.path == "both/slow"]
    assert any(text.startswith("work stuck") for text in ended)
    late = [text for text in ended if text.startswith("work succeeded")]
    assert len(late) == sum(text.startswith("work: ") for text in ended) - 1, "the first is ignored"


def test_a_simulation_runs_blocking_code_at_once_and_in_order() -> None:
    free = threading.Event()
    free.set()
    with Simulation(ROOT, types(free)) as sim:
        sim.run(1)
        assert sim["both/slow"].state == "running"
        assert sim.supervisor("both/slow").last_action.result == "worked"
        worker: Any = sim.supervisor("both/slow").worker
        assert worker.threads == {threading.current_thread().name}


def test_what_it_raises_arrives_also_in_a_simulation() -> None:
    class Failing(Slow):
        @action(timeout=0.3, retries=0)
        @blocking
        def work(self, spec: UserSpec, resources: Any) -> str:
            raise OSError("no such machine")

    factory = types(threading.Event())
    factory.register(Failing, make=lambda: Failing(threading.Event()))
    with Simulation(ChildSpec("f", "failing", UserSpec()), factory) as sim:
        sim.run(1)
        assert "no such machine" in sim.texts("action", "f")[1]


async def test_calls_beyond_the_threads_wait_for_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["fsmv2.host.in_thread"], "THREADS", 2)
    gate, running, most = threading.Event(), [0], [0]
    lock = threading.Lock()

    @blocking
    def call(number: int) -> int:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        gate.wait(30)
        with lock:
            running[0] -= 1
        return number

    calls = [asyncio.create_task(call(n)) for n in range(5)]
    async with asyncio.timeout(20):
        while running[0] < 2:  # noqa: ASYNC110  (threads start when they like)
            await asyncio.sleep(0.01)
        calls[4].cancel()  # it waits for a place, so it can be
        await asyncio.wait([calls[4]])
        gate.set()
        assert await asyncio.gather(*calls[:4]) == [0, 1, 2, 3]
    assert most[0] == 2
    assert calls[4].cancelled()


async def test_who_waits_for_a_thread_and_is_cancelled_waits_until_it_has_ended() -> None:
    gate, begun, ended = threading.Event(), threading.Event(), []

    @blocking
    def call() -> None:
        begun.set()
        gate.wait(30)
        ended.append(True)

    task = asyncio.create_task(call())
    async with asyncio.timeout(20):
        while not begun.is_set():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=0.05)
        assert not done
        gate.set()
        await asyncio.wait([task])
    assert task.cancelled()
    assert ended == [True]


def test_an_async_function_is_refused_with_the_fix() -> None:
    async def look() -> None: ...

    with pytest.raises(DefinitionError, match=r"look is async.*Write `def` instead"):
        blocking(look)


def test_a_plain_look_or_action_without_the_mark_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(DefinitionError) as raised:

        class Plain(Worker[UserSpec, Seen]):
            def collect_observed_state(self, spec: UserSpec, resources: Any) -> Any:
                return Seen()

            @action()
            def work(self, spec: UserSpec, resources: Any) -> Any:
                return None

            @state("stopped")
            def stopped(self, s: Any) -> Any:
                return stay("stopped")

    text = str(raised.value)
    assert "collect_observed_state is not async: write `async def`, or mark it @blocking" in text
    assert "work is not async" in text


@pytest.mark.real
def test_a_thread_that_hangs_for_good_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from fsmv2 import blocking

@blocking
def hang():
    threading.Event().wait()

async def main():
    task = asyncio.create_task(hang())
    await asyncio.sleep(0.1)

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
print("ends")
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "ends\n"


@pytest.mark.parametrize("kind", [StopIteration, SystemExit, KeyboardInterrupt, GeneratorExit])
async def test_h68_what_a_thread_raises_reaches_who_waits_for_it(
    kind: type[BaseException],
) -> None:
    """No future takes a `StopIteration`: who waits for it would wait for ever."""

    @blocking
    def raises() -> None:
        raise kind

    async def called() -> str:
        try:
            await raises()
        except BaseException as error:  # noqa: BLE001  (some would end the loop of the test)
            return error_text(error)
        return "nothing"

    text = await asyncio.wait_for(called(), 30)
    assert text == kind.__name__ or (kind is StopIteration and "StopIteration was raised" in text)
