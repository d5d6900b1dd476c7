"""A worker whose client is a resource, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from fsmv2 import (
    ChildSpec,
    EngineSettings,
    ObservedState,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    state,
    stay,
)
from fsmv2.testing import Simulation


class Seen(ObservedState):
    value: int = 0


class Client(Worker[UserSpec, Seen, int]):
    """Its resources do what the test says."""

    opening: str = ""
    closing: str = ""
    opened = 0
    closed = 0
    acts = False
    push: Any = None
    hang_until = 0.0

    def resources(self, spec: UserSpec) -> Any:
        @contextlib.asynccontextmanager
        async def made() -> Any:
            if self.opening == "raises":
                raise ConnectionError("no route")
            if self.opening == "exits":
                raise SystemExit(3)
            if self.opening == "hangs":
                await asyncio.Event().wait()
            self.opened += 1
            yield self.opened
            if self.closing == "raises":
                raise OSError("cannot close")
            while self.closing == "hangs":
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.sleep(1)
            self.closed += 1

        return "no context" if self.opening == "nonsense" else made()

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> Seen:
        self.push = resources.push
        return Seen(value=resources.value)

    @action()
    async def use(self, spec: UserSpec, resources: Any) -> int:
        return resources.value * 10

    @state("stopped")
    def stopped(self, s: Any) -> Any:
        if self.acts and s.last_action is None:
            return act(self.use, "uses it")
        return stay(s.observe_error or f"sees {s.observed.value}")


def run(client: Client, settings: EngineSettings | None = None) -> Simulation:
    factory = WorkerFactory()
    factory.register(Client, make=lambda: client)
    return Simulation(ChildSpec("c", "client", UserSpec()), factory, settings=settings)
