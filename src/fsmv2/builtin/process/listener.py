"""Whose a listening socket is: that a port answers says nothing of who answers.

The kernel's tables give each listening socket a number and the user who made it; a process has a
socket open if that number stands in its `/proc/PID/fd`, which only its own user and root may read.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from fsmv2.builtin.process.keeper.procfs import stat
from fsmv2.builtin.process.kernel import opener_of

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
LISTENS = "0A"
LOOPBACK = ("0100007F", "0000000000000000FFFF00000100007F")
ANY = ("00000000", "0" * 32)
"""As the tables write 127.0.0.1 and all addresses, of IPv4 and of IPv6."""


class Listener(NamedTuple):
    """One listening socket: what its link in `fd` says, and the user id of who made it."""

    link: str
    user: int


def stranger_at(port: int, pid: int, keeper: int) -> str:
    """Who else answers on this port of 127.0.0.1, as a sentence; empty when it is the process.

    The process is the command `pid`, what it and its `keeper` started, and its group.
    """
    found = listeners(port)
    if not found:
        return f"port {port} is answered by something that is no process of this machine"
    own = group_of(pid, keeper)
    if any(_has_open(one, found) for one in own):
        return ""
    holder = opener_of({listener.link for listener in found})
    if holder:
        return f"port {port} is taken by {holder}, which is not of this process"
    # One that changed its user, or has rights of its own, shows its files to nobody but root.
    users = {listener.user for listener in found}
    if any(user in users for one in own if (user := _hidden_user(one)) is not None):
        return ""
    names = ", ".join(sorted(map(_user_name, users)))
    return f"port {port} is taken by a process of the user {names}, which is not of this process"


def listeners(port: int) -> list[Listener]:
    """The sockets that a connection to this port of 127.0.0.1 may reach.

    Those of just that address, if there are any: the kernel prefers them to those of all addresses.
    """
    found: dict[bool, list[Listener]] = {True: [], False: []}
    for table in TABLES:
        with contextlib.suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                address, _, number = fields[1].rpartition(":")
                if fields[3] == LISTENS and int(number, 16) == port and address in LOOPBACK + ANY:
                    listener = Listener(f"socket:[{fields[9]}]", int(fields[7]))
                    found[address in LOOPBACK].append(listener)
    return found[True] or found[False]


def group_of(pid: int, keeper: int) -> set[int]:
    """The command, its group and session, and all that it or its keeper started, at any depth."""
    parents: dict[int, int] = {}
    own = {pid}
    for name in os.listdir("/proc"):
        fields = stat(name) if name.isdecimal() else None
        if fields:
            parents[int(name)] = int(fields[1])
            if pid in (int(fields[2]), int(fields[3])):
                own.add(int(name))
    roots = {one for one in (pid, keeper) if one}
    grown = True
    while grown:
        more = {child for child, parent in parents.items() if parent in own | roots} - own
        grown = bool(more)
        own |= more
    return own - {keeper}


def _has_open(pid: int, sockets: Iterable[Listener]) -> bool:
    links = {socket.link for socket in sockets}
    with contextlib.suppress(OSError):
        for entry in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{pid}/fd/{entry}") in links:
                    return True
    return False


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


def _user_name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
