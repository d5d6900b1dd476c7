"""Simulated PLCs that count: `python -m bench.counting_plcs 250` prints their ports, then serves.

Each answers any read of holding registers with the number of the read in every register, so that a
lost sample shows as a gap in its numbers. A line on standard input is answered with how often each
was connected to; the end of it ends the process. Their own code, and not a library's: of a thousand
devices a library would take more of the machine than what is measured.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys

HEADER, REQUEST = struct.Struct(">HHHB"), struct.Struct(">BHH")
READ_HOLDING, REFUSED = 3, b"\x83\x01"


class CountingPlc:
    """One device."""

    def __init__(self) -> None:
        self.reads = self.connections = 0

    def connected(self) -> Connection:
        """One more connection to it."""
        self.connections += 1
        return Connection(self)

    def answer(self, pdu: bytes) -> bytes:
        """What it says to a request."""
        function, _, count = REQUEST.unpack(pdu[: REQUEST.size])
        if function != READ_HOLDING:
            return REFUSED
        self.reads += 1
        return struct.pack(f">BB{count}H", function, 2 * count, *[self.reads % 65536] * count)


class Connection(asyncio.Protocol):
    """A connection to a device."""

    def __init__(self, plc: CountingPlc) -> None:
        self._plc = plc
        self._came = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self._came += data
        while len(self._came) >= HEADER.size:
            transaction, _, length, unit = HEADER.unpack_from(self._came)
            if len(self._came) < 6 + length:
                return
            pdu, self._came = self._came[HEADER.size : 6 + length], self._came[6 + length :]
            answer = self._plc.answer(pdu)
            self._transport.write(HEADER.pack(transaction, 0, len(answer) + 1, unit) + answer)


async def serve(count: int) -> None:
    """Serve so many until standard input ends."""
    loop = asyncio.get_running_loop()
    plcs = [CountingPlc() for _ in range(count)]
    servers = [await loop.create_server(plc.connected, "127.0.0.1", 0) for plc in plcs]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps([plc.connections for plc in plcs]), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
