"""Who is at the other end of a Unix socket, as the kernel knows it: nobody can claim a name."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

_CREDENTIALS = struct.Struct("3i")
"""pid, user and group."""


class Peer(NamedTuple):
    """A process, and the id of the user that it runs as."""

    pid: int
    user: int


def peer_of(connection: socket.socket) -> Peer:
    """Who listens at, or made, the other end of a connection. OSError: it cannot be told."""
    found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _ = _CREDENTIALS.unpack(found)
    return Peer(pid, user)
