"""A tree in a runtime, and everything that may be raised in it."""

from __future__ import annotations

import asyncio
from typing import Any

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
