"""TCP ports of the loopback interface that nobody listens on."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Callable, Container, Iterable
from pathlib import Path

from fsmv2.errors import TemporaryError

LOWEST = 10240
"""Where the search for one begins; below are the well-known ports."""


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on this port of the loopback interface."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            return False
    return True


def free_port(
    wanted: Iterable[int],
    *,
    ours: Container[int] = (),
    other: int = 0,
    below: Callable[[int], int] = secrets.randbelow,
) -> int:
    """The first of the `wanted` ports that is free, or else any; never `other`, nor 0.

    One of `ours` counts as free. `below` draws a number. TemporaryError: no port is.
    """
    # Ports that the kernel gives to outgoing connections are left alone: a client that tries again
    # and again while the server is away would one day be given the very port, and keep it.
    limit = max(_first_outgoing(), LOWEST + 1000)
    more = (LOWEST + below(limit - LOWEST) for _ in range(1000))
    for port in (*wanted, *more):
        if port and port != other and (port in ours or is_free(port)):
            return port
    raise TemporaryError(f"no free TCP port between {LOWEST} and {limit} on 127.0.0.1.")


def _first_outgoing() -> int:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    return 32768
