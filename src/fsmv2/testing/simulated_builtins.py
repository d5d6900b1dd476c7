"""The built-in worker types in simulated surroundings: their derive, steps and checks are the real
ones, and so is what a data flow makes of its engine; only what they look at and act on is not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fsmv2.builtin import Agent, Bridge, Broker, Connection, DataFlow, Process
from fsmv2.builtin.agent import AgentObserved, AgentSpec
from fsmv2.builtin.broker.broker_status import BrokerObserved
from fsmv2.builtin.broker.broker_worker import BrokerSpec
from fsmv2.builtin.connection import ConnectionObserved, ConnectionSpec, History
from fsmv2.builtin.process import ProcessSpec
from fsmv2.builtin.process.process_worker import ProcessObserved
from fsmv2.core.state.paths import encode
from fsmv2.testing.plant_surroundings import (
    AS_ASKED,
    KILLED,
    PlantSurroundings,
    SimulatedEngine,
    now,
)
from fsmv2.worker import Resources, WorkerFactory

LOOK = 0.003
"""Seconds that a look at something that answers takes."""


class SimulatedAgent(Agent):
    """Looks for simulated processes that no document declares any more."""

    def __init__(self, around: PlantSurroundings) -> None:
        self._around = around

    async def collect_observed_state(
        self, spec: AgentSpec, resources: Resources[None]
    ) -> AgentObserved:
        """As the real one."""
        own, around = resources.path, self._around
        declared = {f"{own}/{encode(entry.name)}" for entry in spec.processes}
        return AgentObserved(
            orphans=tuple(
                path
                for path, (kind, thing) in sorted(around.about.items())
                if kind == "process" and thing in around.running and path not in declared
            )
        )

    async def end_orphans(
        self, spec: AgentSpec, resources: Resources[None], paths: tuple[str, ...]
    ) -> None:
        """As the real one."""
        for path in (await self.collect_observed_state(spec, resources)).orphans:
            if path in paths:
                await self._around.stop(self._around.about[path][1])


class SimulatedConnection(Connection):
    """Looks at a simulated device."""

    def __init__(self, around: PlantSurroundings) -> None:
        self._around = around

    async def collect_observed_state(
        self, spec: ConnectionSpec, resources: Resources[History]
    ) -> ConnectionObserved:
        """As the real one, without a socket."""
        address, around = f"{spec.host}:{spec.port}", self._around
        around.about[resources.path] = ("device", address)
        await asyncio.sleep(spec.timeout if around.suffers("silent", address) else LOOK)
        error = around.problem_of_device(address)
        return ConnectionObserved(
            reachable=not error,
            error=error,
            changes=resources.value.add(not error, now()),
            slow=not error and around.suffers("slow", address),
        )


class SimulatedBroker(Broker):
    """Starts, stops and asks a simulated server."""

    def __init__(self, around: PlantSurroundings) -> None:
        self._around = around

    async def collect_observed_state(
        self, spec: BrokerSpec, resources: Resources[None]
    ) -> BrokerObserved:
        """As the real one, without a server."""
        url, around = spec.address, self._around
        around.about[resources.path] = ("broker", url)
        hangs = around.suffers("hangs", url)
        await asyncio.sleep(1.0 if hangs else LOOK)
        if not spec.embedded:
            status = "unresponsive" if hangs else "ready"
            return BrokerObserved(status=status, reason=f"{url} hangs" if hangs else "")
        around.embedded.add(url)
        server = around.running.get(url)
        if server is None:
            return BrokerObserved(status="absent", reason=around.ended.get(url, "none runs"))
        status = "starting" if server.ready_at > now() else "ready"
        if hangs and status == "ready":
            status = "unresponsive"
        return BrokerObserved(
            status=status,
            reason="" if status == "ready" else f"{url} is {status}",
            pid=server.pid,
            port=spec.port,
            mqtt_port=spec.mqtt_port,
            started_at=server.started_at,
        )

    async def start_server(self, spec: BrokerSpec, resources: Resources[None]) -> None:
        """As the real one; ends a server that hangs, and waits until the new one is ready."""
        url, around = spec.address, self._around
        if around.suffers("hangs", url):
            await around.stop(url)
            around.until.pop(("hangs", url), None)
        digest = f"{spec.state_dir} {spec.port} {spec.mqtt_port}"
        server = await around.start(url, digest, fails="taken")
        await asyncio.sleep(max(0.0, server.ready_at - now()))

    async def stop_server(self, spec: BrokerSpec, resources: Resources[None]) -> None:
        """As the real one."""
        await self._around.stop(spec.address)


class SimulatedProcess(Process):
    """Starts, stops and looks at a simulated process."""

    def __init__(self, around: PlantSurroundings) -> None:
        self._around = around

    @contextlib.asynccontextmanager
    async def resources(self, spec: ProcessSpec) -> AsyncIterator[Any]:
        """There is no output to follow."""
        yield None

    async def collect_observed_state(
        self, spec: ProcessSpec, resources: Resources[Any]
    ) -> ProcessObserved:
        """As the real one, without a process."""
        thing, around = resources.config.directory, self._around
        around.about[resources.path] = ("process", thing)
        await asyncio.sleep(LOOK)
        found = around.running.get(thing)
        if found is None:
            ended = around.ended.get(thing, "")
            return ProcessObserved(
                ended=ended,
                asked=ended == AS_ASKED,
                killed_by="SIGKILL" if ended == KILLED else "",
            )
        lacks = "it has just been started" if found.ready_at > now() else ""
        if around.suffers("not ready", thing):
            lacks = "its port does not answer"
        return ProcessObserved(
            pid=found.pid,
            running=True,
            kept=thing not in around.unkept,
            ready=not lacks,
            missing=lacks,
        )

    async def start_process(self, spec: ProcessSpec, resources: Resources[Any]) -> None:
        """As the real one."""
        config = resources.config
        await self._around.start(config.directory, config.digest, fails="cannot start")

    async def keep_process(self, spec: ProcessSpec, resources: Resources[Any]) -> None:
        """As the real one."""
        await asyncio.sleep(0.1)
        self._around.unkept.discard(resources.config.directory)

    async def stop_process(self, spec: ProcessSpec, resources: Resources[Any]) -> None:
        """As the real one."""
        await self._around.stop(resources.config.directory)


def register_simulated(factory: WorkerFactory, around: PlantSurroundings) -> None:
    """Register all built-in types, in these surroundings; beside types of your own, say."""
    factory.register(Agent, make=lambda: SimulatedAgent(around))
    factory.register(Bridge)
    factory.register_alias("protocolConverter", "bridge")
    factory.register(Broker, make=lambda: SimulatedBroker(around))
    factory.register(Connection, make=lambda: SimulatedConnection(around))
    factory.register(Process, make=lambda: SimulatedProcess(around))
    engine = SimulatedEngine(around)
    factory.register(DataFlow, make=lambda: DataFlow(engine))
