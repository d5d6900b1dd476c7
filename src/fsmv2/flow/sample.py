"""One value on its way: where it is published, the payload, and an id by which it counts once."""

from __future__ import annotations

from typing import Any

import msgspec


class Sample(msgspec.Struct, frozen=True, gc=False):
    """A read value, ready to be published. `id` stays the same however often it is sent."""

    subject: str
    payload: bytes
    id: str


class Payload(msgspec.Struct, frozen=True, gc=False):
    """What stands in the namespace: Unix time in milliseconds, and the value."""

    timestamp_ms: int
    value: Any


ENCODER = msgspec.json.Encoder()
