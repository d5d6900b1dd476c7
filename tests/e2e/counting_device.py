"""Modbus devices that count: what register they are asked for, it holds how often that was done."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

from raw_device import RawDevice

READ_HOLDING, WRITE_REGISTER = 3, 6
TCP_ESTABLISHED = 1
"""As in the kernel's `tcp_states.h`."""


class CountingDevice(RawDevice):
    """A device on a free port; each answer to a read has the next number in all registers."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = 0
        self.written: list[tuple[int, int]] = []
        """(address, value) of each write."""
        self.met = 0
        """Connections that were accepted while another one stood."""

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met += any(map(_stands, self._open.values()))
        await super()._accept(reader, writer)

    def _answer(self, pdu: bytes) -> bytes:
        function, address, last = struct.unpack(">BHH", pdu[:5])
        if function == WRITE_REGISTER:
            self.written.append((address, last))
            return pdu
        assert function == READ_HOLDING
        self.answered += 1
        return struct.pack(f">BB{last}H", READ_HOLDING, 2 * last, *[self.answered % 65536] * last)


def _stands(writer: asyncio.StreamWriter) -> bool:
    """Whether the other side has not closed it, as the kernel knows before this loop does."""
    opened = writer.get_extra_info("socket")
    if opened is None or opened.fileno() < 0:
        return False
    # Its first byte is the state. What was sent before it was closed may still wait to be read.
    return bool(opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == TCP_ESTABLISHED)


@contextlib.asynccontextmanager
async def devices(*names: str) -> AsyncIterator[dict[str, CountingDevice]]:
    """A device for each name."""
    async with contextlib.AsyncExitStack() as stack:
        made = {name: CountingDevice() for name in names}
        for device in made.values():
            await stack.enter_async_context(device.running())
        yield made
