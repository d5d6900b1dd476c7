"""Who is at the other end of a Unix socket, as the kernel knows it: nobody can claim a name."""

from __future__ import annotations

import pwd
import socket
import struct

_CREDENTIALS = struct.Struct("3i")  # pid, uid, gid


def user_of(connection: socket.socket) -> tuple[str, int]:
    """The user's name, or `uid 1000` for one without, and its number; of a socket just accepted."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    try:
        return pwd.getpwuid(uid).pw_name, uid
    except KeyError:
        return f"uid {uid}", uid
