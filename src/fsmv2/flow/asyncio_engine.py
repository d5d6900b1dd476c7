"""The engine that ships: all flows on one asyncio loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from fsmv2.errors import FlowError
from fsmv2.flow.commands.command_flow import WriteFlow
from fsmv2.flow.commands.command_routing import CommandRouting
from fsmv2.flow.commands.refusal import Refusal, nobody_allows
from fsmv2.flow.commands.refusing_listener import RefusingListener
from fsmv2.flow.device import DeviceStatus
from fsmv2.flow.engine import OnAccepted
from fsmv2.flow.engine_figures import EngineFigures, FlowLedger, figures
from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.flow import Flow
from fsmv2.flow.flow_config import AnyConfig, FlowConfig, WriteConfig
from fsmv2.flow.latest_values import ReadValue
from fsmv2.flow.stats import FlowStats
from fsmv2.host.loop_lag import LoopLag
from fsmv2.host.loops import Loop, new_loop

T = TypeVar("T")

AnyFlow = Flow | WriteFlow


class AsyncioEngine:
    """Runs flows by name; several engines in one process do not share anything.

    `on_accepted` is called with subject and payload of every accepted sample, on the engine's loop.
    """

    def __init__(self, *, on_accepted: OnAccepted | None = None) -> None:
        self._on_accepted = on_accepted
        self._flows: dict[str, AnyFlow] = {}
        self._refusals: dict[str, Refusal] = {}
        self._leaving: dict[asyncio.Task[None], AnyFlow] = {}
        self._leaving_marks = Counter[str]()
        self._dropped: Counter[str] = Counter()
        self._ledger = FlowLedger()
        self._shares = EngineShares()
        self._commands = CommandRouting(
            self._shares,
            lambda: _writing(self._flows.values()),
            lambda: _writing(self._leaving.values()),
            self._ledger,
        )
        self.loop_lag = LoopLag()
        """Of the loop on which all flows run; not measured until there is one."""
        self._lock = threading.Lock()
        self._loop: Loop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    async def start(self, config: AnyConfig, refusal: Refusal = nobody_allows) -> None:
        """Run this flow; the same config again changes nothing, another one replaces it.

        A flow that writes asks `refusal` right before each write, and that of the last call counts.
        """
        await self._on_loop(self._start(config, refusal))

    async def stop(self, name: str, *, drain: float) -> int:
        """End a flow; returns how many accepted samples were not acknowledged within `drain` s.

        Those are still being sent in the background as long as the engine lives.
        """
        return await self._on_loop(self._stop(name, drain))

    @contextlib.asynccontextmanager
    async def refusing(self, config: WriteConfig) -> AsyncIterator[RefusingListener]:
        """Inside, commands are refused with the reason as long as nothing executes them."""
        listener = await self._on_loop(self._commands.refuse(config))
        try:
            yield listener
        finally:
            with contextlib.suppress(FlowError):  # the engine was closed, and it with it
                await self._on_loop(self._commands.refuse_no_more(listener))

    def stats(self, name: str) -> FlowStats | None:
        """The figures of a flow, from any thread; None: there is no such flow."""
        flow = self._flows.get(name)
        return flow.stats() if flow is not None else None

    def config(self, name: str) -> AnyConfig | None:
        """The config a flow runs with, from any thread; None: there is no such flow."""
        flow = self._flows.get(name)
        return flow.config if flow is not None else None

    def latest(self, name: str) -> Mapping[str, ReadValue]:
        """By tag, what a flow has read last, from any thread; of one that writes: nothing."""
        flow = self._flows.get(name)
        return flow.latest() if isinstance(flow, Flow) else {}

    def refusal(self, name: str) -> Refusal | None:
        """What a flow asks before it writes, from any thread; None: there is no such flow."""
        return self._refusals.get(name) if name in self._flows else None

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many accepted samples of which flow the closing of the engine left unsent."""
        return dict(self._dropped)

    @property
    def busy(self) -> bool:
        """Whether data is being moved at this moment; from any thread."""
        return self._loop is not None and self._loop.busy

    def figures(self) -> EngineFigures:
        """What its flows do and did together; from any thread."""
        stats = [flow.stats() for flow in list(self._flows.values())]
        return figures(stats, self._ledger.read())

    def device(self, host: str, port: int) -> DeviceStatus | None:
        """What the flows' shared connection to an address knows of it, from any thread."""
        return self._shares.device(host, port)

    def write_again(self) -> None:
        """Write again what outlives the process: its directory was lost. From any thread."""
        with self._lock:
            loop = None if self._closed else self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it ends just now
                loop.call_soon_threadsafe(self._commands.write_again)

    async def aclose(self) -> None:
        """End every flow, close all connections, join the thread."""
        if self._closed:
            return
        if self._loop is not None and self._thread is not None:
            await self._on_loop(self._close())
            self._closed = True
            self._loop.call_soon_threadsafe(self._loop.stop)
            for _ in range(1000):  # polled: to join in another thread would leave that one behind
                if not self._thread.is_alive():
                    self._loop.close()
                    break
                await asyncio.sleep(0.005)
        self._closed = True

    # ---- on the engine's loop ----------------------------------------------------------------

    async def _start(self, config: AnyConfig, refusal: Refusal) -> None:
        if isinstance(config, WriteConfig):
            await self._commands.remember(config)
        old = self._flows.get(config.name)
        self._refusals[config.name] = refusal  # also of one that goes on under a new supervisor
        if old is not None and old.config == config and old.stats().running:
            return
        if isinstance(config, WriteConfig):
            self._commands.check_subject(config)
        flow = self._make(config)
        # In its place before anything is awaited: of several starts at once the last one runs.
        self._flows[config.name] = flow
        self._ledger.begin(flow)
        if old is not None:
            await self._hand_over(old)
            await self._leave(old, 0.0)
        elif isinstance(flow, Flow):  # its bridge had another name before
            for one in self._others(flow):
                one.hand_over(flow)
        if self._flows.get(config.name) is flow:
            flow.start()

    def _make(self, config: AnyConfig) -> AnyFlow:
        if isinstance(config, FlowConfig):

            def beside() -> int:
                return sum(one.depth for one in self._others(flow))

            flow = Flow(config, self._shares, self._on_accepted, beside)
            return flow

        def refusal() -> str:
            return self._refusals.get(config.name, nobody_allows)()

        return self._commands.flow(config, refusal)

    async def _hand_over(self, old: AnyFlow) -> None:
        """Have the flow that runs by this name now publish what those before have not."""
        if not isinstance(old, Flow):
            return
        await old.end_reading()
        runs = self._flows.get(old.config.name)
        if isinstance(runs, Flow):
            for one in [*self._others(runs), old]:
                one.hand_over(runs)

    def _others(self, flow: Flow) -> list[Flow]:
        """Flows before it that have not sent everything yet, of its name or to a topic of its own.

        From any thread. A bridge that is renamed keeps its topic.
        """
        # Asked with each poll. While the broker is away, as many may be leaving as there are flows.
        marks = self._leaving_marks
        if not marks or not any(mark in marks for mark in flow.marks):
            return []
        return [
            one
            for one in list(self._leaving.values())
            if one is not flow and isinstance(one, Flow) and one.is_followed_by(flow)
        ]

    async def _stop(self, name: str, drain: float) -> int:
        flow = self._flows.get(name)
        if flow is None:
            return 0
        left = await self._leave(flow, drain)
        if self._flows.get(name) is flow:
            del self._flows[name]
            self._refusals.pop(name, None)
        return left

    async def _leave(self, flow: AnyFlow, drain: float) -> int:
        """Stop a flow; what it accepted and could not send yet goes on in the background."""
        task = asyncio.get_running_loop().create_task(self._see_off(flow))
        self._leaving[task] = flow
        if isinstance(flow, Flow):
            self._leaving_marks.update(flow.marks)
        task.add_done_callback(self._has_left)
        return await flow.stop(drain)

    def _has_left(self, task: asyncio.Task[None]) -> None:
        flow = self._leaving.pop(task, None)
        for mark in flow.marks if isinstance(flow, Flow) else ():
            if self._leaving_marks[mark] > 1:
                self._leaving_marks[mark] -= 1
            else:
                del self._leaving_marks[mark]

    async def _see_off(self, flow: AnyFlow) -> None:
        try:
            while await flow.stop(60.0):
                pass
        finally:
            await flow.close()
            self._ledger.end(flow)
            if isinstance(flow, Flow):
                await flow.release()
            else:
                await self._commands.release(flow)

    async def _close(self) -> None:
        await self._commands.aclose()
        leaving = dict(self._leaving)
        for flow in list(self._flows.values()):
            if flow not in leaving.values():
                await flow.close()
                self._count_dropped(flow)
        self._flows.clear()
        for task, flow in leaving.items():
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=0.5)
            self._count_dropped(flow)
        await self._shares.aclose()

    def _count_dropped(self, flow: AnyFlow) -> None:
        """Note what a flow that was closed had accepted and not got rid of."""
        if isinstance(flow, Flow) and flow.depth:
            self._dropped[flow.config.name] += flow.depth

    # ---- between loops -----------------------------------------------------------------------

    async def _on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._closed:
                work.close()
                raise FlowError("the engine is closed.")
            if self._loop is None:
                self._loop = new_loop()
                self._thread = threading.Thread(target=self._run, name="fsmv2-flows", daemon=True)
                self._thread.start()
            loop = self._loop
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))

    def _run(self) -> None:
        assert self._loop is not None  # noqa: S101  (`start` makes the loop before the thread)
        asyncio.set_event_loop(self._loop)
        self.loop_lag.start(self._loop)
        self._loop.run_forever()
        # A client that was closed has cancelled its tasks; they still have to hear of it.
        if left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(left, timeout=1.0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())


def _writing(flows: Iterable[AnyFlow]) -> list[WriteFlow]:
    return [flow for flow in flows if isinstance(flow, WriteFlow)]
