"""A connection to a host: of several addresses, the first one that answers; no socket leaks."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from typing import Any

import pytest

from fsmv2.host import tcp
from fsmv2.host.tcp import open_socket

DEAD = (socket.AF_INET6, ("2001:db8::1", 502))
ALIVE = (socket.AF_INET, ("192.0.2.7", 502))
REFUSES = (socket.AF_INET, ("192.0.2.8", 502))


def network(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[int, tuple[Any, ...]]) -> None:
    async def resolve(host: str, port: int, *, timeout: float) -> list[Any]:
        return list(addresses)

    async def connected(loop: asyncio.AbstractEventLoop, *address: Any) -> socket.socket:
        if address == DEAD:
            await asyncio.Event().wait()
        if address == REFUSES:
            raise ConnectionRefusedError(111, "refused")
        return socket.socket()

    monkeypatch.setattr(tcp, "resolve", resolve)
    monkeypatch.setattr(tcp, "_connected", connected)
    monkeypatch.setattr(tcp, "HEAD_START", 0.001)


@pytest.mark.parametrize(
    "addresses", [(ALIVE,), (DEAD, ALIVE), (REFUSES, ALIVE), (REFUSES, DEAD, ALIVE)]
)
async def test_one_address_that_answers_is_enough(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[Any, ...]
) -> None:
    network(monkeypatch, *addresses)
    (await open_socket("plc", 502, within=60)).close()


async def test_when_all_refuse_the_reason_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    network(monkeypatch, REFUSES, REFUSES)
    with pytest.raises(ConnectionRefusedError):
        await open_socket("plc", 502, within=60)


async def test_silence_ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    network(monkeypatch, DEAD, REFUSES)
    with pytest.raises(TimeoutError):
        await open_socket("plc", 502, within=0.01)
    await asyncio.sleep(0)  # those that were called off hear of it
    assert len(asyncio.all_tasks()) == 1


async def test_of_two_that_connect_at_once_one_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The unused one as well: an open socket that nobody holds fails the test as a warning."""
    other = (socket.AF_INET, ("192.0.2.9", 502))
    gate = asyncio.Event()
    network(monkeypatch, ALIVE, other)

    async def connected(loop: asyncio.AbstractEventLoop, *address: Any) -> socket.socket:
        await gate.wait()
        return socket.socket()

    monkeypatch.setattr(tcp, "_connected", connected)
    opening = asyncio.create_task(open_socket("plc", 502, within=60))
    await asyncio.sleep(0.05)
    gate.set()
    (await opening).close()
    await asyncio.sleep(0)


async def test_one_that_is_cancelled_while_it_connects_closes_its_socket() -> None:
    """Whether the connection was there already or not."""
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for turns in range(8):
        opening = asyncio.create_task(open_socket("127.0.0.1", port, within=60))
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            (await opening).close()
    server.close()
    gc.collect()
