"""Who asks over a Unix socket, by name."""

from __future__ import annotations

import socket

from fsmv2.host.unix_peer import peer_of
from fsmv2.host.user_names import user_name


def user_of(connection: socket.socket) -> tuple[str, int]:
    """The user's name, or `uid 1000` for one without, and its number; of a socket just accepted."""
    uid = peer_of(connection).user
    return user_name(uid) or f"uid {uid}", uid
