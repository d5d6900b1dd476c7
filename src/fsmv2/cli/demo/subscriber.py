"""The witness: a standard MQTT client (3.1.1) on the namespace, as any plant software would be."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable

import aiomqtt
import msgspec

from fsmv2.cli.demo.tally import Tally

TOPICS = "umh/v1/#"
AGAIN = 0.2
"""Seconds between attempts to connect while the broker is away."""
VALUES = 64
"""How many topics are remembered with their last value."""

Tell = Callable[[str], None]
OnValue = Callable[[str, object], None]


class Subscriber:
    """Receives `umh/v1/#`, hands it to the tally, and remembers the last value of each topic."""

    def __init__(self, tally: Tally) -> None:
        self.values: OrderedDict[str, object] = OrderedDict()
        self._tally = tally
        self._connected = False

    async def run(self, host: str, port: int, *, tell: Tell, on_value: OnValue) -> None:
        """Subscribe and receive until cancelled; connects again when the broker was away.

        `tell` is given what happens to the connection, `on_value` each topic and value received.
        """
        while True:
            try:
                async with aiomqtt.Client(
                    host,
                    port,
                    identifier=f"fsmv2-demo-{os.getpid()}",
                    protocol=aiomqtt.ProtocolVersion.V311,
                    timeout=5.0,
                ) as client:
                    await client.subscribe(TOPICS, qos=1)
                    self._subscribed()
                    tell(f"subscribed to {TOPICS} over MQTT")
                    async for message in client.messages:
                        on_value(*self._take(message))
            except aiomqtt.MqttError as error:
                if self._cut():
                    tell(f"lost its connection: {error}")
                await asyncio.sleep(AGAIN)

    def _subscribed(self) -> None:
        self._connected = True
        self._tally.open()

    def _cut(self) -> bool:
        """Note the loss of the connection; returns whether there was one."""
        had, self._connected = self._connected, False
        if had:
            self._tally.cut()
        return had

    def _take(self, message: aiomqtt.Message) -> tuple[str, object]:
        payload = message.payload
        topic = str(message.topic)
        self._tally.receive(topic.replace("/", "."), payload)
        value = value_of(payload)
        if topic in self.values or len(self.values) < VALUES:
            self.values[topic] = value
        return topic, value


def value_of(payload: bytes) -> object:
    """The value in a payload `{"timestamp_ms", "value"}`; its text when it is something else."""
    try:
        data = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return payload.decode(errors="replace")
    return data.get("value") if isinstance(data, dict) else data
