"""A TCP connection to a host by name or address, as a socket that never leaks.

The plain way, `loop.create_connection` with a name, drops a socket that has just connected when it
is cancelled in that instant, and tries the addresses of a host one after the other or in tasks that
it leaves behind. It also costs some twenty calls of the kernel, and a plant looks at a thousand
devices each second; this costs four.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from fsmv2.host.names import Address, resolve

HEAD_START = 0.25
"""Seconds after which the next address of a host is tried beside one that does not answer: a
network that swallows IPv6 must not use up the timeout of a device that has IPv4, too."""


async def open_socket(host: str, port: int, *, within: float) -> socket.socket:
    """A connected socket that does not block; the caller closes it.

    OSError says why none of the host's addresses accepted, a NameLookupError that it has none;
    TimeoutError: nothing answered within so many seconds.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    addresses = await resolve(host, port, timeout=within)
    async with asyncio.timeout_at(until):
        if len(addresses) == 1:
            return await _connected(loop, *addresses[0])
        return await _first(loop, addresses)


async def _connected(
    loop: asyncio.AbstractEventLoop, family: int, address: tuple[Any, ...]
) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        await loop.sock_connect(opened, address)
    except BaseException:  # a cancellation as well: nobody else knows this socket
        opened.close()
        raise
    return opened


async def _first(loop: asyncio.AbstractEventLoop, addresses: list[Address]) -> socket.socket:
    """The first that accepts; each gets a head start on the next."""
    problem: BaseException | None = None
    left = list(addresses)
    tried: set[asyncio.Task[socket.socket]] = set()
    try:
        while left or tried:
            if left:
                tried.add(loop.create_task(_connected(loop, *left.pop(0))))
            done, _ = await asyncio.wait(
                tried,
                timeout=HEAD_START if left else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                tried.discard(task)
                if task.exception() is None:
                    tried |= done - {task}
                    return task.result()
                problem = problem or task.exception()
        raise problem if problem is not None else OSError("it has no address")
    finally:
        for task in tried:
            task.cancel()
            task.add_done_callback(_close_unused)


def _close_unused(task: asyncio.Task[socket.socket]) -> None:
    """Close the socket of a try that came second, also when it has just connected."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()
