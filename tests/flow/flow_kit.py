"""What the flow tests share: a real PLC simulator, a real broker, a short way to a config."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import nats

from broker_url import connect_url
from free_ports import free_port
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.credentials import known_credentials
from fsmv2.builtin.broker.server import start, stop
from fsmv2.flow import FlowConfig, ModbusInput, Register, UnsOutput
from fsmv2.flow.inputs.modbus.simulator import SIMULATED_REGISTERS
from suspended_process import suspend


class Simulator:
    """The simulated PLC as a process."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        module = "fsmv2.flow.inputs.modbus.simulator"
        command = [sys.executable, "-m", module, "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"ready 127.0.0.1:{self.port}\n"

    def suspend(self) -> None:
        """Make it a device that accepts and never answers."""
        assert self._process is not None
        suspend(self._process.pid)

    def resume(self) -> None:
        """Let it answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def end(self, number: int = signal.SIGKILL) -> int:
        """Send it a signal, by pid, and wait for its end; returns its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        code = process.wait(10)
        assert process.stdout is not None
        process.stdout.close()
        return code


@contextlib.contextmanager
def simulated_plc() -> Iterator[Simulator]:
    """A running simulator on a free port."""
    simulator = Simulator(free_port())
    simulator.start()
    try:
        yield simulator
    finally:
        simulator.end()


@contextlib.asynccontextmanager
async def broker(folder: Path) -> AsyncIterator[BrokerConfig]:
    """A running broker on free ports."""
    config = BrokerConfig(state_dir=str(folder), port=free_port(), mqtt_port=free_port())
    await start(config)
    try:
        yield config
    finally:
        await stop(config)


def flow(
    plc_port: int,
    broker: BrokerConfig | int,
    *,
    every: float = 0.02,
    registers: tuple[Register, ...] = SIMULATED_REGISTERS,
    **output: Any,
) -> FlowConfig:
    """A flow from the simulator to the broker, or to a port where there is none."""
    return FlowConfig(
        name="plant/filler/dfc_read",
        input=ModbusInput(address=f"127.0.0.1:{plc_port}", every=every, registers=registers),
        output=UnsOutput(url=url_of(broker), location_path="acme.cologne", **output),
    )


async def until(
    condition: Callable[[], Any], *, timeout: float = 200.0, every: float = 0.01
) -> None:
    """Wait until `condition()` holds; AssertionError after `timeout` seconds."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + timeout
    while not condition():
        assert loop.time() < limit, "never so"
        await asyncio.sleep(every)


async def flushed(client: Any) -> None:
    """Until the broker has all that the client was to send before.

    The client's own `flush` (nats-py 2) sends its ping ahead of what waits to be written.
    """
    await client._flush_pending(force_flush=True)
    await client.flush()


def url_of(broker: BrokerConfig | int) -> str:
    """The URL of a broker that all rights go with; of a bare port, without them."""
    return f"nats://127.0.0.1:{broker}" if isinstance(broker, int) else connect_url(broker)


def shown(broker: BrokerConfig) -> dict[str, Any]:
    """User and password for an MQTT client that all rights go with."""
    known = known_credentials(broker)
    assert known is not None
    return {"username": known.user, "password": known.password}


async def stored(broker: BrokerConfig) -> list[tuple[str, bytes]]:
    """Every sample of the stream, in order."""
    client = await nats.connect(connect_url(broker))
    context = client.jetstream()
    count = (await context.stream_info("UMH")).state.messages
    subscription = await context.subscribe("umh.v1.>", ordered_consumer=True)
    found = []
    for _ in range(count):
        message = await subscription.next_msg(timeout=5)
        found.append((message.subject, message.data))
    await client.close()
    return found
