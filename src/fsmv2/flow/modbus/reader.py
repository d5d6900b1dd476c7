"""Reads one Modbus TCP device: connects, reads all blocks, says what failed. No schedule here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NoReturn

import msgspec

from fsmv2.flow.config import ModbusInput
from fsmv2.flow.extra import industrial, silence
from fsmv2.flow.modbus.plan import ReadBlock, plan_reads
from fsmv2.flow.modbus.values import Value, decode
from fsmv2.flow.register import BIT_KINDS, Register

EXCEPTIONS = {
    1: "the device does not know this kind of read (illegal function)",
    2: "no such address on the device (illegal data address)",
    3: "the device refuses this read (illegal data value)",
    4: "the device failed while reading",
    6: "the device is busy",
    10: "the gateway has no path to the device",
    11: "the device behind the gateway does not answer",
}


class Reading(msgspec.Struct, frozen=True):
    """All values that one poll gave, and what went wrong with the others, each with its tags."""

    values: tuple[tuple[Register, Value], ...]
    errors: tuple[str, ...]


class ModbusReader:
    """One connection to one device."""

    def __init__(self, config: ModbusInput) -> None:
        silence("pymodbus", "pymodbus.logging")
        self._config = config
        self._blocks = plan_reads(config.registers, config.max_gap)
        self._client: Any = None

    @property
    def connected(self) -> bool:
        """Whether the TCP connection stands."""
        return self._client is not None and bool(self._client.connected)

    async def connect(self) -> None:
        """Connect anew; raises OSError or TimeoutError when the device cannot be reached."""
        self.close()
        config = self._config
        client = industrial("pymodbus.client").AsyncModbusTcpClient(
            config.host, port=config.port, timeout=config.timeout, retries=0, reconnect_delay=0
        )
        try:
            if not await client.connect():
                await self._say_why_not()
        except BaseException:
            client.close()
            raise
        self._client = client

    async def _say_why_not(self) -> NoReturn:
        """Raise the reason: the library only says that it is not connected."""
        config = self._config
        async with asyncio.timeout(config.timeout):
            _, writer = await asyncio.open_connection(config.host, config.port)
        writer.close()
        raise ConnectionError("the device closed the connection")

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
        client, self._client = self._client, None
        if client is not None:
            client.close()

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
            "holding": self._client.read_holding_registers,
            "input": self._client.read_input_registers,
            "coil": self._client.read_coils,
            "discrete": self._client.read_discrete_inputs,
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
            return EXCEPTIONS.get(code, f"the device answered with exception {code}")
        words: Sequence[int] = (
            [int(bit) for bit in response.bits]
            if block.kind in BIT_KINDS
            else list(response.registers)
        )
        return words
