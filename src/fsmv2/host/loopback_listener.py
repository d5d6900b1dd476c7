"""A TCP socket that listens on an address of this machine alone, or an error that says who does."""

from __future__ import annotations

import errno
import socket

from fsmv2.errors import ListenError, error_text
from fsmv2.host.socket_owner import holder_of, listening
from fsmv2.host.user_names import user_name

BACKLOG = 100
"""Connections that the kernel accepts ahead of us."""


def listen_on_loopback(host: str, port: int) -> socket.socket:
    """A socket that listens, and does not block; port 0: a free one. Blocks for a moment.

    ListenError says why it cannot be had, and who has the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made: socket.socket | None = None
    try:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(BACKLOG)
    except OSError as error:
        if made is not None:
            made.close()
        raise _refused(host, port, error) from error
    return made


def _refused(host: str, port: int, error: OSError) -> ListenError:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return ListenError(
            f"{where} is taken{_by(port)}.",
            fix="End that program, or choose another port; with port 0 a free one is chosen.",
        )
    if error.errno == errno.EACCES:
        return ListenError(
            f"this user may not listen on {where}.",
            fix="Name a port from 1024 up.",
        )
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return ListenError(
            f"this machine has no address {host}.", fix="Name 127.0.0.1, or enable IPv6."
        )
    why = error_text(error)
    return ListenError(f"{where} cannot be listened on: {why}.", fix="Choose another port.")


def _by(port: int) -> str:
    if holder := holder_of(port):
        return f" by {holder}"
    users = sorted({user_name(one.user) or f"uid {one.user}" for one in listening(port)})
    return f" by a process of the user {', '.join(users)}" if users else ""
