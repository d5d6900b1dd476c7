"""Whether something accepts TCP connections at an address, with as few system calls as it takes.

A plant looks at a thousand devices each second. A stream with its transport and protocol costs
some twenty calls of the kernel, each of which hands the interpreter to another thread; this takes
four. Called by the connection worker.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from fsmv2 import resolve

HEAD_START = 0.25
"""Seconds after which the next address of a host is tried beside one that does not answer: a
network that swallows IPv6 must not use up the time-out of a device that has IPv4, too."""


async def reach(host: str, port: int, *, within: float) -> None:
    """Connect and hang up.

    OSError says why none of the host's addresses accepted, a NameLookupError that it has none;
    TimeoutError: nothing answered within so many seconds.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    addresses = await resolve(host, port, timeout=within)
    async with asyncio.timeout_at(until):
        if len(addresses) == 1:
            await _knock(loop, *addresses[0])
        else:
            await _first(loop, addresses)


async def _knock(loop: asyncio.AbstractEventLoop, family: int, address: tuple[Any, ...]) -> None:
    with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
        await loop.sock_connect(probe, address)


async def _first(
    loop: asyncio.AbstractEventLoop, addresses: list[tuple[int, tuple[Any, ...]]]
) -> None:
    """Until one accepts; each gets a head start on the next."""
    problem: BaseException | None = None
    left = list(addresses)
    tried: set[asyncio.Task[None]] = set()
    try:
        while left or tried:
            if left:
                tried.add(loop.create_task(_knock(loop, *left.pop(0))))
            done, tried = await asyncio.wait(
                tried,
                timeout=HEAD_START if left else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                if task.exception() is None:
                    return
                problem = problem or task.exception()
        raise problem if problem is not None else OSError("it has no address")
    finally:
        for task in tried:
            task.cancel()
