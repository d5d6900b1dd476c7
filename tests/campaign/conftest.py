"""Free ports for the campaigns."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import pytest


@pytest.fixture
def free_ports() -> tuple[int, int, int]:
    """Three TCP ports of 127.0.0.1 that nobody uses now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        first, second, third = (one.getsockname()[1] for one in sockets)
        return first, second, third
