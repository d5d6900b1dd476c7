"""A program for the tests of `running`: one worker that stops at once, or never ("stubborn").

Other words: "short" ends by itself, "json" prints JSON, "floods" prints lines without end, "hangs"
never leaves its last phase, "blocks" blocks the loop of the command for good, "loads" never gets to
start anything.
"""

import asyncio
import sys
import threading
import time

import typer

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
from fsmv2.cli import signals
from fsmv2.cli.console import progress
from fsmv2.cli.foreground import ForegroundProcess, foreground_process
from fsmv2.cli.line_output import JsonLines, PlainLines
from fsmv2.cli.output_thread import StandardOutlets, keep_standard_descriptors
from fsmv2.cli.tree_session import TreeSession
from fsmv2.core import Report
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


async def main(
    control: ForegroundProcess, stubborn: bool, as_json: bool, seconds: float | None
) -> None:
    factory = WorkerFactory()
    factory.register(Lamp)
    show = JsonLines() if as_json else PlainLines()
    root = ChildSpec("lamp", "lamp", LampSpec(stubborn=stubborn))
    with TreeSession(show, control) as running:
        forced: list[Report] = []

        def listener(report: Report) -> None:
            if report.kind == "forced":
                forced.append(report)
            running.listener(report)

        async with Runtime(root, factory, listener=listener) as tree:
            if "floods" in sys.argv:
                threading.Thread(target=flood, args=(running, control.output), daemon=True).start()
            if "blocks" in sys.argv:
                progress("blocks")
                time.sleep(1000)  # noqa: ASYNC251
            await running.hold(seconds)
            running.show_progress(f"{running.why}stopping")
            await running.end(tree, who="test")
            if "hangs" in sys.argv:
                progress("hangs")
                await asyncio.sleep(1000)
        show.summary(f"forced {len(forced)}", {"forced": [f"{r.path}: {r.text}" for r in forced]})


def flood(running: TreeSession, output: StandardOutlets) -> None:
    full = False
    while True:
        if not full and len(output.out._queue) > 9_000:
            progress("nobody reads")
            full = True
        for _ in range(1000):
            running.wrote("lamp", "out", "x" * 100, time.time())
        time.sleep(0.01)


keep_standard_descriptors()
signals.FORCED_WITHIN = 0.3
with foreground_process(whole_program=True) as control:
    if "loads" in sys.argv:
        progress("loads")
        while True:
            sum(range(1000))
    control.signals.started()
    asyncio.run(
        main(
            control,
            "stubborn" in sys.argv,
            "json" in sys.argv,
            0.4 if "short" in sys.argv else None,
        )
    )
    raise typer.Exit(0)
