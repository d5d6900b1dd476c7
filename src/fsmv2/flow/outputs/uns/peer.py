"""Whose process is at the other end of a connection on the loopback interface.

While an embedded broker is away any user of the machine can take its port, and its name is no
secret. Whoever then got our password could command machines, so the kernel is asked first.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

TABLE = Path("/proc/net/tcp")


def is_another_users(writer: Any) -> bool:
    """Whether a connected asyncio stream leads to a process of another user than ours.

    False where that cannot be told: on another machine, or where there is no such table.
    """
    here, there = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
    if here is None or there is None or not str(there[0]).startswith("127."):
        return False
    owner = owner_of(there[:2], here[:2])
    return owner is not None and owner != os.geteuid()


def owner_of(local: tuple[str, int], remote: tuple[str, int]) -> int | None:
    """The user id of a connected TCP socket of this machine (IPv4); None: there is none."""
    wanted = [_as_in_table(local), _as_in_table(remote)]
    try:
        lines = TABLE.read_text().splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        if fields[1:3] == wanted:
            return int(fields[7])
    return None


def _as_in_table(address: tuple[str, int]) -> str:
    host, port = address
    number = int.from_bytes(socket.inet_aton(host), "little")
    return f"{number:08X}:{port:04X}"
