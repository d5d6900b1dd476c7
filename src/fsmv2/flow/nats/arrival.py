"""Takes messages right where they are read from the socket, and knows since when they may be there.

The client (nats-py 2) puts what it reads into a queue of its own, half a million messages deep, and
calls back one after another. Whatever measures an age there measures from its turn. Here each
message of a subscription is handed over before anything waits, so nothing piles up in this process.

In a flood the answer to a ping may come after its time. The client then sets the result of a future
that was cancelled, and that error ends its reading for good, with all that is still in the socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import termios
from collections.abc import Callable
from typing import Any

from fsmv2.flow.nats.message_age import steady

Take = Callable[[str, bytes, str, str], None]
"""Called with subject, payload, reply subject and Nats-Msg-Id; must be quick, and not raise."""

MESSAGE_ID = b"nats-msg-id"


class Arrivals:
    """The messages of one connected client."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._taken: dict[int, Take] = {}
        self._process = client._process_msg
        self._read = client._transport.read
        client._process_msg = self._arrived
        client._transport.read = self._read_noting
        self._pong = client._process_pong
        client._process_pong = self._ponged
        self.since = steady()
        """What is read now was not there before: since then there was always something to read."""

    def take(self, subscription: Any, take: Take) -> None:
        """From now on hand over the messages of this subscription as they are read."""
        self._taken[subscription._id] = take

    async def _read_noting(self, size: int) -> bytes:
        # Who sends is alive; its answer to our ping may be a long way behind in what it sends.
        self._client._pings_outstanding = 0
        if self._waiting():
            await asyncio.sleep(0)  # a flood is read in turns with everything else on this loop
            return bytes(await self._read(size))
        found = await self._read(size)
        self.since = steady()
        return bytes(found)

    async def _ponged(self) -> None:
        """An answer to a ping, also to one that is not waited for any more."""
        asked = self._client._pongs
        if asked and asked[0].done():
            asked[0] = asyncio.get_running_loop().create_future()
        await self._pong()

    def _waiting(self) -> bool:
        """Whether there is something to read, here or in the socket."""
        transport = self._client._transport
        if getattr(transport._io_reader, "_buffer", b""):
            return True
        with contextlib.suppress(OSError, ValueError, AttributeError):
            socket = transport._io_writer.get_extra_info("socket")
            count = fcntl.ioctl(socket.fileno(), termios.FIONREAD, b"\0\0\0\0")
            return count != b"\0\0\0\0"
        return False

    async def _arrived(
        self, sid: int, subject: bytes, reply: bytes, data: bytes, headers: bytes | None
    ) -> None:
        take = self._taken.get(sid)
        if take is None:
            await self._process(sid, subject, reply, data, headers)
            return
        take(text_of(subject), data, text_of(reply), id_of(headers))


def text_of(raw: bytes) -> str:
    """A subject as text, whatever bytes it is of: the client would end at one that is not UTF-8."""
    return raw.decode("utf-8", "replace")


def id_of(headers: bytes | None) -> str:
    """The Nats-Msg-Id among raw headers, or ''; those that cannot be read have none."""
    for line in (headers or b"").split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == MESSAGE_ID:
            return text_of(value.strip())
    return ""
