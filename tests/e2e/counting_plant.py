"""A plant of counting devices with a real broker, to whose samples a test listens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import nats
from counting_device import CountingDevice

from broker_url import connect_url
from free_ports import free_port
from fsmv2.builtin.broker.broker_config import BrokerConfig
from fsmv2.operate import TreeHandle, open_tree
from fsmv2.operate.changes.apply_data import DocumentText

EVERY = "50ms"


def bridge(name: str, device: CountingDevice, *, line: str = "", **variables: Any) -> str:
    """One bridge of the template; where its samples go does not depend on its name."""
    values = {
        "HOST": "127.0.0.1",
        "PORT": device.port,
        "EVERY": EVERY,
        "TAG": "reads",
        "UNIT": 1,
        **variables,
    }
    text = ", ".join(f"{key}: {value}" for key, value in values.items())
    return (
        f"  - {{name: {name}, template: plc, location: {{line: {line or name}}},"
        f" variables: {{{text}}}}}\n"
    )


class CountingPlant:
    """A document for such bridges, with a broker of its own."""

    def __init__(self, folder: Path) -> None:
        self.file, self.state = folder / "plant.yaml", folder / "state"
        self.port = free_port()
        self.head = f"""\
agent: {{name: edge, location: {{enterprise: acme, site: here, area: hall}}}}
broker: {{embedded: true, port: {self.port}, mqtt_port: {free_port()}}}
templates:
  plc:
    connection: {{host: "{{{{ .HOST }}}}", port: "{{{{ .PORT }}}}"}}
    read:
      input:
        modbus:
          address: "{{{{ .HOST }}}}:{{{{ .PORT }}}}"
          unit: "{{{{ .UNIT }}}}"
          every: "{{{{ .EVERY }}}}"
          registers:
            - {{name: "{{{{ .TAG }}}}", address: 0, type: uint16}}
      output: {{uns: {{contract: _raw}}}}
bridges:
"""
        self.url = ""
        """The broker's, with all rights, if it is not the embedded one."""
        self.values: dict[str, list[int]] = {}
        """What the broker handed on, by location and tag."""
        self._came = asyncio.Event()
        self.client: Any = None

    def write(self, *bridges: str) -> DocumentText:
        text = self.head + "".join(bridges)
        self.file.write_text(text)
        return DocumentText(source=str(self.file), files={"": text.encode()})

    @contextlib.asynccontextmanager
    async def runs(self, *bridges: str) -> AsyncIterator[TreeHandle]:
        """The tree, with all its bridges active and somebody who listens."""
        await asyncio.to_thread(self.write, *bridges)
        async with open_tree(self.file, state_dir=self.state) as tree:
            await all_active(tree, len(bridges))
            broker = BrokerConfig(state_dir=str(self.state / "broker"), port=self.port)
            client = await nats.connect(self.url or connect_url(broker))
            await client.subscribe("umh.v1.>", cb=self._hear)
            self.client = client
            try:
                yield tree
            finally:
                await client.close()

    async def ask(self, place: str, command: bytes) -> dict[str, Any]:
        """Send a command to a location and tag; the answer to it."""
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(nats.errors.NoRespondersError):
                    reply = await self.client.request(f"cmd.v1.acme.here.hall.{place}", command)
                    answer: dict[str, Any] = msgspec.json.decode(reply.data)
                    return answer
                await asyncio.sleep(0.05)

    async def stored(self, place: str) -> list[int]:
        """The values of a location and tag in the broker's stream, in its order."""
        subscription = await self.client.jetstream().subscribe(
            f"umh.v1.acme.here.hall.{place}", ordered_consumer=True
        )
        found = []
        while True:
            message = await subscription.next_msg(timeout=10)
            found.append(msgspec.json.decode(message.data)["value"])
            if message.metadata.num_pending == 0:
                return found

    async def _hear(self, message: Any) -> None:
        place = message.subject.removeprefix("umh.v1.acme.here.hall.")
        value = msgspec.json.decode(message.data)["value"]
        self.values.setdefault(place, []).append(value)
        self._came.set()

    async def heard(self, *places: str, more: int = 10) -> None:
        """Wait until so many samples more of each have come."""
        wanted = {place: len(self.values.get(place, ())) + more for place in places}
        async with asyncio.timeout(30):
            while any(len(self.values.get(place, ())) < n for place, n in wanted.items()):
                self._came.clear()
                await self._came.wait()


async def all_active(tree: TreeHandle, count: int) -> None:
    def active(view: Any) -> bool:
        found = view.of_type("bridge")
        return len(found) == count and all(one.state == "active" for one in found)

    await tree.until(active, timeout=200)
