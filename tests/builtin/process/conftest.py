"""A free port for processes that listen."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest


@pytest.fixture
def free_port() -> Callable[[], int]:
    def choose() -> int:
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            return int(chosen.getsockname()[1])

    return choose
