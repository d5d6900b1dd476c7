"""Author code that holds up supervision is named while it does, with its stack, and counted."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Runtime,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.core import Report, SlowCode
from fsmv2.runtime.slow_code import REPORT_EVERY, SLOW, SlowCodeWatch, _worker_of

PLACES = ("derive_desired_state", "up", "__eq__")


class Slow(Worker[UserSpec, ObservedState]):
    """Stands still at one place until somebody has noticed."""

    interval = 0.05
    derive_from = "own"

    def __init__(self, place: str, noticed: threading.Event) -> None:
        self.place = place
        self.noticed = noticed
        self.looks = 0

    def at(self, place: str) -> None:
        if place == self.place:
            self.noticed.wait(30)

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        self.at("derive_desired_state")
        return DesiredState("up")

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        self.looks += 1
        return Seen(value=Value(self, self.looks))

    @state("stopped", to="up")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.up, "asked to run")

    @state("running", to="stopped")
    def up(self, s: Any) -> Any:
        self.at("up")
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


class Value:
    """Data of an author, whose comparison takes long."""

    def __init__(self, worker: Slow, number: int) -> None:
        self.worker = worker
        self.number = number

    def __eq__(self, other: object) -> bool:
        if threading.current_thread().name == "fsmv2-supervision":
            self.worker.at("__eq__")
        return isinstance(other, Value) and other.number == self.number

    __hash__ = None  # type: ignore[assignment]


class Seen(ObservedState):
    value: Any = None


@contextmanager
def noticing(noticed: threading.Event) -> Iterator[list[str]]:
    """The texts that the watch logs; the first of them sets the event."""
    texts: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            texts.append(record.getMessage())
            noticed.set()

    handler, logger = Handler(), logging.getLogger("fsmv2.slow_code")
    logger.addHandler(handler)
    try:
        yield texts
    finally:
        logger.removeHandler(handler)


@pytest.mark.parametrize("place", PLACES)
async def test_slow_code_is_named_with_its_stack_and_counted(place: str) -> None:
    noticed, reports = threading.Event(), list[Report]()
    factory = WorkerFactory()
    factory.register(Slow, make=lambda: Slow(place, noticed))
    with noticing(noticed) as texts:
        async with Runtime(
            ChildSpec("p", "slow", UserSpec()), factory, listener=reports.append
        ) as tree:
            await tree.until(lambda t: any(n.state == "up" for n in t.nodes), timeout=200)
            await tree.until(lambda _: tree.core.counters.slow > 0, timeout=200)
    (report,) = (r for r in reports if r.kind == "slow")
    assert report.path == "p"
    assert report.text.startswith(f"{place} blocked the supervision of all workers for 0.")
    assert f"{place}" in report.text.partition(", at ")[2]
    assert f"in {place}" in texts[0]


class _Supervision:
    slicing_since: float | None = None
    slice_cpu = 0.0


def test_one_worker_is_reported_once_a_minute_and_the_times_between_are_counted() -> None:
    told: list[SlowCode] = []
    watch = SlowCodeWatch(_Supervision(), lambda: None, told.append)  # type: ignore[arg-type]
    for now in (100.0, 101.0, 102.0, 100.0 + REPORT_EVERY):
        watch._count("p", "derive_desired_state", sys._getframe(), now, 2 * SLOW)
    assert [event.times for event in told] == [1, 3]


def test_h62_what_blocks_is_named_for_as_long_as_it_does() -> None:
    """Its event is reported after it only, and until then somebody is paged."""
    supervision, threads = _Supervision(), list[int]()
    watch = SlowCodeWatch(supervision, lambda: threads[0], lambda _: None)  # type: ignore[arg-type]
    go, blocked = threading.Event(), threading.Event()
    scale: dict[str, Any] = {"__name__": "scale", "blocked": blocked, "go": go}
    source = "def ask():\n    blocked.set()\n    go.wait(60)\n"
    exec(compile(source, "/srv/scale.py", "exec"), scale)  # noqa: S102
    core: dict[str, Any] = {"__name__": "fsmv2.core.tick", "ask": scale["ask"]}
    exec("def tick():\n    ask()\n", core)  # noqa: S102
    thread = threading.Thread(target=core["tick"])
    thread.start()
    threads.append(thread.ident or 0)
    assert blocked.wait(60)
    while sys._current_frames()[threads[0]].f_code.co_name == "ask":
        pass  # until it waits
    supervision.slicing_since = 1.0
    watch.look(1.0 + 2 * SLOW, late=False)
    assert watch.blocking == "ask, at scale.py:3"
    supervision.slicing_since = None
    assert watch.blocking == ""
    go.set()
    thread.join(60)


def test_a_slice_that_is_quick_or_told_of_is_left_alone() -> None:
    supervision, told = _Supervision(), list[SlowCode]()
    watch = SlowCodeWatch(supervision, threading.get_ident, told.append)  # type: ignore[arg-type]
    watch.look(1.0, late=False)
    supervision.slicing_since = 1.0
    watch.look(1.0 + SLOW / 2, late=False)
    watch.look(1.0 + 2 * SLOW, late=False)  # nothing of the core is on this thread's stack
    assert told == []


def frame_below(*modules: str) -> FrameType:
    """The frame of a function `call` of the last module, called by one of each before it."""
    call: Callable[[], FrameType] = sys._getframe
    for module in reversed(modules):
        code: dict[str, Any] = {"__name__": module, "inner": call}
        exec("def call():\n    frame = inner()\n    return frame", code)  # noqa: S102
        call = code["call"]
    return call()


@pytest.mark.parametrize(
    ("below", "named"),
    [
        (("fsmv2.runtime.dispatcher", "asyncio.selector_events"), ""),
        (("fsmv2.runtime.store_writer", "threading"), ""),
        (("fsmv2.runtime.recent_events", "my_program"), "call"),
        (("my_program", "json"), "call"),
        (("fsmv2.builtin.process.process", "re"), "call"),
    ],
)
def test_the_runtime_itself_is_not_taken_for_code_of_an_author(
    below: tuple[str, ...], named: str
) -> None:
    """On a machine that is busy it waits for its turn in any place."""
    assert _worker_of(frame_below("fsmv2.runtime.supervision", *below)) == ("", named)
