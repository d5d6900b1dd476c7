"""What an exhaustive check tries the built-in workers with."""

from __future__ import annotations

import functools

import pytest

from fsmv2 import ChildStatus, Phase
from fsmv2.builtin import Agent, Bridge, Broker, Connection, DataFlow, Process, ProcessSpec
from fsmv2.builtin.bridge import BridgeSpec
from fsmv2.builtin.broker.broker_worker import BrokerSpec
from fsmv2.builtin.connection import ConnectionSpec
from fsmv2.builtin.dataflow import DataFlowSpec
from fsmv2.flow import (
    AsyncioEngine,
    CommandInput,
    ModbusInput,
    ModbusOutput,
    Register,
    UnsOutput,
    WriteRegister,
)
from fsmv2.testing import FsmBench, FsmReport, check_fsm


def statuses(worker: type, *, absent: bool = True) -> tuple[ChildStatus | None, ...]:
    """Every state of `worker` as a parent sees it, and its absence."""
    definition = worker.definition  # type: ignore[attr-defined]
    found = [
        ChildStatus(
            definition.name,
            name,
            state.phase,
            state.phase is Phase.RUNNING,
            True,
            "so",
            in_trouble=state.phase in (Phase.DEGRADED, Phase.FAILED),
        )
        for name, state in definition.states.items()
    ]
    return (*found, None) if absent else tuple(found)


READS = DataFlowSpec(
    input=ModbusInput(address="127.0.0.1:1", registers=(Register(name="speed", address=0),)),
    output=UnsOutput(url="nats://127.0.0.1:1", location_path="acme"),
)
WRITES = DataFlowSpec(
    input=CommandInput(url="nats://127.0.0.1:1", subject="cmd.v1.acme._write"),
    output=ModbusOutput(address="127.0.0.1:1", registers=(WriteRegister(name="speed", address=0),)),
)

AT = {"host": "127.0.0.1", "port": 1}
URL = "nats://127.0.0.1:1"
MODBUS = {"address": "127.0.0.1:1", "registers": [{"name": "speed", "address": 0}]}
READ = {"input": {"modbus": MODBUS}}
WRITE = {"output": {"modbus": MODBUS}}

CONNECTION = FsmBench(worker=Connection, specs=(ConnectionSpec(host="127.0.0.1", port=1),))
PROCESS = FsmBench(worker=Process, specs=(ProcessSpec(command=("sleep", "60")),))
BROKER = FsmBench(
    worker=Broker,
    specs=(BrokerSpec(), BrokerSpec(embedded=False, url="nats://127.0.0.1:1")),
    values={
        "status": ("absent", "starting", "ready", "unresponsive"),
        "pid": (0, 1),
        "reason": ("so",),
        "port": (4222,),
        "mqtt_port": (1883,),
        "version": ("2",),
        "started_at": (1.0,),
    },
)
DATAFLOW = FsmBench(worker=DataFlow, specs=(READS, WRITES), make=lambda: DataFlow(AsyncioEngine()))
BRIDGE = FsmBench(
    worker=Bridge,
    specs=(
        BridgeSpec(connection=AT, read=READ, broker="agent/broker", broker_url=URL),
        BridgeSpec(connection=AT, read=READ, write=WRITE, broker="agent/broker", broker_url=URL),
        BridgeSpec(connection=AT),
    ),
    children={
        "connection": statuses(Connection),
        "dfc_read": statuses(DataFlow),
        "dfc_write": statuses(DataFlow),
    },
    dependencies={"agent/broker": statuses(Broker)},
)
AGENT = FsmBench(worker=Agent, children={"broker": statuses(Broker), "filler": statuses(Bridge)})

ALL = {
    "agent": AGENT,
    "bridge": BRIDGE,
    "broker": BROKER,
    "connection": CONNECTION,
    "dataflow": DATAFLOW,
    "process": PROCESS,
}


LARGE = ("dataflow", "process", "bridge")
BY_SIZE = [pytest.param(n, marks=pytest.mark.thorough) if n in LARGE else n for n in ALL]
"""Of the large ones some are asked three million steps."""


def report_of(bench: FsmBench) -> FsmReport:
    """What `check_fsm` finds of one of them, checked once."""
    return _report(next(name for name, known in ALL.items() if known is bench))


@functools.cache
def _report(name: str) -> FsmReport:
    return check_fsm(ALL[name])
