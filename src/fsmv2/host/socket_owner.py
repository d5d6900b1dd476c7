"""Whose a TCP socket is, by the tables of the kernel: that a port answers says nothing of who does.

Each row has the addresses of a socket, the user who made it, and its number, which stands in the
`/proc/PID/fd` of who has it open.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fsmv2.host.open_files import open_links, opener_of
from fsmv2.host.procfs import pids, stat
from fsmv2.host.user_names import user_name

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


def holder_of(port: int) -> str:
    """Who listens on a TCP port of this machine, as 'pid 123 (name)'; '' when it cannot be told."""
    found = listening(port)
    return opener_of({one.link for one in found}) if found else ""


def other_listener(port: int, pid: int, shim: int) -> str:
    """Who else answers on this port of 127.0.0.1, as a sentence; empty when it is the process.

    The process is the command `pid`, what it and its `shim` started, and its group.
    """
    found = listeners(port)
    if not found:
        return f"port {port} is answered by something that is not a process of this machine"
    own = group_of(pid, shim)
    links = {one.link for one in found}
    if any(link in links for one in own for link in open_links(one)):
        return ""
    holder = opener_of(links)
    if holder:
        return f"port {port} is taken by {holder}, which is not of this process"
    # One that changed its user, or has rights of its own, shows its files to nobody but root.
    users = {one.user for one in found}
    if any(user in users for one in own if (user := _hidden_user(one)) is not None):
        return ""
    names = ", ".join(sorted(user_name(user) or str(user) for user in users))
    return f"port {port} is taken by a process of the user {names}, which is not of this process"


def group_of(pid: int, shim: int) -> set[int]:
    """The command, its group and session, and all that it or its shim started, at any depth."""
    parents: dict[int, int] = {}
    own = {pid}
    for one in pids():
        if fields := stat(one):
            parents[one] = int(fields[1])
            if pid in (int(fields[2]), int(fields[3])):
                own.add(one)
    roots = {one for one in (pid, shim) if one}
    grown = True
    while grown:
        more = {child for child, parent in parents.items() if parent in own | roots} - own
        grown = bool(more)
        own |= more
    return own - {shim}


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


def _hidden_user(pid: int) -> int | None:
    """The user of a process whose open files cannot be read; None of another."""
    try:
        os.listdir(f"/proc/{pid}/fd")
    except PermissionError:
        with contextlib.suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("Uid:"):
                    return int(line.split()[2])  # the effective one, which its sockets have
    except OSError:
        pass
    return None


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
