"""Supervision on its loop: whom it answers, and what does not end it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from raising_tree import KINDS, runs, tree_of

from fsmv2 import (
    EngineSettings,
    WorkerFactory,
)
from fsmv2.core import Core, Instruction, Uncontained
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.supervision import REST, TRUSTED, Supervision


def deliver(_instructions: list[Instruction]) -> None:
    """Nothing is carried out."""


@pytest.fixture
def supervision() -> Iterator[Supervision]:
    """One on a real clock, whose slices are run by hand."""
    loop = asyncio.new_event_loop()
    core = Core(WorkerFactory(), EngineSettings())
    made = Supervision(core, Clock(), loop, deliver)
    yield made
    made.close()
    loop.close()


def test_h76_supervision_that_does_not_answer_is_trusted_for_seconds_only(
    supervision: Supervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocked by an author's derive, say, or the machine slept: nobody could hold a write."""
    monkeypatch.setattr("fsmv2.runtime.supervision.refusal", lambda *_: "")
    supervision.slice()
    assert supervision.refusal("x", 1) == ""
    supervision._decided_at -= TRUSTED + 1
    assert supervision.refusal("x", 1) == "its supervision has not answered for 6 s"
    supervision.slice()
    assert supervision.refusal("x", 1) == ""


def test_a_slice_that_copies_the_core_ends_sooner_than_one_that_decides(
    supervision: Supervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes a plan shall not be noticed by those whom the tree serves."""
    steps, lasted = itertools.count(), dict.fromkeys(("copy", "decisions"), 0)

    def until_enough(what: str) -> Callable[..., bool]:
        def work(*given: Any, enough: Callable[[], bool] | None = None, **_: Any) -> bool:
            look = given[0] if enough is None else enough
            while not look():
                lasted[what] += 1
            return True

        return work

    monkeypatch.setattr(supervision._copies, "ready", until_enough("copy"))
    monkeypatch.setattr("time.perf_counter", lambda: next(steps) * 1e-4)
    supervision.slice()
    monkeypatch.setattr(supervision._copies, "ready", lambda *_, **__: True)
    monkeypatch.setattr(supervision.core, "run", until_enough("decisions"))
    supervision.slice()
    assert lasted["copy"] < lasted["decisions"] / 2


def test_between_two_slices_of_a_busy_tree_the_loop_has_a_turn_for_others(
    supervision: Supervision, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something is posted during each slice, and each leaves something to do."""

    def run(*_: Any, **__: Any) -> bool:
        supervision.post(Uncontained("posted"))
        return True

    monkeypatch.setattr(supervision.core, "run", run)
    loop, slices = supervision._loop, []
    supervision.slice()
    for _ in range(5):
        loop.call_soon(loop.stop)
        loop.run_forever()  # a single turn
        slices.append(supervision.slices)
    assert slices == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(("busy", "rests"), [((), 0), ((True,) * 3, 3), ((True,) * 1000, 10)])
@pytest.mark.parametrize("posts", [False, True])
def test_it_rests_between_slices_while_data_is_moved_and_not_for_long(
    supervision: Supervision,
    monkeypatch: pytest.MonkeyPatch,
    busy: tuple[bool, ...],
    rests: int,
    posts: bool,
) -> None:
    """What moves data is not late for a change of thousands, nor does that wait for ever."""
    left, waited, more = iter(busy), [], iter([True])
    supervision.gives_way_to(lambda: next(left, False))
    monkeypatch.setattr(supervision.core, "run", lambda *_, **__: next(more, False))
    loop = supervision._loop

    def later(seconds: float, then: Callable[..., None], *given: Any) -> None:
        waited.append(seconds)
        loop.call_soon(then, *given)

    monkeypatch.setattr(loop, "call_later", later)
    supervision.slice()
    if posts:  # an event does not make it begin sooner
        supervision.post(Uncontained("posted"))
    for _ in range(20):
        loop.call_soon(loop.stop)
        loop.run_forever()
    assert supervision.slices == 2
    assert waited == [REST] * rests
    left = iter(busy)
    supervision.post(Uncontained("posted"))
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert supervision.slices == 3, "one that follows none begins at once"
    assert waited == [REST] * rests


async def test_h68_a_slice_that_raises_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, runtime = tree_of()
    left = list(KINDS)
    run = runtime.core.run

    def raises(*args: Any, **more: Any) -> bool:
        if left:
            raise left.pop()
        return run(*args, **more)

    monkeypatch.setattr(runtime.core, "run", raises)
    async with runtime as tree:
        await tree.until(runs, timeout=200)
    assert left == []
