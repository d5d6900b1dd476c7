"""A program for the tests of `running`: one worker that stops at once, or never ("stubborn")."""

import asyncio
import sys

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    goto,
    state,
    stay,
)
from fsmv2.cli.lines import JsonLines, Lines
from fsmv2.cli.running import Running
from fsmv2.runtime import Runtime
from fsmv2.worker import WorkerFactory


class LampSpec(UserSpec):
    stubborn: bool = False


class Seen(ObservedState):
    pass


class Lamp(Worker[LampSpec, Seen]):
    interval = 0.2

    def derive_desired_state(self, spec: LampSpec, previous_observed: Seen | None) -> DesiredState:
        return DesiredState(state="on")

    async def collect_observed_state(self, spec: LampSpec, resources: Resources[None]) -> Seen:
        return Seen()

    @state("stopped", to="on")
    def stopped(self, s: Snapshot[LampSpec, Seen]) -> Step:
        return stay("off") if s.should_stop else goto(self.on, "asked to shine")

    @state("running", to="stopped")
    def on(self, s: Snapshot[LampSpec, Seen]) -> Step:
        if s.should_stop and not s.spec.stubborn:
            return goto(self.stopped, "asked to stop")
        return stay("shines")


async def main(stubborn: bool, as_json: bool, seconds: float | None) -> None:
    factory = WorkerFactory()
    factory.register(Lamp)
    show = JsonLines() if as_json else Lines()
    root = ChildSpec("lamp", "lamp", LampSpec(stubborn=stubborn))
    with Running(show) as running:
        async with Runtime(root, factory, listener=running.listener) as tree:
            await running.hold(tree, seconds)
            await running.end(tree, who="test")
        show.summary(f"forced {len(running.forced)}", {"forced": running.forced})


asyncio.run(main("stubborn" in sys.argv, "json" in sys.argv, 0.4 if "short" in sys.argv else None))
