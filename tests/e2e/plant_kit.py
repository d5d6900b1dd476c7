"""What the end-to-end tests share: real PLC simulators, a real broker, a real MQTT client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec

from free_ports import free_port
from fsmv2 import Runtime
from fsmv2.builtin import builtins
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.builtin.broker.credentials import known_credentials
from fsmv2.flow import Engine
from fsmv2.flow.nats.login import Credentials
from fsmv2.plant import load_plant

REGISTERS = """\
            - {name: temperature, address: 0, type: int16, scale: 0.1}
            - {name: pressure, address: 1, type: float32}
            - {name: pieces, address: 3, type: uint32}
            - {name: state, address: 6, type: string, length: 4}
            - {name: energy, address: 10, type: float64, virtual_path: meter}
            - {name: running, address: 0, kind: coil, type: bool}
"""
TAGS = {
    "temperature": float,
    "pressure": float,
    "pieces": int,
    "state": str,
    "meter/energy": float,
    "running": bool,
}
MACHINES = ("filler", "capper", "labeller")


class Plc:
    """One simulated PLC, a process of its own."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Plc:
        """Start it and wait until it listens."""
        module = "fsmv2.flow.inputs.modbus.simulator"
        command = [sys.executable, "-m", module, "--port", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("ready "), line
        self.port = int(line.rpartition(":")[2])
        return self

    def kill(self) -> None:
        """kill -9, by pid."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


class Plant:
    """A document for three machines on free ports, in a folder of its own."""

    def __init__(self, folder: Path, *, every: str = "100ms") -> None:
        self.folder = folder
        self.plcs = {name: Plc().start() for name in MACHINES}
        self.port, self.mqtt_port = free_port(), free_port()
        self.file = folder / "plant.yaml"
        self.state_dir = folder / "state"
        self.every = every
        self.engine: Engine
        self.write()

    def write(self, *, without: str = "") -> None:
        """Write the document; the bridge `without` lacks its variable PORT."""
        bridges = "".join(
            f"  - name: {name}\n    template: modbus-plc\n"
            f"    location: {{area: packaging, line: line-1, cell: {name}}}\n"
            f"    variables: {{IP: 127.0.0.1{'' if name == without else f', PORT: {plc.port}'}}}\n"
            for name, plc in self.plcs.items()
        )
        self.file.write_text(
            f"""\
agent: {{name: edge, location: {{enterprise: acme, site: cologne}}}}
global: {{scan_rate: {self.every}}}
broker: {{embedded: true, port: {self.port}, mqtt_port: {self.mqtt_port}}}
templates:
  modbus-plc:
    connection: {{host: "{{{{ .IP }}}}", port: "{{{{ .PORT }}}}"}}
    read:
      input:
        modbus:
          address: "{{{{ .IP }}}}:{{{{ .PORT }}}}"
          every: "{{{{ .global.scan_rate }}}}"
          registers:
{REGISTERS}
      output: {{uns: {{contract: _raw}}}}
bridges:
{bridges}"""
        )

    @property
    def _credentials(self) -> Credentials:
        known = known_credentials(BrokerConfig(state_dir=str(self.state_dir / "broker")))
        assert known is not None
        return known

    @property
    def url(self) -> str:
        """The broker's NATS URL, with all rights."""
        own = self._credentials
        return f"nats://{own.user}:{own.password}@127.0.0.1:{self.port}"

    @property
    def shown(self) -> dict[str, Any]:
        """User and password for an MQTT client that all rights go with."""
        return {"username": self._credentials.user, "password": self._credentials.password}

    def close(self) -> None:
        """End the simulators, and a broker that a test left on purpose."""
        for plc in self.plcs.values():
            plc.kill()
        for pid in self.broker_pids():
            os.kill(pid, signal.SIGKILL)

    def broker_pids(self) -> list[int]:
        """Living nats-server processes of this plant, by the config file on their command line."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    words = os.fsdecode((entry / "cmdline").read_bytes())
                    alive = (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
                    if str(self.state_dir) in words and "nats-server" in words and alive:
                        found.append(int(entry.name))
        return found

    @contextlib.asynccontextmanager
    async def running(
        self, accepted: set[tuple[str, bytes]] | None = None
    ) -> AsyncIterator[Runtime]:
        """The plant's tree, running in this process."""

        def note(subject: str, payload: bytes) -> None:
            if accepted is not None:
                accepted.add((subject, payload))

        plant = load_plant(self.file, state_dir=self.state_dir)
        async with (
            builtins(on_accepted=note) as kit,
            Runtime(plant.root, kit.factory, settings=plant.settings, seed=1) as tree,
        ):
            self.engine = kit.engine
            yield tree


class Listener:
    """A standard MQTT 3.1.1 client that keeps all it hears; comes back after the broker's death."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.subscribed = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(
                    "127.0.0.1", self._port, protocol=aiomqtt.ProtocolVersion.V311
                ) as client:
                    await client.subscribe("umh/v1/#", qos=1)
                    self.subscribed.set()
                    async for message in client.messages:
                        payload = msgspec.json.decode(bytes(message.payload))
                        self.heard.append((str(message.topic), payload))
            await asyncio.sleep(0.1)

    def times(self, machine: str, tag: str) -> list[int]:
        """The timestamps heard of one tag, in milliseconds."""
        wanted = f"/{machine}/_raw/{tag}"
        return [p["timestamp_ms"] for topic, p in self.heard if topic.endswith(wanted)]


@contextlib.asynccontextmanager
async def listening(port: int) -> AsyncIterator[Listener]:
    """A listener on the MQTT port, subscribed when this is entered."""
    listener = Listener(port)
    task = asyncio.create_task(listener.run())
    try:
        await asyncio.wait_for(listener.subscribed.wait(), 10)
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(condition: Any, *, timeout: float, what: str) -> None:
    """Wait until `condition()` holds; fails with `what` after `timeout` seconds."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + timeout
    while not condition():
        assert loop.time() < limit, f"not within {timeout:g} s: {what}"
        await asyncio.sleep(0.02)
