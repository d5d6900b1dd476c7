"""An address of this machine alone to listen on, or who has it."""

from __future__ import annotations

import os
import socket

import pytest

from fsmv2.errors import ListenError
from fsmv2.host.loopback_listener import listen_on_loopback


def test_port_0_is_a_free_one_and_is_not_handed_to_children() -> None:
    with listen_on_loopback("127.0.0.1", 0) as made:
        assert made.getsockname()[1] > 0
        assert not made.getblocking()
        assert not made.get_inheritable()


def test_a_port_that_is_taken_is_refused_with_who_has_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ListenError) as refused:
            listen_on_loopback("127.0.0.1", port)
    assert f"127.0.0.1:{port} is taken by pid {os.getpid()} (" in str(refused.value)
    assert "choose another port" in refused.value.fix


def test_a_port_that_is_taken_on_all_addresses_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        with pytest.raises(ListenError, match="is taken by pid"):
            listen_on_loopback("127.0.0.1", other.getsockname()[1])


def test_a_port_is_free_again_right_after_its_last_connection() -> None:
    with listen_on_loopback("127.0.0.1", 0) as made:
        port = made.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            made.setblocking(True)
            made.accept()[0].close()
    listen_on_loopback("127.0.0.1", port).close()


def test_an_address_that_this_machine_has_not_is_named() -> None:
    with pytest.raises(ListenError, match=r"no address|cannot be listened on"):
        listen_on_loopback("192.0.2.1", 0)
