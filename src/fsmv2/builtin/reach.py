"""Whether something accepts TCP connections at an address, with as few system calls as it takes.

A plant looks at a thousand devices each second. A stream with its transport and protocol costs
some twenty calls of the kernel, each of which hands the interpreter to another thread; this takes
four. Called by the connection worker.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

Address = tuple[Any, ...]


async def reach(host: str, port: int) -> None:
    """Connect and hang up; OSError says why none of the host's addresses accepted."""
    loop = asyncio.get_running_loop()
    problem: OSError = OSError(f"{host} has no address")
    for family, address in await _addresses(loop, host, port):
        with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as probe:
            try:
                await loop.sock_connect(probe, address)
            except OSError as error:
                problem = error
            else:
                return
    raise problem


async def _addresses(
    loop: asyncio.AbstractEventLoop, host: str, port: int
) -> list[tuple[int, Address]]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]
    return [(socket.AF_INET if version == 4 else socket.AF_INET6, (host, port))]
