"""Whose a listening port is."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest

from fsmv2.host import socket_owner
from fsmv2.host.socket_owner import (
    TcpSocket,
    group_of,
    holder_of,
    listeners,
    other_listener,
    owner_of,
)


@pytest.fixture
def sleeping() -> Iterator[Callable[[], int]]:
    """Start a process in a session of its own; its pid."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> int:
        started.append(subprocess.Popen(["sleep", "600"], start_new_session=True))
        return started[-1].pid

    yield start
    for one in started:
        one.kill()
        one.wait()


def test_the_holder_of_a_port_is_named_whatever_its_address() -> None:
    with socket.create_server(("127.0.0.3", 0)) as server:
        port = server.getsockname()[1]
        assert holder_of(port).startswith(f"pid {os.getpid()} (")
        assert listeners(port) == [], "a connection to 127.0.0.1 does not reach it"
    assert holder_of(port) == ""


def test_both_ends_of_a_connection_have_their_owner() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        here, there = client.getsockname(), client.getpeername()
        assert owner_of(here, there) == owner_of(there, here) == os.geteuid()
        assert owner_of(here, ("127.0.0.2", 1)) is None


def test_the_group_is_of_the_command_and_not_of_the_whole_machine(
    sleeping: Callable[[], int],
) -> None:
    one, other = sleeping(), sleeping()
    assert group_of(one, 0) == {one}
    assert {one, other} <= group_of(one, os.getpid())


def test_a_socket_of_just_that_address_is_the_one_that_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as near, socket.socket() as wide:
        port = near.getsockname()[1]
        near_link = os.readlink(f"/proc/self/fd/{near.fileno()}")
        assert [(one.link, one.user) for one in listeners(port)] == [(near_link, os.geteuid())]
        wide.bind(("127.0.0.2", port))
        wide.listen()
        assert [(one.link, one.user) for one in listeners(port)] == [(near_link, os.geteuid())]
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as both:
        assert len(listeners(both.getsockname()[1])) == 1


def test_what_hides_its_files_is_judged_by_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one does that gave up root, when fsmv2 is not root either."""
    found = [TcpSocket("", "", "0A", 4711, "socket:[1]")]
    monkeypatch.setattr(socket_owner, "listeners", lambda port: found)
    monkeypatch.setattr(socket_owner, "group_of", lambda pid, shim: {7})
    monkeypatch.setattr(socket_owner, "_hidden_user", lambda pid: 4711)
    assert other_listener(80, 7, 0) == ""
    monkeypatch.setattr(socket_owner, "_hidden_user", lambda pid: 4712)
    said = "port 80 is taken by a process of the user 4711, which is not of this process"
    assert other_listener(80, 7, 0) == said
