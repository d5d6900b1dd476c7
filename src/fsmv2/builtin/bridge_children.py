"""The children of a bridge: its connection, and a data flow for each section that moves data."""

from __future__ import annotations

from typing import Any

from fsmv2 import ChildSpec
from fsmv2.builtin.connection import ConnectionSpec
from fsmv2.builtin.dataflow import DataFlowSpec
from fsmv2.flow import FlowPlace, read_device, read_flow, write_flow

CONNECTION = "connection"
READ = "dfc_read"
WRITE = "dfc_write"


def children_of(
    connection: Any, read: Any, write: Any, own: str, broker: str, place: FlowPlace
) -> tuple[ChildSpec, ...]:
    """The children for the rendered sections; SpecError names what does not fit in them.

    `own`: the path of the bridge. `broker`: that of the broker it publishes to, if that is a worker
    of the same tree.
    """
    children, needed = [], (broker,) if broker else ()
    if connection is not None:
        needed = (f"{own}/{CONNECTION}", *needed)
        children.append(
            ChildSpec(
                CONNECTION,
                "connection",
                _connection(connection),
                state_mapping={"stopped": "stopped", "*": "up"},
            )
        )
    for name, section, configs in ((READ, read, read_flow), (WRITE, write, write_flow)):
        if section is None:
            continue
        ends = configs(section, place)
        children.append(
            ChildSpec(
                name,
                "dataflow",
                DataFlowSpec(input=ends.input, output=ends.output),
                state_mapping={
                    "stopped": "stopped",
                    "stopping": "stopped",
                    "starting_connection": "stopped",
                    "starting_broker": "stopped",
                    "*": "active",
                },
                depends_on=needed,
            )
        )
    return tuple(children)


def _connection(rendered: Any) -> ConnectionSpec:
    device = read_device(rendered)
    return ConnectionSpec(
        host=device.host, port=device.port, timeout=device.timeout, slow_ms=device.slow * 1000
    )
