"""A Modbus TCP device as a config names it: address, unit, timeout, pauses and orders of bytes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

import msgspec

from fsmv2.flow.device import Reach
from fsmv2.flow.field_types import Pause, Seconds
from fsmv2.flow.inputs.modbus.register import Order
from fsmv2.flow.tag import Problem
from fsmv2.model.decoder import HostAndPort, Templated
from fsmv2.model.decoder.other_words import other_names
from fsmv2.model.network_address import MODBUS_PORT, NoAddressError, read_host_and_port
from fsmv2.model.secrets.vault import holds_secret


class ModbusDevice(msgspec.Struct, frozen=True, kw_only=True):
    """`timeout`, and `request_gap`, for which it is left alone after each request, in seconds.

    Word order is that of the registers of one value, byte order that of the bytes of one register;
    `big` is what the protocol says and most devices do.
    """

    OTHER_NAMES: ClassVar[Mapping[str, str]] = other_names(
        unit="slave slave_id slaveid unit_id unitid station device_id server_id",
        every=(
            "interval poll_interval polling_interval poll scan_rate scan_interval rate "
            "period cycle update_rate"
        ),
        address="host ip hostname endpoint url target",
        registers="tags points items datapoints data_points fields variables measurements",
        request_gap="delay pause inter_frame_delay request_delay",
    )

    address: Templated[HostAndPort]
    """Host and port: `10.0.0.5:502`; 502 if there is no port."""
    unit: Templated[Annotated[int, msgspec.Meta(ge=0, le=255)]] = 1
    """The unit identifier, often called slave id."""
    timeout: Templated[Seconds] = 1.0
    """How long one request may take."""
    request_gap: Templated[Pause] = 0.0
    """How long the device is left alone after each request."""
    word_order: Templated[Order] = "big"
    """The order of the registers of one value; big: the high register comes first."""
    byte_order: Templated[Order] = "big"
    """The order of the two bytes of one register; big: the high byte comes first."""

    @property
    def host(self) -> str:
        """Of an address with a secret in it, the host is known only when it is used."""
        return self._host_and_port[0]

    @property
    def port(self) -> int:
        """502 if the address has none."""
        return self._host_and_port[1]

    @property
    def reach(self) -> Reach:
        """Where it is."""
        return Reach(*self._host_and_port, self.request_gap)

    @property
    def _host_and_port(self) -> tuple[str, int]:
        address = self.address
        if not holds_secret(address):
            return read_host_and_port(address, default_port=MODBUS_PORT)
        host, _, port = address.rpartition(":")
        return (host, int(port)) if port.isdecimal() else (address, MODBUS_PORT)


def device_problems(device: ModbusDevice) -> Iterator[Problem]:
    """Everything that is wrong with it."""
    try:
        device.reach  # noqa: B018  (reading the property raises what is wrong with the address)
    except NoAddressError as error:
        yield Problem("address", f"the address {device.address!r} {error}")
    if not 0 <= device.unit <= 255:
        yield Problem("unit", f"unit is {device.unit}, expected 0 to 255")
    if not 0 < device.timeout < math.inf:
        yield Problem("timeout", f"timeout is {device.timeout:g} s, expected more than 0")
    if not 0 <= device.request_gap < math.inf:
        yield Problem("request_gap", f"request_gap is {device.request_gap:g} s, expected 0 or more")
