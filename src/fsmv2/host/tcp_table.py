"""The kernel's tables of TCP sockets: each with its addresses, who made it, and its number."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

IPV4, IPV6 = Path("/proc/net/tcp"), Path("/proc/net/tcp6")
LISTENS = "0A"
LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F")
ANY = ("00000000", "0" * 32)
"""As the tables write 127.0.0.1 and all addresses, of IPv4 and of IPv6."""


class TcpSocket(NamedTuple):
    """A row of a table; `link` is what a descriptor of it leads to, `user` the id of its maker."""

    local: str
    remote: str
    state: str
    user: int
    link: str


def listeners(port: int) -> list[TcpSocket]:
    """The sockets that a connection to this port of 127.0.0.1 may reach.

    Those of just that address, if there are any: the kernel prefers them to those of all addresses.
    """
    found: dict[str, list[TcpSocket]] = {}
    for one in listening(port):
        found.setdefault(one.local.partition(":")[0], []).append(one)
    for addresses in (LOOPBACK, ANY):
        if sockets := [one for address in addresses for one in found.get(address, ())]:
            return sockets
    return []


def listening(port: int) -> list[TcpSocket]:
    """The sockets that listen on this port of any address."""
    end = f":{port:04X}"
    return [
        one
        for one in (*_sockets(IPV4), *_sockets(IPV6))
        if one.state == LISTENS and one.local.endswith(end)
    ]


def owner_of(local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """The user id of a connected TCP socket of this machine (IPv4); None: there is none."""
    wanted = (_as_in_table(local), _as_in_table(remote))
    return next((one.user for one in _sockets(IPV4) if (one.local, one.remote) == wanted), None)


def _sockets(table: Path) -> Iterator[TcpSocket]:
    with contextlib.suppress(OSError):
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            yield TcpSocket(
                fields[1], fields[2], fields[3], int(fields[7]), f"socket:[{fields[9]}]"
            )


def _as_in_table(address: tuple[str, int]) -> str:
    host, port = address
    number = int.from_bytes(socket.inet_aton(host), "little")
    return f"{number:08X}:{port:04X}"
