"""The children of a bridge: its connection, and a data flow for each section that moves data."""

from __future__ import annotations

from typing import Any

from fsmv2 import ChildSpec
from fsmv2.builtin.dataflow import DataFlowSpec
from fsmv2.builtin.sections import connection_from, dataflow_from, writing_from
from fsmv2.flow import Login

CONNECTION = "connection"
READ = "dfc_read"
WRITE = "dfc_write"


def children_of(
    connection: Any,
    read: Any,
    write: Any,
    own: str,
    location_path: str,
    broker: str,
    broker_url: str,
    broker_server: str,
    broker_login: Login,
    memory: str,
) -> tuple[ChildSpec, ...]:
    """The children for the rendered sections; SpecError names what does not fit in them."""
    up = ChildSpec(
        CONNECTION,
        "connection",
        connection_from(connection),
        state_mapping={"stopped": "stopped", "*": "up"},
    )
    specs: list[tuple[str, DataFlowSpec]] = []
    if read is not None:
        spec = dataflow_from(
            read,
            location_path=location_path,
            broker_url=broker_url,
            broker_server=broker_server,
            broker_login=broker_login,
        )
        specs.append((READ, spec))
    if write is not None:
        spec = writing_from(
            write,
            location_path=location_path,
            broker_url=broker_url,
            broker_server=broker_server,
            broker_login=broker_login,
            memory=memory,
        )
        specs.append((WRITE, spec))
    flows = [
        ChildSpec(
            name,
            "dataflow",
            spec,
            state_mapping={
                "stopped": "stopped",
                "stopping": "stopped",
                "starting_connection": "stopped",
                "starting_broker": "stopped",
                "*": "active",
            },
            depends_on=(f"{own}/{CONNECTION}", *((broker,) if broker else ())),
        )
        for name, spec in specs
    ]
    return (up, *flows)
