"""The children of a bridge: its connection, and a data flow for each section that moves data."""

from __future__ import annotations

from fsmv2 import ChildSpec
from fsmv2.builtin.bridge_sections import ReadSections
from fsmv2.builtin.connection import ConnectionSpec
from fsmv2.builtin.dataflow import DataFlowSpec

CONNECTION = "connection"
READ = "dfc_read"
WRITE = "dfc_write"


def children_of(sections: ReadSections, own: str, broker: str) -> tuple[ChildSpec, ...]:
    """The children that the sections mean.

    `own`: the path of the bridge. `broker`: that of the broker it publishes to, if that is a worker
    of the same tree.
    """
    children, needed = [], (broker,) if broker else ()
    if (device := sections.connection) is not None:
        needed = (f"{own}/{CONNECTION}", *needed)
        spec = ConnectionSpec(
            host=device.host, port=device.port, timeout=device.timeout, slow_ms=device.slow * 1000
        )
        children.append(
            ChildSpec(
                CONNECTION, "connection", spec, state_mapping={"stopped": "stopped", "*": "up"}
            )
        )
    for name, ends in ((READ, sections.read), (WRITE, sections.write)):
        if ends is not None:
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
