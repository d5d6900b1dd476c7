"""A look at a device and a flow that connects to it never meet, whichever comes first. H73"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from raw_device import RawDevice

from fsmv2 import Resources
from fsmv2.builtin.connection import Connection, ConnectionSpec, History
from fsmv2.errors import TemporaryError
from fsmv2.flow import DeviceStatus, Engine, looking
from fsmv2.flow.device_looks import nobody_looks
from fsmv2.flow.inputs.modbus.modbus_connection import ModbusConnection

CONNECTING = DeviceStatus(
    connected=False,
    connecting=True,
    reached=None,
    answers=False,
    error="",
    attempted_at=0.0,
    latency_ms=0.0,
)


async def test_h73_a_flow_connects_when_the_look_is_over() -> None:
    device = RawDevice()
    async with device.running():
        connection = ModbusConnection("127.0.0.1", device.port)
        with looking("localhost", device.port):
            connecting = asyncio.create_task(connection.connect(60.0))
            for _ in range(20):
                await asyncio.sleep(0.005)
            assert device.connections == 0
            assert connection.status.connecting, "who would look now is told"
        await connecting
        assert connection.connected
        connection.close()


async def test_h73_who_looks_asks_once_more_whether_a_flow_connects() -> None:
    """It began between the question and the look."""

    class Flows:
        asked = 0

        def device(self, host: str, port: int) -> DeviceStatus | None:
            self.asked += 1
            return CONNECTING if self.asked > 1 else None

    device = RawDevice()
    async with device.running():
        worker = Connection(cast("Engine", Flows()))
        spec = ConnectionSpec(host="127.0.0.1", port=device.port)
        resources: Any = Resources("x", History(), None, None, lambda _: None)
        with pytest.raises(TemporaryError, match="a data flow is connecting"):
            await worker.collect_observed_state(spec, resources)
        await asyncio.sleep(0.05)
        assert device.connections == 0
        await nobody_looks("127.0.0.1", device.port, within=0.0)


async def test_a_look_that_lasts_keeps_nobody_for_longer_than_it_may_take() -> None:
    """It has not reached the device; two at once are over when both are."""
    with looking("127.0.0.1", 502):
        with looking("localhost", 502):
            pass
        waiting = asyncio.create_task(nobody_looks("127.0.0.1", 502, within=0.05))
        await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        assert not waiting.done()
        await waiting
    await nobody_looks("127.0.0.1", 502, within=60.0)
