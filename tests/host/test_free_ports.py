"""Ports that are free, and which of them is taken."""

from __future__ import annotations

import socket

import pytest

from fsmv2.errors import TemporaryError
from fsmv2.host import free_ports
from fsmv2.host.free_ports import LOWEST, free_port, is_free


def test_a_port_is_free_until_somebody_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert is_free(port, "127.0.0.5")
    assert is_free(port)


def test_the_first_wanted_port_that_is_free_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        free = free_port(())
        assert free_port((0, port, free)) == free
        assert free_port((port, free), ours={port}) == port, "one of ours is to be kept"
        assert free_port((free,), other=free) not in (0, free)


def test_any_other_is_of_those_that_no_outgoing_connection_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(free_ports, "_first_outgoing", lambda: 20_000)
    assert LOWEST <= free_port(()) < 20_000
    monkeypatch.setattr(free_ports, "is_free", lambda port: False)
    with pytest.raises(TemporaryError, match="no free TCP port between 10240 and 20000"):
        free_port((4222,))
