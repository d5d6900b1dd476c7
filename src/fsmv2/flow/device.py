"""Devices as all protocols see them: an address, what is known of it, and where a flow reaches."""

from __future__ import annotations

import msgspec

from fsmv2.flow.field_types import Port, Seconds
from fsmv2.model.decoder import Host, Templated


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """`connection:` the device, as TCP sees it."""

    host: Templated[Host]
    port: Templated[Port]
    timeout: Templated[Seconds] = 1.0
    slow: Templated[Seconds] = 0.5


class DeviceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an address by the connection that flows have to it.

    `reached`: whether the last attempt to connect succeeded, None before the first one ended, which
    it did at `attempted_at` (monotonic seconds). `answers`: something was answered on the
    connection that stands.
    """

    connected: bool
    connecting: bool
    reached: bool | None
    answers: bool
    error: str
    attempted_at: float
    connect_ms: float


def device_claim(host: str, port: int) -> str:
    """What a worker claims that connects to this address."""
    return f"the device {host.lower()}:{port}"


class Reach(msgspec.Struct, frozen=True):
    """The device a flow connects to. `request_gap`: seconds it is left alone after a request."""

    host: str
    port: int
    request_gap: float = 0.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
