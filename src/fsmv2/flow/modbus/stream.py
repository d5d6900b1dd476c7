"""The bytes of one TCP connection to a device, from its opening to its end.

A protocol of asyncio and not its streams: those read on in a task of their own, and hide whether
the other side has closed, which decides what may be said of a request.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from fsmv2.flow.modbus.frame import Frame, frame_bytes, take_frame

KEEPALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))
"""A peer that vanished without a word is noticed by the kernel after 25 s, also between polls."""
REMEMBERED = 64
"""Requests back to which a late answer is known as one; a later one ends the connection."""
MOST = 65536
"""Bytes that may wait unread; a device never sends more unasked."""


class Stream(asyncio.Protocol):
    """One connection that stands, or stood. Transactions are numbered on it, none twice."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.lost = False
        self.answers = 0
        """Answers that came on it, right or wrong."""
        self.ended = False
        """Whether its end was taken in by the connection."""
        self._sent = 0
        self._transport: asyncio.Transport | None = None
        self._arrived: asyncio.Future[None] | None = None

    def next_transaction(self) -> int:
        """The number of a new request: 1 to 65535, and from 1 again."""
        self._sent += 1
        return (self._sent - 1) % 0xFFFF + 1

    def is_old(self, transaction: int) -> bool:
        """Whether it is one of the last requests before the newest: answered, or given up."""
        back = (self._sent - transaction) % 0xFFFF
        return transaction > 0 and 0 < back < min(REMEMBERED, self._sent)

    def send(self, data: bytes) -> None:
        """Send; a lost connection shows when the answer is waited for."""
        if self._transport is not None and not self.lost:
            self._transport.write(data)

    async def frame(self) -> Frame | None:
        """The next frame; None: the connection was lost before it was whole. NotModbusError."""
        while True:
            if (found := take_frame(self.buffer)) is not None:
                return found
            if self.lost:
                return None
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived

    def unasked(self) -> bytes:
        """What came while nothing was asked, but for late answers, which are dropped here.

        NotModbusError: it is no Modbus TCP.
        """
        newest = self._sent % 0xFFFF
        while (found := take_frame(self.buffer)) is not None:
            if not self.is_old(found.transaction) and found.transaction % 0xFFFF != newest:
                return frame_bytes(found.transaction, found.unit, found.pdu)
        if len(self.buffer) >= 2:
            begun = int.from_bytes(self.buffer[:2], "big")
            if self._sent and (self.is_old(begun) or begun % 0xFFFF == newest):
                return b""  # the first part of a late answer
        return bytes(self.buffer)

    def close(self) -> None:
        """End it now; what was not sent is dropped."""
        self.lost = True
        if self._transport is not None:
            self._transport.abort()
        self._wake()

    # ---- called by asyncio -------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """The connection stands."""
        self._transport = transport
        if (raw := transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in KEEPALIVE:
                raw.setsockopt(socket.IPPROTO_TCP, option, value)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        self.buffer += data
        if len(self.buffer) > MOST:
            self.close()
        self._wake()

    def eof_received(self) -> bool:
        """The device closes: what it has not answered by now, it will not."""
        self.lost = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over, whoever closed it."""
        self.lost = True
        self._wake()

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)
