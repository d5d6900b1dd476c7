"""What is told to a service manager, over sockets of our own."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsmv2.host.service_manager import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest) -> Iterator[tuple[str, socket.socket]]:
    """Its address as the environment has it, and its socket."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening,
    ):
        listening.settimeout(30)
        address = f"{folder}/notify"
        if request.param == "abstract":
            address = f"@fsmv2-test-{secrets.token_hex(8)}"
        listening.bind(address.replace("@", "\0"))
        yield address, listening


def test_lines_arrive_in_one_datagram(manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    environment = {"NOTIFY_SOCKET": address, "HOME": "/"}
    found = ServiceManager.of(environment)
    assert found is not None
    assert environment == {"HOME": "/"}, "what is started here does not speak in our place"
    assert found.tell("READY=1", "STATUS=größe")
    assert listening.recv(1000) == "READY=1\nSTATUS=größe".encode()


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("30000000", "", 30.0),
        ("500000", "own", 0.5),
        ("30000000", "1", None),
        ("", "", None),
        ("0", "", None),
        ("soon", "", None),
        ("-5", "", None),
    ],
)
def test_the_watchdog_is_that_of_this_process(usec: str, pid: str, seconds: float | None) -> None:
    environment = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": usec}
    if pid:
        environment["WATCHDOG_PID"] = str(os.getpid()) if pid == "own" else pid
    found = ServiceManager.of(environment)
    assert found is not None
    assert found.watchdog == seconds
    assert environment == {}


@pytest.mark.parametrize("address", ["", "/", "@", "vsock:2:1234", "relative"])
def test_without_an_address_that_it_knows_there_is_none(address: str) -> None:
    assert ServiceManager.of({"NOTIFY_SOCKET": address}) is None
    assert ServiceManager.of({}) is None


def test_one_that_is_gone_or_full_holds_nobody_up(tmp_path: Path) -> None:
    assert not ServiceManager("/nowhere/at/all").tell("READY=1")
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening,
    ):
        listening.bind(f"{folder}/n")
        found = ServiceManager(f"{folder}/n")
        told = 0
        while found.tell("WATCHDOG=1"):
            told += 1
            assert told < 100_000
        assert told > 0
