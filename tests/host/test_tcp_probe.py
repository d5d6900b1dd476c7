"""Whether something accepts TCP connections at an address."""

from __future__ import annotations

import asyncio
import socket

import pytest

from fsmv2.host.tcp_probe import probe_tcp


async def test_it_connects_and_hangs_up() -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.read() == b""
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        await probe_tcp("127.0.0.1", server.sockets[0].getsockname()[1], within=60)
        await asyncio.wait_for(ended.wait(), 60)


async def test_a_port_where_nobody_listens_is_refused() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and does not listen
        with pytest.raises(ConnectionRefusedError):
            await probe_tcp("127.0.0.1", bound.getsockname()[1], within=60)
