"""Writes single tags of one Modbus device, and says for each what is known of its outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from fsmv2.flow.extra import industrial
from fsmv2.flow.modbus.device import HungUpError, ModbusDevice, explained
from fsmv2.flow.modbus.values import Value, decode
from fsmv2.flow.write.config import ModbusOutput, WriteRegister

Known = Literal["written", "refused", "failed", "unknown"]
"""What is known of a write that was tried; `refused`: nothing was sent, since it may not be now."""

UNDECIDED = {
    4: "the device failed while it worked on it, perhaps after it had taken the value",
    5: "the device took it in and is still working on it",
    11: "the gateway passed it on, and the device behind it did not answer",
}
"""Exceptions of the protocol after which the value may have arrived all the same."""


class Outcome(msgspec.Struct, frozen=True):
    """`failed` only when the device cannot have taken the value; else the truth is `unknown`."""

    known: Known
    reason: str = ""


class ModbusWriter:
    """One connection to one device. Runs on the engine's loop, one write at a time."""

    def __init__(self, config: ModbusOutput) -> None:
        self._config = config
        self._device = ModbusDevice(config.host, config.port, config.timeout)
        self.error = ""
        self.reached = False
        """Whether the device accepted our last connection, which it may have closed since."""

    @property
    def connected(self) -> bool:
        """Whether the TCP connection stands."""
        return self._device.connected

    async def connect(self) -> bool:
        """Connect anew; False: `error` tells why the device cannot be reached."""
        try:
            await self._device.connect()
        except (OSError, TimeoutError) as error:
            self.error = self._device.lost(error)
            self.reached = isinstance(error, HungUpError)
            return False
        self.error = ""
        self.reached = True
        return True

    def close(self) -> None:
        """Close the connection; harmless when there is none."""
        self._device.close()

    async def write(
        self,
        register: WriteRegister,
        words: Sequence[int],
        value: Value,
        refusal: Callable[[], str],
    ) -> Outcome:
        """Write `words`, which stand for `value`, and wait until the device has confirmed.

        Tried once. Whatever is not understood about an answer makes the outcome unknown.
        `refusal` is asked right before the request is sent, when nothing is waited for any more:
        what it says is why nothing is sent. To read back what was sent needs no permission.
        """
        client = self._device.client
        if client is None or not client.connected:
            return Outcome("failed", "the device closed the connection")
        if reason := refusal():
            return Outcome("refused", reason)
        unit, address = self._config.unit, register.address
        if register.kind == "coil":
            request = client.write_coil(address, bool(words[0]), device_id=unit)
        elif len(words) == 1:
            request = client.write_register(address, words[0], device_id=unit)
        else:
            request = client.write_registers(address, list(words), device_id=unit)
        outcome = await self._confirmed(request, "written")
        if outcome.known == "written" and register.read_back:
            return await self._read_back(client, register, value)
        return outcome

    async def _confirmed(self, request: Any, what: str) -> Outcome:
        errors = industrial("pymodbus.exceptions")
        try:
            response = await request
        except errors.ConnectionException:
            # Raised before anything was sent: the connection was gone already.
            return Outcome("failed", "the device closed the connection")
        except (errors.ModbusException, OSError, TimeoutError) as error:
            reason = f"no answer within {self._config.timeout:g} s"
            if not self.connected:
                reason = "the connection was lost before the device confirmed"
            elif not isinstance(error, errors.ModbusIOException):
                reason = str(error) or type(error).__name__
            # A late answer must not be taken for that of the next write.
            self.close()
            return Outcome("unknown", f"{reason}; nobody knows whether it was {what}")
        if response.isError():
            code = getattr(response, "exception_code", 0)
            if code in UNDECIDED:
                return Outcome("unknown", f"{UNDECIDED[code]} (exception {code})")
            return Outcome("failed", explained(code))
        return Outcome("written")

    async def _read_back(self, client: Any, register: WriteRegister, value: Value) -> Outcome:
        read = client.read_coils if register.kind == "coil" else client.read_holding_registers
        errors = industrial("pymodbus.exceptions")
        confirmed = "the device confirmed, but what it holds now could not be read back"
        try:
            response = await read(
                register.address, count=register.width, device_id=self._config.unit
            )
        except (errors.ModbusException, OSError, TimeoutError):
            self.close()
            return Outcome("unknown", f"{confirmed}: no answer")
        if response.isError():
            return Outcome(
                "unknown", f"{confirmed}: {explained(getattr(response, 'exception_code', 0))}"
            )
        bits = register.kind == "coil"
        words = [int(bit) for bit in response.bits] if bits else list(response.registers)
        config = self._config
        try:
            now = decode(
                register,
                words[: register.width],
                word_order=config.word_order,
                byte_order=config.byte_order,
            )
        except (ValueError, OverflowError) as error:
            return Outcome("unknown", f"{confirmed}: {error}")
        if now != value:
            return Outcome("failed", f"the device confirmed, but now holds {now} and not {value}")
        return Outcome("written")
