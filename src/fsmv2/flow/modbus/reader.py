"""Reads one Modbus TCP device: connects, reads all blocks, says what failed. No schedule here."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fsmv2.flow.config import ModbusInput
from fsmv2.flow.extra import industrial
from fsmv2.flow.modbus.device import ModbusDevice, explained
from fsmv2.flow.modbus.plan import ReadBlock, plan_reads
from fsmv2.flow.modbus.values import Value, decode
from fsmv2.flow.register import BIT_KINDS, Register


class Reading(msgspec.Struct, frozen=True):
    """All values that one poll gave, and what went wrong with the others, each with its tags."""

    values: tuple[tuple[Register, Value], ...]
    errors: tuple[str, ...]


class ModbusReader:
    """One connection to one device."""

    def __init__(self, config: ModbusInput) -> None:
        self._config = config
        self._blocks = plan_reads(config.registers, config.max_gap)
        self._device = ModbusDevice(config.host, config.port, config.timeout)

    @property
    def connected(self) -> bool:
        """Whether the TCP connection stands."""
        return self._device.connected

    async def connect(self) -> None:
        """Connect anew; raises OSError or TimeoutError when the device cannot be reached."""
        await self._device.connect()

    async def read(self) -> Reading:
        """Read every block; ConnectionError when the connection is gone, TimeoutError if silent."""
        values: list[tuple[Register, Value]] = []
        errors: list[str] = []
        for block in self._blocks:
            words = await self._read_block(block)
            if isinstance(words, str):
                tags = ", ".join(r.name for r in block.registers)
                errors.append(f"{tags}: {words}")
                continue
            for register in block.registers:
                start = register.address - block.address
                try:
                    values.append((register, self._decode(register, words, start)))
                except (ValueError, OverflowError) as error:
                    errors.append(str(error))
        return Reading(tuple(values), tuple(errors))

    def close(self) -> None:
        """Close the connection; harmless when there is none."""
        self._device.close()

    def lost(self, error: Exception) -> str:
        """Why the device cannot be reached, in words."""
        return self._device.lost(error)

    def _decode(self, register: Register, words: Sequence[int], start: int) -> Value:
        part = words[start : start + register.width]
        if len(part) < register.width:
            raise ValueError(f"{register.name}: the device sent fewer registers than asked for")
        config = self._config
        return decode(register, part, word_order=config.word_order, byte_order=config.byte_order)

    async def _read_block(self, block: ReadBlock) -> Sequence[int] | str:
        """The words or bits of a block, or why the device did not give them."""
        errors = industrial("pymodbus.exceptions")
        if not self.connected:
            raise ConnectionError("the device closed the connection")
        read = {
            "holding": self._device.client.read_holding_registers,
            "input": self._device.client.read_input_registers,
            "coil": self._device.client.read_coils,
            "discrete": self._device.client.read_discrete_inputs,
        }[block.kind]
        try:
            response = await read(block.address, count=block.count, device_id=self._config.unit)
        except errors.ConnectionException as error:
            raise ConnectionError("the device closed the connection") from error
        except errors.ModbusIOException as error:
            if not self.connected:
                raise ConnectionError("the device closed the connection") from error
            raise TimeoutError(
                f"no answer within {self._config.timeout:g} s from unit {self._config.unit}"
            ) from error
        except errors.ModbusException as error:
            return str(error)
        if response.isError():
            code = getattr(response, "exception_code", 0)
            return explained(code)
        words: Sequence[int] = (
            [int(bit) for bit in response.bits]
            if block.kind in BIT_KINDS
            else list(response.registers)
        )
        return words
