"""The bytes of one TCP connection to a device, from its opening to its end.

A protocol of asyncio and not its streams: those read on in a task of their own, and hide whether
the other side has closed, which decides what may be said of a request.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from typing import Any

from fsmv2.flow.inputs.modbus.frame import Frame, frame_bytes, take_frame

KEEPALIVE = ((socket.TCP_KEEPIDLE, 10), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3))
"""A peer that vanished without a word is noticed by the kernel after 25 s, also between polls."""
REMEMBERED = 64
"""Requests back to which a late answer is known as one; a later one ends the connection."""
MOST = 65536
"""Bytes that may wait unread; a device never sends more unasked."""
DROP_UNSENT, SEND_ON = struct.pack("ii", 1, 0), struct.pack("ii", 0, 0)
"""What the kernel does with what it could not deliver yet when the connection is closed."""


class Transactions:
    """The numbers of the requests to one address: 1 to 65535, and from 1 again.

    They go on over all its connections, because a gateway may send the answer that one connection
    did not wait for on the next; they begin anywhere, because a connection of ours may have been
    there before.
    """

    def __init__(self, first: int | None = None) -> None:
        self._made = (secrets.randbelow(0xFFFF) if first is None else first - 1) % 0xFFFF
        self._first = self._made

    @property
    def used(self) -> bool:
        """Whether there was any request."""
        return self._made > self._first

    @property
    def newest(self) -> int:
        """The last one, modulo 65535."""
        return self._made % 0xFFFF

    def next(self) -> int:
        """The number of a new request."""
        self._made += 1
        return (self._made - 1) % 0xFFFF + 1

    def is_old(self, number: int) -> bool:
        """Whether it is one of the last before the newest: answered, or given up."""
        back = (self._made - number) % 0xFFFF
        return number > 0 and 0 < back < min(REMEMBERED, self._made - self._first)


class Stream(asyncio.Protocol):
    """One connection that stands, or stood; its requests are numbered by `transactions`."""

    def __init__(self, transactions: Transactions) -> None:
        self.transactions = transactions
        self.buffer = bytearray()
        self.lost = False
        self.peer: tuple[str, int] | None = None
        """The address of the other side, by number."""
        self.flooded = False
        """Whether it was closed here, because too much came that nobody asked for."""
        self.answers = 0
        """Answers that came on it, right or wrong."""
        self.ended = False
        """Whether its end was taken in by the connection."""
        self._drops = False
        self._transport: asyncio.Transport | None = None
        self._arrived: asyncio.Future[None] | None = None
        self._until = 0.0
        self._late: asyncio.TimerHandle | None = None

    def send(self, data: bytes) -> None:
        """Send; a lost connection shows when the answer is waited for."""
        if self._transport is not None and not self.lost:
            self._transport.write(data)

    def drop_unsent(self, drop: bool) -> None:
        """Whether what has not been delivered is dropped when the connection, or we, end.

        Else the kernel sends it on for minutes after the close, when nobody wants it any more.
        """
        if drop is self._drops:
            return
        self._drops = drop
        raw = self._transport.get_extra_info("socket") if self._transport is not None else None
        if raw is not None and raw.fileno() >= 0:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, DROP_UNSENT if drop else SEND_ON)

    async def frame(self, until: float) -> Frame | None:
        """The next frame; None: the connection was lost before it was whole. NotModbusError.

        TimeoutError: it was not whole at `until`, in seconds of the loop's clock. What came by then
        counts, also if the loop was late to look.
        """
        loop = asyncio.get_running_loop()
        while True:
            if (found := take_frame(self.buffer)) is not None:
                return found
            if self.lost:
                return None
            self._arrived, self._until = loop.create_future(), until
            self._be_late_at(until)
            await self._arrived

    def _be_late_at(self, until: float) -> None:
        # One timer for many requests, since nearly all are answered long before: to make and cancel
        # one for each takes a tenth of what a poll costs.
        if self._late is not None:
            if self._late.when() <= until:
                return
            self._late.cancel()
        self._late = asyncio.get_running_loop().call_at(until, self._too_late)

    def _too_late(self) -> None:
        self._late = None
        if self._arrived is None or self._arrived.done():
            return
        if asyncio.get_running_loop().time() < self._until:  # it was that of an earlier request
            self._be_late_at(self._until)
            return
        self._arrived.set_exception(TimeoutError())

    def unasked(self) -> bytes:
        """What came while nothing was asked, but for late answers, which are dropped here.

        NotModbusError: it is no Modbus TCP.
        """
        while (found := take_frame(self.buffer)) is not None:
            if not self._is_late(found.transaction):
                return frame_bytes(found.transaction, found.unit, found.pdu)
        if len(self.buffer) >= 2 and self._is_late(int.from_bytes(self.buffer[:2], "big")):
            return b""  # the first part of a late answer
        return bytes(self.buffer)

    def _is_late(self, transaction: int) -> bool:
        """While nothing is asked: whether it is of a request that was."""
        known = self.transactions
        return known.is_old(transaction) or (known.used and transaction % 0xFFFF == known.newest)

    def close(self) -> None:
        """End it now; what was not handed to the kernel is dropped."""
        self.lost = True
        if self._transport is not None:
            self._transport.abort()
        if self._late is not None:
            self._late.cancel()
            self._late = None
        self._wake()

    # ---- called by asyncio -------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        """The connection stands."""
        self._transport = transport
        if peer := transport.get_extra_info("peername"):
            self.peer = peer[0], peer[1]
        if (raw := transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in KEEPALIVE:
                raw.setsockopt(socket.IPPROTO_TCP, option, value)

    def data_received(self, data: bytes) -> None:
        """Some bytes came."""
        self.buffer += data
        if len(self.buffer) > MOST:
            self.flooded = True
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
