"""A tree of lamps that keeps a journal, and what a replay of it says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Runtime,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.core import Report
from fsmv2.testing import Replayed, replay


class LampSpec(UserSpec):
    note: str = ""
    lamps: int = 0


class LampObserved(ObservedState):
    lit: bool = False
    note: str = ""


class Lamp(Worker[LampSpec, LampObserved]):
    """A lamp that is lit by an action; a root has some below it."""

    update_policy = "in_place"
    interval = 0.1

    def __init__(self) -> None:
        self.lit = False

    def derive_desired_state(self, spec: LampSpec, previous_observed: Any) -> DesiredState:
        below = tuple(
            ChildSpec(f"l{n}", "lamp", LampSpec(note=spec.note)) for n in range(spec.lamps)
        )
        return DesiredState("running", children_specs=below, config={"note": spec.note})

    async def collect_observed_state(self, spec: LampSpec, resources: Any) -> LampObserved:
        return LampObserved(lit=self.lit, note=spec.note)

    @action()
    async def light(self, spec: LampSpec, resources: Any) -> None:
        self.lit = True

    @state("stopped", to="starting")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.starting, "asked to run")

    @state("starting", to="running stopped")
    def starting(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.running, "lit") if s.observed.lit else act(self.light, "dark")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("lit")


def lamps() -> WorkerFactory:
    factory = WorkerFactory()
    factory.register(Lamp)
    return factory


def root(count: int, note: str = "") -> ChildSpec:
    return ChildSpec("root", "lamp", LampSpec(lamps=count, note=note))


class Told(list[Report]):
    """What a tree reported of its journal."""

    def __call__(self, report: Report) -> None:
        if report.kind == "journal":
            self.append(report)

    @property
    def texts(self) -> str:
        return "\n".join(f"{report.level}: {report.text}" for report in self)


async def lit(tree: Runtime, count: int) -> None:
    await tree.until(lambda t: sum(n.state == "running" for n in t.nodes) == count + 1, timeout=200)


async def so(condition: Callable[[], bool]) -> None:
    """Wait until it is so; of another thread's doing."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def all_the_same(folder: Path) -> Replayed:
    found = replay(folder, lamps())
    assert found.difference is None, found.difference
    assert found.not_kept == ()
    return found
