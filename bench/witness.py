"""Counts what arrives in the namespace over MQTT: `python -m bench.witness HOST PORT`.

A plain MQTT 3.1.1 client, as the software of a plant would be. Prints `ready` when it is
subscribed. When its standard input ends it prints one JSON object: how many samples it received,
a checksum of all of them that does not depend on their order, and how often it was disconnected.
"""

from __future__ import annotations

import json
import sys
import threading
import zlib
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

TOPICS = "umh/v1/#"


class Sum:
    """How many samples, and the sum of their checksums."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0

    def add(self, subject: str, payload: bytes) -> None:
        """Take one sample into account."""
        self.count += 1
        self.total = (self.total + zlib.crc32(payload, zlib.crc32(subject.encode()))) % 2**64


def witness(host: str, port: int) -> dict[str, int]:
    """Subscribe and count until standard input ends."""
    seen, subscribed, disconnects = Sum(), threading.Event(), 0
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv311)

    def connected(*_: Any) -> None:
        # Quality of service 0: what is counted is what the broker passes on, without a store of
        # its own for each subscriber, which is what dashboards ask for.
        client.subscribe(TOPICS, qos=0)

    def disconnected(*_: Any) -> None:
        nonlocal disconnects
        disconnects += 1

    def take(_client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
        seen.add(message.topic.replace("/", "."), bytes(message.payload))

    client.on_connect, client.on_disconnect, client.on_message = connected, disconnected, take
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect(host, port)
    client.loop_start()
    subscribed.wait()
    print("ready", flush=True)
    sys.stdin.read()
    found = {"received": seen.count, "sum": seen.total, "disconnects": disconnects}
    client.disconnect()
    client.loop_stop()
    return found


if __name__ == "__main__":
    print(json.dumps(witness(sys.argv[1], int(sys.argv[2]))), flush=True)
