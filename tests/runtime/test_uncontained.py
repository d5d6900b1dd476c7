"""What no containment of ours can reach, and what is left when one is missing: the tree goes on."""

from __future__ import annotations

import asyncio
import importlib.metadata
from typing import Any

import pytest

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    RegistrationError,
    Runtime,
    SpecError,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.core import Report
from fsmv2.model.data.plain_decoder import decode_spec

KINDS = (SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, StopIteration)


class Calm(Worker[UserSpec, ObservedState]):
    """Runs, is observed often, and counts how often."""

    interval = 0.05
    looks = 0
    wild = False

    def derive_desired_state(self, spec: UserSpec, previous_observed: Any) -> DesiredState:
        return DesiredState("up")

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> ObservedState:
        type(self).looks += 1
        if self.wild and self.looks == 1:
            asyncio.get_running_loop().create_task(_leave())
        return ObservedState()

    @state("stopped", to="up")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.up, "asked to run")

    @state("running", to="stopped")
    def up(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


async def _leave() -> None:
    raise SystemExit(3)


def tree_of(*, wild: bool = False, **more: Any) -> tuple[type[Calm], Runtime]:
    kind = type("Calm", (Calm,), {"wild": wild})
    factory = WorkerFactory()
    factory.register(kind)
    return kind, Runtime(ChildSpec("p", "calm", UserSpec()), factory, **more)


def runs(tree: Any) -> bool:
    return any(node.state == "up" and node.fresh for node in tree.nodes)


async def test_h68_an_exit_in_a_task_of_an_authors_own_does_not_end_the_loop_of_all() -> None:
    reports: list[Report] = []
    kind, runtime = tree_of(wild=True, listener=reports.append)
    async with runtime as tree:
        await tree.until(lambda _: kind.looks > 3, timeout=30)
        assert tree.core.counters.uncontained == 1
        await tree.stop()
    (report,) = (r for r in reports if r.kind == "error")
    assert "uncontained SystemExit: 3 in _leave at test_uncontained.py:" in report.text


async def test_h68_listeners_that_raise_hold_up_nobody() -> None:
    heard: list[Report] = []

    def listener(report: Report) -> None:
        heard.append(report)
        raise KINDS[len(heard) % len(KINDS)]

    _, runtime = tree_of(listener=listener)
    async with runtime as tree:
        await tree.until(runs, timeout=30)
        await tree.stop()
        assert tree.core.finished
    assert len(heard) >= len(KINDS)


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
        await tree.until(runs, timeout=30)
    assert left == []


async def test_h68_a_recorder_that_raises_is_done_without(tmp_path: Any) -> None:
    _, runtime = tree_of(journal=tmp_path)
    async with runtime as tree:
        recorder = tree.supervision.recorder
        assert recorder is not None
        recorder.record_slice = lambda *_, **__: _raise(SystemExit(3))  # type: ignore[method-assign]
        await tree.until(runs, timeout=30)
        await tree.until(lambda _: tree.supervision.recorder is None, timeout=30)


def _raise(error: BaseException) -> Any:
    raise error


@pytest.mark.parametrize("kind", KINDS)
def test_h68_a_package_that_raises_when_it_is_imported_is_named(
    kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Point:
        name, value = "lamp", "lamps:Lamp"

        def load(self) -> Any:
            raise kind

    monkeypatch.setattr(importlib.metadata, "entry_points", lambda *, group: [Point()])
    with pytest.raises(
        RegistrationError, match=f"'lamp', announced as lamps:Lamp.*{kind.__name__}"
    ):
        WorkerFactory().load_entry_points()


class Strict(UserSpec):
    """Refuses in its own way."""

    number: int = 0

    def __post_init__(self) -> None:
        if self.number:
            raise KINDS[self.number]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_h68_a_spec_whose_own_rule_raises_is_a_problem_of_the_data(number: int) -> None:
    with pytest.raises(SpecError, match=KINDS[number].__name__):
        decode_spec({"number": number}, Strict)
