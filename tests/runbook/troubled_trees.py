"""Every kind of trouble that the runbook has a page for, as a tree that is in it."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from broker_with_users import broker_with_users
from flow_kit import Simulator
from silent_server import unreachable
from troubled_tree import TroubledTree, in_trouble

from free_ports import free_port

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
        failed = "fsmv2 metrics | grep 'restart_failures_total.*process'"
        tree.until_more(5, failed)
        tree.until("condition Recovers", "fsmv2 why edge/recipes")
        tree.fires("EscalationActive", "WorkerInTrouble", "RestartFailures")
        yield tree


@contextlib.contextmanager
def device_gone() -> Iterator[TroubledTree]:
    """A device that was read and is gone, until it is switched on again."""
    port = free_port()
    document = HEAD + PLC + CAPPER.replace(ADDRESS, str(port))
    simulator = Simulator(port)
    simulator.start()
    try:
        with in_trouble(document, {str(port): ADDRESS}) as tree:
            tree.steps["switched-on"] = simulator.start
            tree.until("edge/capper", "fsmv2 status --state active -o name")
            simulator.end()
            tree.until("degraded_connection", "fsmv2 why edge/capper")
            tree.fires("WorkerInTrouble")
            yield tree
    finally:
        simulator.end()


@contextlib.contextmanager
def circuit_open() -> Iterator[TroubledTree]:
    """A broker that lets fsmv2 in, and does not allow it all that a flow needs."""
    with tempfile.TemporaryDirectory() as folder, broker_with_users(Path(folder)) as broker:
        broker.allow("$JS.API.INFO", "$JS.API.STREAM.INFO.>")
        url = f"nats://127.0.0.1:{broker.port}"
        document = f'{SOON}broker: {{url: "{url}", user: line, password: secret}}\n{FILLER}'
        with in_trouble(document, {str(broker.port): "4222"}) as tree:
            healthy = tree.run("fsmv2 metrics")
            tree.steps["repaired"] = lambda: broker.allow(">")
            tree.until("condition Recovers", "fsmv2 why edge/filler/dfc_read")
            tree.fires("CircuitOpen", "EscalationActive")
            tree.fires("InfrastructureFailsOften", before=healthy, goes_on=True)
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
            tree.fires("EscalationActive")
            yield tree


@contextlib.contextmanager
def bridge_never_starts() -> Iterator[TroubledTree]:
    """A bridge whose broker never answers; each of its starts takes fifteen seconds."""
    with in_trouble(SOON + NO_BROKER + FILLER) as tree:
        tree.steps["taken"] = nothing
        tree.until("condition Recovers", "fsmv2 why edge/filler")
        tree.fires("EscalationActive")
        yield tree


@contextlib.contextmanager
def silent_connection() -> Iterator[TroubledTree]:
    """A device that answers nothing, and looks at it that are given less time than they take."""
    port = free_port()
    document = AGENT + SILENT_SOON + PLC + CAPPER.replace(ADDRESS, str(port))
    simulator = Simulator(port)
    with contextlib.ExitStack() as stack:
        dropped = stack.enter_context(contextlib.ExitStack())
        dropped.enter_context(unreachable(port))
        tree = stack.enter_context(in_trouble(document, {str(port): ADDRESS}))

        def repaired() -> None:
            dropped.close()
            simulator.start()

        tree.steps["repaired"] = repaired
        tree.until("condition Recovers", "fsmv2 why edge/capper/connection")
        tree.fires("StaleObservations", "EscalationActive")
        try:
            yield tree
        finally:
            simulator.end()


TREES: dict[str, Callable[[], AbstractContextManager[TroubledTree]]] = {
    "crash-loop": crash_loop,
    "device-gone": device_gone,
    "circuit-open": circuit_open,
    "broker-port-taken": broker_port_taken,
    "bridge-never-starts": bridge_never_starts,
    "silent-connection": silent_connection,
}
QUICK = {"changed-by-hand", "device-gone", "never-converges", "stopped", "stops-hang"}
"""Trees that are tried each time; the others take longer to get into their trouble."""
