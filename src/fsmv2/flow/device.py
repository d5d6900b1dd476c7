"""Devices as all protocols see them: an address, what is known of it, and where a flow reaches."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from fsmv2.flow.field_types import Port, Seconds
from fsmv2.model.decoder import Host, Templated
from fsmv2.model.decoder.other_words import other_names


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """`connection:` the device, as TCP sees it."""

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        host="ip address hostname ip_address url target",
    )

    host: Templated[Host]
    """Its IPv4 or IPv6 address, or its name."""
    port: Templated[Port]
    """Its TCP port; 502 for Modbus."""
    timeout: Templated[Seconds] = 1.0
    """How long it may take to answer before it counts as down."""
    slow: Templated[Seconds] = 0.5
    """From this answer time on it counts as degraded: that of the fastest of its last answers."""


class DeviceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an address by the connection that flows have to it.

    `reached`: whether the last attempt to connect succeeded, None before the first one ended, which
    it did at `attempted_at` (monotonic seconds). `answers`: something was answered on the
    connection that stands.
    """

    connected: bool
    """Whether a connection stands."""
    connecting: bool
    """Whether an attempt to connect is under way."""
    reached: bool | None
    answers: bool
    error: str
    """Why the last attempt to connect failed; empty: it did not."""
    attempted_at: float
    latency_ms: float
    """How long the device takes to answer on the connection that stands, in milliseconds: the
    fastest of the last few answers; before the first one, how long the connect took."""


LOOPBACK = "127.0.0.1"


def device_claim(host: str, port: int) -> str:
    """What a worker claims that connects to this address.

    By all spellings of one address, and by `localhost`, a device is the same. Which address another
    name has is known only where it is looked up, and that is no matter of a declaration.
    """
    return f"the device {_one_spelling(host)}:{port}"


def _one_spelling(host: str) -> str:
    name = host.lower().removesuffix(".")
    # Of the two addresses of this machine one may be another program's: then whoever takes it over
    # waits for a moment without need, which harms less than two clients at one device.
    if name == "localhost" or name.endswith(".localhost"):
        return LOOPBACK
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return name
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return LOOPBACK if address.is_loopback and address.version == 6 else str(address)


class Reach(msgspec.Struct, frozen=True):
    """The device a flow connects to. `request_gap`: seconds it is left alone after a request."""

    host: str
    port: int
    request_gap: float = 0.0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"
