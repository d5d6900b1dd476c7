"""All built-in types in one factory, with the engine that their data flows share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, MutableMapping

import msgspec

from fsmv2 import WorkerFactory
from fsmv2.builtin.agent import Agent
from fsmv2.builtin.bridge import Bridge
from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.builtin.broker.broker_worker import Broker
from fsmv2.builtin.connection import Connection
from fsmv2.builtin.dataflow import DataFlow
from fsmv2.builtin.process import Process
from fsmv2.builtin.process.orphans import OrphansAtStart
from fsmv2.flow import AsyncioEngine, Engine, OnAccepted


class Builtins(msgspec.Struct, frozen=True):
    """What a runtime of a plant needs: the worker types, and the engine they share."""

    factory: WorkerFactory
    """All built-in types, registered."""
    engine: AsyncioEngine
    """Runs the data flows."""


def register_builtins(
    factory: WorkerFactory,
    engine: Engine,
    ready: MutableMapping[str, BridgeSections] | None = None,
    orphans: OrphansAtStart | None = None,
) -> None:
    """Register all built-in types; data flows run on `engine`, and connections ask it.

    `ready`: what was rendered and decoded for bridges while their document was read, by name.
    `orphans`: processes that run and are no longer declared, as far as is known.
    """
    found = orphans if orphans is not None else OrphansAtStart()
    factory.register(Agent, make=lambda: Agent(found))
    factory.register(Broker)
    factory.register(Bridge, make=lambda: Bridge(ready))
    factory.register_alias("protocolConverter", "bridge")
    factory.register(Connection, make=lambda: Connection(engine))
    factory.register(Process, make=lambda: Process(found))
    factory.register(DataFlow, make=lambda: DataFlow(engine))


@contextlib.asynccontextmanager
async def builtins(
    *,
    on_accepted: OnAccepted | None = None,
    ready: MutableMapping[str, BridgeSections] | None = None,
    orphans: OrphansAtStart | None = None,
) -> AsyncIterator[Builtins]:
    """The built-in types with an engine of their own, closed at the end.

    `on_accepted` is called with subject and payload of every accepted sample. `ready`,
    `orphans`: see `register_builtins`.
    """
    engine = AsyncioEngine(on_accepted=on_accepted)
    factory = WorkerFactory()
    register_builtins(factory, engine, ready, orphans)
    try:
        yield Builtins(factory, engine)
    finally:
        await engine.aclose()
