"""The figures of data flows, of a real device and a real broker: all flows together, for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import nats
import pytest
from flow_kit import broker, flow, free_port, simulated_plc, until, url_of
from lamp_tree import World, device, simulate
from measured_simulation import MeasuredSimulation, measured, series
from moving import moves

from broker_url import connect_url
from fsmv2 import WorkerFactory
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.core import Core
from fsmv2.flow import AsyncioEngine, CommandInput, ModbusOutput, WriteConfig, WriteRegister

pytestmark = pytest.mark.real

SUBJECT = "cmd.v1.acme.cologne._write"


class MeasuredFlows(MeasuredSimulation):
    """An engine, beside a tree that is not of interest."""

    def __init__(self, engine: AsyncioEngine) -> None:
        super().__init__(Core(WorkerFactory()), float, None)
        self.flows = engine.figures  # type: ignore[method-assign]


def writing(port: int, server: BrokerConfig) -> WriteConfig:
    tags = (WriteRegister(name="setpoint", address=14, type="int16", scale=0.1, min=0, max=80),)
    return WriteConfig(
        name="plant/filler/dfc_write",
        input=CommandInput(url=url_of(server), subject=SUBJECT),
        output=ModbusOutput(address=f"127.0.0.1:{port}", registers=tags),
    )


async def ask(client: Any, value: object, id_: str) -> str:
    payload = msgspec.json.encode({"value": value, "id": id_})
    answer = await client.request(f"{SUBJECT}.setpoint", payload, timeout=10)
    return str(msgspec.json.decode(answer.data)["outcome"])


@moves(
    "flows flow_samples_total flow_bytes_total flow_errors_total flow_connected "
    "flow_queue_depth flow_polls_skipped_total write_commands_total"
)
async def test_flows_read_publish_and_write_and_totals_outlast_them(
    tmp_path: Path,
) -> AsyncIterator[MeasuredFlows]:
    engine = AsyncioEngine()
    source = MeasuredFlows(engine)
    yield source
    with simulated_plc() as plc:
        async with broker(tmp_path) as server:
            # Its queue has room for what one poll reads, so that most are left out.
            dead = flow(plc.port, free_port(), queue=1)
            await engine.start(msgspec.structs.replace(dead, name="plant/filler/dfc_dead"))
            await engine.start(flow(plc.port, server))
            await engine.start(writing(plc.port, server), lambda: "")
            await until(lambda: series(source, "flow_connected") == BOTH, timeout=200)
            await until(lambda: samples(source, "acknowledged") > 20, timeout=200)
            depths = series(source, "flow_queue_depth")
            assert depths["sum",] >= depths["max",] > 0
            await until(lambda: series(source, "flow_polls_skipped_total")["full",] > 0)
            assert series(source, "flow_bytes_total")[()] >= 20 * samples(source, "accepted")
            yield source
            client = await nats.connect(connect_url(server))
            assert await ask(client, 20.0, "1") == "written"
            assert await ask(client, 99.0, "2") == "refused"
            assert await ask(client, 20.0, "1") == "written"
            await client.close()
            commands = series(source, "write_commands_total")
            assert commands["written",] == commands["refused",] == commands["duplicate",] == 1
            await engine.stop("plant/filler/dfc_write", drain=1.0)
            await engine.stop("plant/filler/dfc_read", drain=5.0)
            assert series(source, "flows") == {(): 1}
            assert series(source, "write_commands_total") == commands, "it has ended"
            before = samples(source, "acknowledged")
            await engine.start(flow(plc.port, server))
            await until(lambda: samples(source, "acknowledged") > before, timeout=200)
            plc.end()
            await until(lambda: series(source, "flow_errors_total")["read",] > 0, timeout=200)
            yield source
    await engine.aclose()
    yield source


BOTH = {("input",): 3, ("output",): 2}


def samples(source: MeasuredFlows, result: str) -> float:
    direction = "out" if result == "acknowledged" else "in"
    return series(source, "flow_samples_total")[direction, result]


def test_a_tree_without_flows_has_no_figures_of_any() -> None:
    with simulate(World(), device("a")) as sim:
        assert series(measured(sim), "flows") == {}
