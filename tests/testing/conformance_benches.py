"""Benches with a world: real processes and sockets for built-in workers, and a sound toy."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, ClassVar

import msgspec
from builtin_benches import AGENT, BRIDGE, BROKER, READS

from fsmv2 import (
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.builtin import Agent, Bridge, Broker, Connection, DataFlow, Process, ProcessSpec
from fsmv2.builtin.broker.broker_worker import BrokerSpec
from fsmv2.builtin.broker.server import stop
from fsmv2.builtin.connection import ConnectionSpec
from fsmv2.builtin.dataflow import DataFlowObserved
from fsmv2.flow import AsyncioEngine
from fsmv2.testing import Conformance, FsmBench


class ProcessConformance(Conformance):
    """A real process."""

    worker = Process

    def __init__(self) -> None:
        self.directory = tempfile.mkdtemp()

    def specs(self) -> Iterable[UserSpec]:
        return [ProcessSpec(command=("sleep", "60"), state_dir=self.directory, grace=2.0)]

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)


class ConnectionConformance(Conformance):
    """A real socket that listens."""

    worker = Connection

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]

    def specs(self) -> Iterable[UserSpec]:
        return [ConnectionSpec(host="127.0.0.1", port=self.port)]

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", self.port)
        try:
            yield
        finally:
            server.close()


class BrokerConformance(Conformance):
    """A real nats-server, which outlives the worker that started it."""

    worker = Broker

    def __init__(self) -> None:
        self.directory = tempfile.mkdtemp()
        with (
            socket.create_server(("127.0.0.1", 0)) as one,
            socket.create_server(("127.0.0.1", 0)) as other,
        ):
            ports = one.getsockname()[1], other.getsockname()[1]
        self.spec = BrokerSpec(state_dir=self.directory, port=ports[0], mqtt_port=ports[1])

    def specs(self) -> Iterable[UserSpec]:
        return [self.spec]

    def bench(self) -> FsmBench:
        return msgspec.structs.replace(BROKER, specs=(self.spec,))

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await stop(self.spec.config, grace=2.0)
            shutil.rmtree(self.directory, ignore_errors=True)


class BridgeConformance(Conformance):
    """Acts on nothing itself; what it sees are its children, which the bench gives."""

    worker = Bridge

    def bench(self) -> FsmBench:
        return BRIDGE

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        yield


class AgentConformance(BridgeConformance):
    """The same; what a process left behind that is declared no more is ended, were there any."""

    worker = Agent

    def arguments(self, action: str) -> Mapping[str, Any]:
        return {"paths": ("checked/gone",)}

    def bench(self) -> FsmBench:
        return AGENT


class DataFlowConformance(Conformance):
    """A real engine, on which flows outlive the worker that started them; no device answers."""

    worker = DataFlow
    engine: AsyncioEngine | None = None

    def specs(self) -> Iterable[UserSpec]:
        return [READS]

    def same(self, first: ObservedState, again: ObservedState) -> bool:
        # What each end says of its attempts to connect changes by itself.
        assert isinstance(first, DataFlowObserved)
        assert isinstance(again, DataFlowObserved)
        return (first.running, first.current) == (again.running, again.current)

    def make(self) -> DataFlow:
        return DataFlow(self.engine or AsyncioEngine())

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        self.engine = AsyncioEngine()
        try:
            yield
        finally:
            await self.engine.aclose()


class LampSpec(UserSpec):
    colour: str = "red"


class LampSeen(ObservedState):
    lit: bool = False
    times: int = 0


Snap = Snapshot[LampSpec, LampSeen]


class Lamp(Worker[LampSpec, LampSeen]):
    """Sound; the faulty ones each spoil one thing of it."""

    room: ClassVar[dict[str, Any]] = {}

    async def collect_observed_state(self, spec: LampSpec, resources: Resources[None]) -> LampSeen:
        await asyncio.sleep(0)
        return LampSeen(**self.room)

    @action()
    async def light(self, spec: LampSpec, resources: Resources[None]) -> None:
        await asyncio.sleep(0)
        self.room["lit"] = True

    @state("stopped", to="dark")
    def stopped(self, s: Snap) -> Step:
        return stay("asked to be stopped") if s.should_stop else goto(self.dark, "starts")

    @state("starting", to="on stopped")
    def dark(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return goto(self.on, "lit") if s.observed.lit else act(self.light, "dark")

    @state("running", to="dark stopped")
    def on(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("lit") if s.observed.lit else goto(self.dark, "went dark")


def in_a_room(given: type[Lamp], spec: LampSpec | None = None) -> Conformance:
    """A bench for a lamp in a room that is dark at first."""

    class Room(Conformance):
        worker = given

        def specs(self) -> Iterable[UserSpec]:
            return () if spec is None else (spec,)

        @contextlib.asynccontextmanager
        async def world(self) -> AsyncIterator[None]:
            given.room.clear()
            yield

    return Room()
