"""Whose a listening port is: that a port answers says nothing of who answers."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from fsmv2.host.open_files import open_links, opener_of
from fsmv2.host.procfs import pids, stat
from fsmv2.host.tcp_table import listeners, listening
from fsmv2.host.user_names import user_name


def holder_of(port: int) -> str:
    """Who listens on a TCP port of this machine, as 'pid 123 (name)'; '' when it cannot be told."""
    found = listening(port)
    return opener_of({one.link for one in found}) if found else ""


def stranger_at(port: int, pid: int, shim: int) -> str:
    """Who else answers on this port of 127.0.0.1, as a sentence; empty when it is the process.

    The process is the command `pid`, what it and its `shim` started, and its group.
    """
    found = listeners(port)
    if not found:
        return f"port {port} is answered by something that is no process of this machine"
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
    names = ", ".join(sorted(map(user_name, users)))
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
