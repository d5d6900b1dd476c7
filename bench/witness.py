"""Counts what arrives in the namespace: `python -m bench.witness URL`.

Prints `ready` when it is subscribed. When its standard input ends it prints one JSON object: how
many samples it received, and a checksum of all of them that does not depend on their order.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import zlib

import nats


class Sum:
    """How many samples, and the sum of their checksums."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0

    def add(self, subject: str, payload: bytes) -> None:
        """Take one sample into account."""
        self.count += 1
        self.total = (self.total + zlib.crc32(payload, zlib.crc32(subject.encode()))) % 2**64


async def witness(url: str) -> None:
    """Subscribe and count until standard input ends."""

    async def failed(error: Exception) -> None:
        """The bench says what it needs to; a broker that is ended is no news to it."""

    client = await nats.connect(url, pending_size=1 << 26, error_cb=failed)
    seen = Sum()

    async def take(message: nats.aio.msg.Msg) -> None:
        seen.add(message.subject, message.data)

    await client.subscribe("umh.v1.>", cb=take, pending_msgs_limit=-1, pending_bytes_limit=-1)
    await client.flush()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    with contextlib.suppress(nats.errors.Error):
        await client.drain()
    print(json.dumps({"received": seen.count, "sum": seen.total}), flush=True)


if __name__ == "__main__":
    asyncio.run(witness(sys.argv[1]))
