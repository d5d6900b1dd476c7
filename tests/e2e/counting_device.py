"""Modbus devices that count: what register they are asked for, it holds how often that was done."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import AsyncIterator

from raw_device import RawDevice

READ_HOLDING, WRITE_REGISTER = 3, 6


class CountingDevice(RawDevice):
    """A device on a free port; each answer to a read has the next number in all registers."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = 0
        self.written: list[tuple[int, int]] = []
        """(address, value) of each write."""

    def _answer(self, pdu: bytes) -> bytes:
        function, address, last = struct.unpack(">BHH", pdu[:5])
        if function == WRITE_REGISTER:
            self.written.append((address, last))
            return pdu
        assert function == READ_HOLDING
        self.answered += 1
        return struct.pack(f">BB{last}H", READ_HOLDING, 2 * last, *[self.answered % 65536] * last)


@contextlib.asynccontextmanager
async def devices(*names: str) -> AsyncIterator[dict[str, CountingDevice]]:
    """A device for each name."""
    async with contextlib.AsyncExitStack() as stack:
        made = {name: CountingDevice() for name in names}
        for device in made.values():
            await stack.enter_async_context(device.running())
        yield made
