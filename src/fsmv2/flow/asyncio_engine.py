"""The engine that ships: all flows on one asyncio loop in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from fsmv2.errors import FlowError
from fsmv2.flow.commands.command_flow import WriteFlow
from fsmv2.flow.commands.refusing import RefusingListener
from fsmv2.flow.commands.seen import SeenCommands
from fsmv2.flow.commands.write_config import CommandInput, ModbusOutput, WriteConfig
from fsmv2.flow.engine import AnyConfig, OnAccepted, Refusal, nobody_allows
from fsmv2.flow.flow import Flow
from fsmv2.flow.flow_config import FlowConfig, ModbusInput, UnsOutput
from fsmv2.flow.inputs.modbus.modbus_connection import DeviceStatus
from fsmv2.flow.inputs.modbus.shared import SharedConnections, Use
from fsmv2.flow.outputs.uns.login import Login
from fsmv2.flow.outputs.uns.nats_connection import UnsConnection
from fsmv2.flow.stats import FlowStats
from fsmv2.host import new_loop

T = TypeVar("T")

LONGEST_NAME = 150
"""Characters of a flow's name that stand in the name of its file; file systems take 255."""
AnyFlow = Flow | WriteFlow


def memory_file(name: str, folder: str) -> Path | None:
    """Where the flow of this name keeps the ids of its commands; None: it does not."""
    if not folder:
        return None
    safe = quote(name, safe="")
    if len(safe) > LONGEST_NAME:
        digest = hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
        safe = f"{safe[:LONGEST_NAME]}-{digest}"
    return Path(folder) / f"{safe}.jsonl"


def _overlap(one: WriteConfig, other: WriteConfig) -> bool:
    """Whether some commands are for both."""
    first, second = f"{one.input.subject}.", f"{other.input.subject}."
    return first.startswith(second) or second.startswith(first)


class AsyncioEngine:
    """Runs flows by name; several engines in one process do not share anything.

    `on_accepted` is called with subject and payload of every accepted sample, on the engine's loop.
    """

    def __init__(self, *, on_accepted: OnAccepted | None = None) -> None:
        self._on_accepted = on_accepted
        self._flows: dict[str, AnyFlow] = {}
        self._refusals: dict[str, Refusal] = {}
        self._seen: dict[tuple[str, str], asyncio.Future[SeenCommands]] = {}
        self._rewriting: set[asyncio.Task[None]] = set()
        self._leaving: dict[asyncio.Task[None], AnyFlow] = {}
        self._dropped: Counter[str] = Counter()
        self._connections: dict[tuple[str, str, str, Login, bool], UnsConnection] = {}
        self._parting: set[UnsConnection] = set()
        self._refusing: list[RefusingListener] = []
        self._devices = SharedConnections()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
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
        """Inside, commands are refused with the reason as long as nobody executes them."""
        listener = await self._on_loop(self._refuse(config))
        try:
            yield listener
        finally:
            with contextlib.suppress(FlowError):  # the engine was closed, and it with it
                await self._on_loop(self._refuse_no_more(listener))

    def stats(self, name: str) -> FlowStats | None:
        """The figures of a flow, from any thread; None: there is no such flow."""
        flow = self._flows.get(name)
        return flow.stats() if flow is not None else None

    def config(self, name: str) -> AnyConfig | None:
        """The config a flow runs with, from any thread; None: there is no such flow."""
        flow = self._flows.get(name)
        return flow.config if flow is not None else None

    def refusal(self, name: str) -> Refusal | None:
        """What a flow asks before it writes, from any thread; None: there is no such flow."""
        return self._refusals.get(name) if name in self._flows else None

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many accepted samples of which flow the closing of the engine left unsent."""
        return dict(self._dropped)

    def device(self, host: str, port: int) -> DeviceStatus | None:
        """What the flows' shared connection to an address knows of it, from any thread."""
        return self._devices.status(host, port)

    def write_again(self) -> None:
        """Write again what outlives the process: its directory was lost. From any thread."""
        with self._lock:
            loop = None if self._closed else self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it ends just now
                loop.call_soon_threadsafe(self._write_seen_again)

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
            await self._remember(config)
        old = self._flows.get(config.name)
        self._refusals[config.name] = refusal  # also of one that goes on under a new supervisor
        if old is not None and old.config == config and old.stats().running:
            return
        if isinstance(config, WriteConfig):
            self._check_subject(config)
        flow = self._make(config)
        for connection in flow.connections:
            connection.users += 1
        # In its place before anything is awaited: of several starts at once the last one runs.
        self._flows[config.name] = flow
        if old is not None:
            await self._leave(old, 0.0)
        if self._flows.get(config.name) is flow:
            flow.start()

    def _write_seen_again(self) -> None:
        for reading in self._seen.values():
            if reading.done() and not reading.cancelled() and reading.exception() is None:
                task = asyncio.ensure_future(reading.result().write_again())
                self._rewriting.add(task)
                task.add_done_callback(self._rewriting.discard)

    def _make(self, config: AnyConfig) -> AnyFlow:
        if isinstance(config, FlowConfig):
            connection = self._connect(config.output)
            return Flow(config, connection, self._use(config.name, config.input), self._on_accepted)
        # Commands come on a connection of their own: a flood of them would hold up the
        # acknowledgements of samples, and of answers, which come on the other.
        heard, connection = self._connect(config.input, hears=True), self._connect(config.input)
        seen = self._seen[config.name, config.input.memory].result()

        def refusal() -> str:
            return self._refusals.get(config.name, nobody_allows)()

        device = self._use(config.name, config.output)
        return WriteFlow(config, heard, connection, device, seen, refusal, self._hand_over)

    def _use(self, name: str, of: ModbusInput | ModbusOutput) -> Use:
        """A part in the connection to the device."""
        return self._devices.use(of.host, of.port, user=name, unit=of.unit, gap=of.request_gap)

    async def _remember(self, config: WriteConfig) -> None:
        """Read which commands a flow of this name has executed; FlowError: they cannot be kept.

        In a thread, as the disk may take its time. Of several starts at once all wait for one
        reading, and go on in the order in which they were asked for.
        """
        key = (config.name, config.input.memory)
        if key not in self._seen:
            reading = asyncio.to_thread(SeenCommands, memory_file(*key))
            self._seen[key] = asyncio.ensure_future(reading)
        try:
            await asyncio.shield(self._seen[key])
        except OSError as error:
            self._seen.pop(key, None)  # the next start tries again
            raise FlowError(
                f"the ids of commands cannot be kept in {config.input.memory}: {error.strerror}.",
                fix="Let the user that fsmv2 runs as write there.",
            ) from None

    def _check_subject(self, config: WriteConfig) -> None:
        """Two flows that hear the same commands would refuse each other's."""
        for name, flow in self._flows.items():
            if name == config.name or not isinstance(flow, WriteFlow):
                continue
            if _overlap(flow.config, config):
                raise FlowError(
                    f"commands on {config.input.subject} are heard by {name} already, "
                    f"on {flow.config.input.subject}.",
                    fix="Give one of the two another location, or a `subject:` of its own.",
                )

    async def _refuse(self, config: WriteConfig) -> RefusingListener:
        async def remember() -> SeenCommands:
            await self._remember(config)
            return self._seen[config.name, config.input.memory].result()

        def taken() -> bool:
            return any(
                isinstance(flow, WriteFlow) and flow.hearing and _overlap(flow.config, config)
                for flow in (*self._flows.values(), *self._leaving.values())
            )

        heard, connection = self._connect(config.input, hears=True), self._connect(config.input)
        listener = RefusingListener(config, heard, connection, remember, taken)
        for used in listener.connections:
            used.users += 1
        self._refusing.append(listener)
        listener.start()
        return listener

    async def _refuse_no_more(self, listener: RefusingListener) -> None:
        if listener in self._refusing:
            self._refusing.remove(listener)
            await listener.close()
            for used in listener.connections:
                await self._let_go(used)

    async def _hand_over(self, config: WriteConfig) -> None:
        """A write flow has begun to hear, or is about to end: who refuses goes, or comes."""
        for listener in list(self._refusing):
            if _overlap(listener.config, config):
                await listener.settle()

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
        task.add_done_callback(lambda done: self._leaving.pop(done, None))
        return await flow.stop(drain)

    async def _see_off(self, flow: AnyFlow) -> None:
        try:
            while await flow.stop(60.0):
                pass
        finally:
            await flow.close()
            for connection in flow.connections:
                await self._let_go(connection)

    async def _let_go(self, connection: UnsConnection) -> None:
        connection.users -= 1
        if connection.users == 0:
            for key, known in list(self._connections.items()):
                if known is connection:
                    del self._connections[key]
            self._parting.add(connection)
            await connection.aclose()
            self._parting.discard(connection)

    def _connect(self, to: UnsOutput | CommandInput, *, hears: bool = False) -> UnsConnection:
        to_whom = (to.url, to.stream, to.server, to.login)
        key = (*to_whom, hears)
        if key not in self._connections:
            self._connections[key] = UnsConnection(*to_whom)
        return self._connections[key]

    async def _close(self) -> None:
        for listener in list(self._refusing):
            await self._refuse_no_more(listener)
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
        for connection in [*self._connections.values(), *self._parting]:
            await connection.aclose()
        self._connections.clear()

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
        assert self._loop is not None  # noqa: S101  (made before the thread)
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        # A client that was closed has cancelled its tasks; they still have to hear of it.
        if left := asyncio.all_tasks(self._loop):
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.wait(left, timeout=1.0))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
