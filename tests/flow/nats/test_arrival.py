"""What a flow accepted arrives: over MQTT 3.1.1 as a client sees it, and late if it must be."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import msgspec
import pytest
from flow_kit import broker, flow, simulated_plc, stored, until

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_record import read_record
from fsmv2.builtin.broker.server import start
from fsmv2.flow import AsyncioEngine, FlowStats
from fsmv2.flow.inputs.modbus.simulator import SIMULATED_REGISTERS
from fsmv2.flow.subject import subject_from

pytestmark = pytest.mark.real

NAME = "plant/filler/dfc_read"
TYPES = {
    "_raw/temperature": float,
    "_raw/pressure": float,
    "_raw/pieces": int,
    "_raw/speed": int,
    "_raw/state": str,
    "_raw/meter/energy": float,
    "_raw/running": bool,
    "_raw/door_closed": bool,
}
"""By topic, below the location."""


def figures(engine: AsyncioEngine) -> FlowStats:
    """The figures of the one flow."""
    stats = engine.stats(NAME)
    assert stats is not None
    return stats


async def listen(port: int, heard: list[tuple[str, bytes]], ready: Callable[[], None]) -> None:
    """Note what arrives over MQTT, as (subject, payload), until cancelled."""
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V311) as client:
        await client.subscribe("umh/v1/#", qos=1)
        ready()
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            heard.append((subject_from(str(message.topic)), message.payload))


async def test_every_accepted_sample_arrives_over_mqtt_with_topic_type_and_scale(
    tmp_path: Path,
) -> None:
    """The set received is the set accepted, and each once."""
    accepted: list[tuple[str, bytes]] = []
    heard: list[tuple[str, bytes]] = []
    subscribed = asyncio.Event()
    async with broker(tmp_path) as server:
        client = asyncio.create_task(listen(server.mqtt_port, heard, subscribed.set))
        await asyncio.wait_for(subscribed.wait(), 10)
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server))
            await until(lambda: figures(engine).acked_total > 400)
            assert await engine.stop(NAME, drain=5.0) == 0
        await until(lambda: {*heard} >= {*accepted})
        client.cancel()
        await asyncio.wait([client])
        await engine.aclose()
    # What the broker acknowledged late is sent again, and may be heard twice over MQTT.
    assert {*heard} == {*accepted}
    latest = {}
    for subject, payload in heard:
        sample = msgspec.json.decode(payload)
        assert sample.keys() == {"timestamp_ms", "value"}
        assert type(sample["timestamp_ms"]) is int
        latest[subject] = sample["value"]
    below = {subject.removeprefix("umh.v1.acme.cologne."): v for subject, v in latest.items()}
    assert {tag.replace(".", "/"): type(value) for tag, value in below.items()} == TYPES
    assert 18.5 <= below["_raw.temperature"] <= 24.5, "the raw value is ten times that"
    assert below["_raw.temperature"] == round(below["_raw.temperature"], 1)


async def test_a_full_queue_is_bounded_counts_skipped_polls_and_is_delivered_later(
    tmp_path: Path,
) -> None:
    accepted: list[tuple[str, bytes]] = []
    async with broker(tmp_path) as server:
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server, every=0.01, queue=64))
            await until(lambda: figures(engine).acked_total > 100)
            record = read_record(server)
            assert record is not None
            os.kill(record.pid, signal.SIGKILL)
            await until(lambda: figures(engine).skipped_polls_total > 30)
            full = figures(engine)
            assert 64 - len(SIMULATED_REGISTERS) < full.queue_depth <= 64
            assert full.accepted_total == len(accepted), "a skipped poll accepts nothing"
            await start(server)
            await until(lambda: figures(engine).accepted_total > full.accepted_total + 100)
            assert await engine.stop(NAME, drain=5.0) == 0
            found = await stored(server)
        await engine.aclose()
    assert sorted(found) == sorted(accepted)


async def test_a_flow_replaced_while_the_broker_is_away_leaves_nothing_behind_unsent(
    tmp_path: Path,
) -> None:
    """What the old flow accepted is sent beside what the new one does."""
    accepted: list[tuple[str, bytes]] = []
    async with broker(tmp_path) as server:
        engine = AsyncioEngine(on_accepted=lambda *sample: accepted.append(sample))
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server))
            await until(lambda: figures(engine).acked_total > 50)
            record = read_record(server)
            assert record is not None
            os.kill(record.pid, signal.SIGKILL)
            await until(lambda: not figures(engine).output_connected)
            await until(lambda: figures(engine).queue_depth > 50)
            await engine.start(
                flow(plc.port, server, registers=SIMULATED_REGISTERS[:1], contract="_other")
            )
            replaced = len(accepted)
            await until(lambda: figures(engine).accepted_total > 10)
            await start(server)
            assert await engine.stop(NAME, drain=5.0) == 0
            late = await arrived(server, len(accepted))
        await engine.aclose()
    assert sorted(late) == sorted(accepted)
    assert {".".join(s.split(".")[4:]) for s, _ in accepted[replaced:]} == {"_other.temperature"}


async def arrived(server: BrokerConfig, count: int) -> list[tuple[str, bytes]]:
    """The stream once it holds `count` samples, or what it holds after 10 s."""
    limit = asyncio.get_running_loop().time() + 10
    while True:
        found = await stored(server)
        if len(found) >= count or asyncio.get_running_loop().time() > limit:
            return found
        await asyncio.sleep(0.05)
