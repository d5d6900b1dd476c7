"""The last value of a tag reaches an MQTT client that subscribes long after it was published."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path

import aiomqtt
import pytest
from flow_kit import broker, flow, simulated_plc, stored, until

from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.broker_record import read_record
from fsmv2.builtin.broker.server import start
from fsmv2.flow import AsyncioEngine, Register

pytestmark = pytest.mark.real

NAME = "plant/filler/dfc_read"
TAGS = (
    Register(name="state", address=6, type="string", length=4, deadband=0),
    Register(name="energy", address=10, type="float64", virtual_path="meter", min_interval=600),
)
"""What is published once, and then not again for long."""


async def late(server: BrokerConfig, count: int, **client: object) -> dict[str, tuple[bytes, bool]]:
    """What an anonymous client that comes now is sent at once: payload and retain flag by topic.

    One that subscribes while the broker still recovers what it keeps asks again.
    """
    for _ in range(6):
        with contextlib.suppress(TimeoutError):
            return await retained(server, count, **client)
    raise AssertionError("no retained messages in a minute")


async def retained(
    server: BrokerConfig, count: int, **client: object
) -> dict[str, tuple[bytes, bool]]:
    found: dict[str, tuple[bytes, bool]] = {}
    async with (
        asyncio.timeout(10),
        aiomqtt.Client("127.0.0.1", server.mqtt_port, **client) as mqtt,  # type: ignore[arg-type]
    ):
        await mqtt.subscribe("umh/v1/#", qos=1)
        async for message in mqtt.messages:
            assert isinstance(message.payload, bytes)
            found[str(message.topic)] = (message.payload, message.retain)
            if len(found) == count:
                break
    return found


async def test_a_client_that_comes_later_is_told_the_last_value_of_each_tag(
    tmp_path: Path,
) -> None:
    """Of MQTT 3.1.1 and, as far as the gateway goes, by any client; also after a kill -9."""
    async with broker(tmp_path) as server:
        engine = AsyncioEngine()
        with simulated_plc() as plc:
            await engine.start(flow(plc.port, server, registers=TAGS, retain=True))
            await until(lambda: (s := engine.stats(NAME)) and s.acked_total >= 2)
            await engine.stop(NAME, drain=5.0)  # nothing more is published
        last = dict(await stored(server))
        wanted = {subject.replace(".", "/"): (payload, True) for subject, payload in last.items()}
        assert len(wanted) == 2
        assert await late(server, 2) == wanted
        record = read_record(server)
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)
        await start(server)
        again = await late(server, 2, protocol=aiomqtt.ProtocolVersion.V311)
        assert again == wanted
        assert all("timestamp_ms" in json.loads(payload) for payload, _ in again.values())
        await engine.aclose()
