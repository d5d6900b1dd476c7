"""The demo from start to summary.

PLCs, tree, subscriber; at the end the reads are stopped first, so that what was accepted is final,
then the subscriber is given time for what is still under way, and only then the broker ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.api.activation import served
from fsmv2.builtin.agent import AgentSpec
from fsmv2.cli.console import progress
from fsmv2.cli.demo.demo_document import place
from fsmv2.cli.demo.demo_result import DemoResult
from fsmv2.cli.demo.demo_view import (
    LineLimit,
    blocks_below,
    hints,
    mqtt_port,
    short_hints,
    value_text,
)
from fsmv2.cli.demo.plcs import HOST, Plc
from fsmv2.cli.demo.subscriber import Subscriber
from fsmv2.cli.demo.tally import Tally
from fsmv2.cli.display_choice import choose_display, save_picture
from fsmv2.cli.exit_codes import FAILED, OK
from fsmv2.cli.foreground import ForegroundProcess
from fsmv2.cli.http_address import bound_to, listening_somewhere
from fsmv2.cli.log_filter import filter_logs
from fsmv2.cli.screen.live_source import LiveSource
from fsmv2.cli.screen.screen_content import Line
from fsmv2.cli.signals import Stopped
from fsmv2.cli.tree_session import TreeSession
from fsmv2.host.in_thread import in_thread
from fsmv2.model import ChildSpec
from fsmv2.model.listen_address import HTTP_PORT, LOOPBACK
from fsmv2.operate.prepared_tree import read_document
from fsmv2.operate.run_record import keep_record
from fsmv2.operate.state_directory import StateDirectory, held, short_path
from fsmv2.operate.state_home import state_home
from fsmv2.operate.tree_handle import TreeHandle
from fsmv2.operate.tree_opening import start
from fsmv2.plant import Plant
from fsmv2.runtime import TreeView, bounded_pauses
from fsmv2.worker import Phase

MACHINES = {"filler": 15020, "capper": 15021, "labeller": 15022}
"""The simulated machines and the port each prefers."""
READS_END_WITHIN = 8.0
DRAINED_WITHIN = 5.0


def run_demo(
    process: ForegroundProcess,
    *,
    seconds: float | None,
    state_dir: Path | None,
    save_svg: Path | None,
) -> int:
    """Run the demo; returns the exit code."""
    filter_logs()
    directory = (state_dir or state_home() / "demo").absolute()
    with held(directory, progress) as place_held:
        process.signals.started()
        return asyncio.run(Demo(directory, process, save_svg, place_held).run(seconds))


class Demo:
    """One run of the demo."""

    def __init__(
        self,
        directory: Path,
        process: ForegroundProcess,
        save_svg: Path | None,
        place_held: StateDirectory,
    ) -> None:
        self._directory = directory
        self._process = process
        self._save_svg = save_svg
        self._place_held = place_held
        self._document = directory
        self._plcs = [
            Plc(name, port, seed=seed) for seed, (name, port) in enumerate(MACHINES.items())
        ]
        self._tally = Tally()
        self._subscriber = Subscriber(self._tally)
        self._monitoring = ""
        self._tree = TreeView(0.0, ())
        self._started = 0.0
        self._all_active: float | None = None
        self._pace = LineLimit()

    async def run(self, seconds: float | None) -> int:
        """Start everything, hold it, end it; returns the exit code."""
        progress(f"starts {len(self._plcs)} simulated PLCs, each a process of its own")
        async with self._machines():
            ports = [plc.port for plc in self._plcs]
            self._document, changed = await in_thread(lambda: place(self._directory, ports))
            if changed:
                file = short_path(self._document)
                progress(f"runs {file} as you changed it; delete it for the original")
            prepared = await in_thread(lambda: read_document(self._document, self._place_held))
            # So that `fsmv2 status` and all other commands find it, as any tree that runs.
            await in_thread(lambda: keep_record(self._place_held.path, prepared.current.now.record))
            source = LiveSource("fsmv2 demo", self._below)
            out = self._process.output.out
            show = choose_display(source, out, as_json=False, save_svg=self._save_svg)
            tcp = await in_thread(lambda: listening_somewhere(_wanted(prepared.plant)))
            self._monitoring = bound_to(tcp) if tcp is not None else ""
            with TreeSession(show, self._process) as session:
                async with (
                    bounded_pauses(),
                    start(
                        prepared, listener=session.listener, on_accepted=self._tally.accept
                    ) as tree,
                ):
                    source.runs(tree)
                    async with served(tree, tcp):
                        outcome = await self._hold(session, tree, prepared.plant.root, seconds)
                    await session.end(tree, who=session.signal_name or "demo")
                outcome = msgspec.structs.replace(outcome, forced=tuple(tree.forced))
                session.show.summary(outcome.text(), {})
        return OK if outcome.good else FAILED

    async def _hold(
        self, session: TreeSession, tree: TreeHandle, root: ChildSpec, seconds: float | None
    ) -> DemoResult:
        self._started = time.monotonic()
        beside = [
            asyncio.create_task(
                plc.keep(lambda path, text: session.tell(path, text, level="warning"))
            )
            for plc in self._plcs
        ]
        beside.append(asyncio.create_task(self._look(tree)))
        witness = asyncio.create_task(self._witness(session, tree))
        try:
            await session.hold(seconds)
            last = await tree.view()
            save_picture(session.show, self._save_svg)
            session.show_progress("stops the reads, then waits for what is still under way")
            tree.declare(reads_stopped(root), who="demo")
            await session.watch(self._settled(tree))
        finally:
            for task in [*beside, witness]:
                task.cancel()
            await asyncio.gather(*beside, witness, return_exceptions=True)
        return DemoResult.of(last, self._tally.figures(), self._all_active)

    async def _settled(self, tree: TreeHandle) -> None:
        """Until no bridge reads any more and every accepted sample was received, or time is up."""
        with contextlib.suppress(TimeoutError):
            await tree.until(no_bridge_runs, timeout=READS_END_WITHIN)
        limit = time.monotonic() + DRAINED_WITHIN
        # Other threads count, and set no event.
        while self._tally.awaited and time.monotonic() < limit:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def _witness(self, session: TreeSession, tree: TreeHandle) -> None:
        """Subscribe as soon as the broker answers, and receive."""
        seen = await tree.until(lambda tree: mqtt_port(tree) > 0, timeout=math.inf)
        if not session.show.live:
            for line in hints(seen, self._plcs, self._document, self._monitoring):
                progress(line)

        def value(topic: str, value: object) -> None:
            if not session.show.live and self._pace.due(topic):
                session.tell(topic, value_text(value), kind="value")

        def tell(text: str) -> None:
            session.tell("subscriber", text)

        await self._subscriber.run(HOST, mqtt_port(seen), tell=tell, on_value=value)

    async def _look(self, tree: TreeHandle) -> None:
        """Note when all bridges are active for the first time, and keep the view for the hints."""
        while True:
            self._tree = await tree.view()
            bridges = self._tree.of_type("bridge")
            if self._all_active is None and bridges and all(b.state == "active" for b in bridges):
                self._all_active = time.monotonic() - self._started
            await asyncio.sleep(0.02 if self._all_active is None else 0.5)

    @contextlib.asynccontextmanager
    async def _machines(self) -> AsyncIterator[None]:
        try:
            await self._unless_stopped(asyncio.gather(*(plc.start() for plc in self._plcs)))
            yield
        finally:
            await asyncio.gather(*(plc.end() for plc in self._plcs))

    async def _unless_stopped(self, starting: asyncio.Future[Any]) -> None:
        """Wait for a start; Stopped when a signal came first."""
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        asked = asyncio.ensure_future(stopped.wait())

        def came() -> None:
            loop.call_soon_threadsafe(stopped.set)

        with self._process.signals.reports_to(came):
            await asyncio.wait([starting, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            raise Stopped(self._process.signals.name)
        starting.result()

    def _below(self) -> Sequence[Sequence[Line]]:
        """What arrives, and what to try, for the screen; called on the thread that draws it."""
        hints = short_hints(self._tree, self._plcs, self._document, self._monitoring)
        return blocks_below(self._tally.figures(), dict(self._subscriber.values), hints)


def _wanted(plant: Plant) -> tuple[str, ...]:
    """Where metrics are served if that can be had: where the document says, or as in the docs."""
    return (plant.listen or f"{LOOPBACK}:{HTTP_PORT}",)


def reads_stopped(root: ChildSpec) -> ChildSpec:
    """The same tree with every bridge disabled; the broker goes on."""
    spec = root.user_spec
    assert isinstance(spec, AgentSpec)  # noqa: S101  (the root of a document is always an agent)
    bridges = tuple(msgspec.structs.replace(bridge, enabled=False) for bridge in spec.bridges)
    return msgspec.structs.replace(root, user_spec=msgspec.structs.replace(spec, bridges=bridges))


def no_bridge_runs(tree: TreeView) -> bool:
    """Whether every bridge has come to a stop."""
    return all(bridge.phase is Phase.STOPPED for bridge in tree.of_type("bridge"))
