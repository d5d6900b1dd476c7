"""Every kind of trouble that the runbook has a page for, as a tree that is in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest
from flow_kit import Simulator
from troubled_tree import TroubledTree, in_trouble

from free_ports import free_port
from fsmv2 import Resources
from fsmv2.builtin import bridge
from fsmv2.builtin.connection import Connection, ConnectionObserved, ConnectionSpec, History
from fsmv2.flow import AsyncioEngine, FlowStats

AGENT = "agent: {name: edge, location: {enterprise: acme, site: cologne}}\n"
HEAD = AGENT + "engine: {backoff_base: 100ms, backoff_cap: 1s}\n"
SOON = AGENT + "engine: {backoff_base: 100ms, backoff_cap: 1s, escalate_at: 2, warn_at: 1}\n"
"""An agent that calls for help at the second failure; where each takes long."""
NO_BROKER = 'broker: {url: "nats://127.0.0.1:1"}\n'
"""For trees to which no broker belongs: nothing listens there."""
SILENT_SOON = """\
engine:
  {backoff_base: 100ms, backoff_cap: 1s, escalate_at: 2, warn_at: 1, stale_after: 1s,
   collection_restarts: 1, types: {connection: {interval: 200ms, observe_timeout: 300ms}}}
"""
"""An agent that takes a worker for silent, and calls for help, after seconds."""
PLC = """\
templates:
  plc:
    connection: {host: "{{ .IP }}", port: "{{ .PORT }}"}
    read:
      input:
        modbus:
          address: "{{ .IP }}:{{ .PORT }}"
          every: 500ms
          registers:
            - {name: temperature, address: 0, type: int16, scale: 0.1, unit: °C}
"""
CAPPER = """\
bridges:
  - name: capper
    template: plc
    location: {area: packaging, line: line-1, cell: capper}
    variables: {IP: 127.0.0.1, PORT: 15021}
"""
FILLER = """\
bridges:
  - name: filler
    location: {area: packaging, line: line-1, cell: filler}
    read: {input: {generate: {every: 500ms, tags: [{name: pieces, curve: counter}]}}}
"""
ADDRESS = "15021"
"""The port of the device, on the pages."""


def nothing() -> None:
    """What changes the tree is in the block itself."""


@contextlib.contextmanager
def crash_loop() -> Iterator[TroubledTree]:
    """A process that ends again and again."""
    recipes = 'processes:\n  recipes:\n    command: [sh, -c, "test -e database || '
    recipes += '{ echo recipe server: no database >&2; exit 3; }; exec sleep 1000"]\n'
    with in_trouble(HEAD + recipes) as tree:
        tree.steps["taken"] = nothing
        tree.steps["repaired"] = (tree.folder / "database").touch
        tree.until("condition Recovers", "fsmv2 why edge/recipes")
        yield tree


@contextlib.contextmanager
def device_gone() -> Iterator[TroubledTree]:
    """A device that is not reachable, until it is switched on."""
    port = free_port()
    document = HEAD + PLC + CAPPER.replace(ADDRESS, str(port))
    simulator = Simulator(port)
    with (
        pytest.MonkeyPatch.context() as patch,
        in_trouble(document, {str(port): ADDRESS}) as tree,
    ):
        patch.setattr(bridge, "START_PATIENCE", 1.0)  # then it stays as it is
        tree.until("starting_failed", "fsmv2 why edge/capper")
        tree.until("active", "fsmv2 status edge/broker")
        tree.steps["switched-on"] = simulator.start
        try:
            yield tree
        finally:
            simulator.end()


@contextlib.contextmanager
def circuit_open() -> Iterator[TroubledTree]:
    """A broker that lets a look in and no flow, as one does at its limit of connections."""
    refused = [True]
    stats = AsyncioEngine.stats

    def at_the_limit(engine: AsyncioEngine, name: str) -> FlowStats | None:
        found = stats(engine, name)
        if found is None or not refused:
            return found
        error = "maximum connections exceeded"
        return msgspec.structs.replace(found, output_connected=False, output_error=error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AsyncioEngine, "stats", at_the_limit)
        with in_trouble(SOON + FILLER) as tree:
            tree.steps["repaired"] = refused.clear
            tree.until("condition Recovers", "fsmv2 why edge/filler/dfc_read")
            yield tree


@contextlib.contextmanager
def broker_port_taken() -> Iterator[TroubledTree]:
    """A broker that cannot start, since another program listens on its port."""
    port = free_port()
    name = Path("/proc/self/comm").read_text().strip()
    with socket.create_server(("127.0.0.1", port)) as other:
        document = f"{SOON}broker: {{port: {port}}}\n{FILLER}"
        holder = {f"pid {os.getpid()} ({name})": "pid 812 (mosquitto)"}
        with in_trouble(document, {**holder, str(port): "4222"}) as tree:
            tree.steps["freed"] = other.close
            tree.until("condition Recovers", "fsmv2 why edge/broker")
            yield tree


@contextlib.contextmanager
def bridge_never_starts() -> Iterator[TroubledTree]:
    """A bridge whose broker never answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bridge, "START_PATIENCE", 1.0)
        with in_trouble(SOON + NO_BROKER + FILLER) as tree:
            tree.steps["taken"] = nothing
            tree.until("condition Recovers", "fsmv2 why edge/filler")
            yield tree


@contextlib.contextmanager
def silent_connection() -> Iterator[TroubledTree]:
    """A connection that cannot be looked at: each look hangs."""
    seen = [False]
    probed = Connection._probed

    async def hangs(
        worker: Connection, spec: ConnectionSpec, resources: Resources[History]
    ) -> ConnectionObserved:
        while not seen[0]:  # noqa: ASYNC110  (it is set by another thread)
            await asyncio.sleep(0.05)
        return await probed(worker, spec, resources)

    port = free_port()
    simulator = Simulator(port)
    document = AGENT + SILENT_SOON + PLC + CAPPER.replace(ADDRESS, str(port))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "_probed", hangs)
        patch.setattr(bridge, "START_PATIENCE", 1000.0)  # then no flow finds out instead
        with in_trouble(document, {str(port): ADDRESS}) as tree:

            def repaired() -> None:
                simulator.start()
                seen[0] = True

            tree.steps["repaired"] = repaired
            tree.until("condition Recovers", "fsmv2 why edge/capper/connection")
            try:
                yield tree
            finally:
                seen[0] = True
                simulator.end()


TREES: dict[str, Callable[[], AbstractContextManager[TroubledTree]]] = {
    "crash-loop": crash_loop,
    "device-gone": device_gone,
    "circuit-open": circuit_open,
    "broker-port-taken": broker_port_taken,
    "bridge-never-starts": bridge_never_starts,
    "silent-connection": silent_connection,
}
QUICK = {"bridge-never-starts", "changed-by-hand", "device-gone", "never-converges", "stopped"}
"""Trees that are tried each time; the others take longer to get into their trouble."""
