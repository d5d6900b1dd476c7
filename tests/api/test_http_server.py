"""HTTP as clients of any age send it: all is answered, and what never ends is cut off."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from pathlib import Path

import pytest
from served_tree import tree_with_api

from fsmv2.api import application
from fsmv2.api.http_server import Listener

BODY = b'{"verb": "retry", "path": "edge"}'
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED = b"transfer-encoding: chunked\r\n"
IN_CHUNKS = b"".join(b"1\r\n%c\r\n" % one for one in BODY) + b"0\r\n\r\n"
HEAD = b"POST /v1/requests HTTP/1.%d\r\nhost: x\r\ncontent-type: application/json\r\n"


async def answered(place: Path, *parts: bytes, within: float = 10.0) -> bytes:
    """What is answered until the connection ends, or nothing more comes for a second."""
    reader, writer = await asyncio.open_unix_connection(str(place))
    found = b""
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(within):
            while more := await asyncio.wait_for(reader.read(65536), 1.0 if found else within):
                found += more
    except TimeoutError:
        pass
    finally:
        writer.close()
    return found


@pytest.mark.thorough
async def test_every_way_to_send_a_body_is_understood(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        for sent in (
            (HEAD % 1 + LENGTH + b"\r\n" + BODY,),
            (HEAD % 0 + LENGTH + b"\r\n" + BODY,),
            (HEAD % 1 + LENGTH + b"\r\n", *(b"%c" % one for one in BODY)),
            (HEAD % 1 + CHUNKED + b"\r\n" + IN_CHUNKS,),
        ):
            assert b'"verb":"retry"' in await answered(api.place, *sent), sent
        waits = HEAD % 1 + LENGTH + b"expect: 100-continue\r\n\r\n"
        found = await answered(api.place, waits, BODY)
        assert found.startswith(b"HTTP/1.1 100")
        assert b'"verb":"retry"' in found


@pytest.mark.parametrize("host", [b"[", b"", b"\xff", b"a" * 9000])
@pytest.mark.thorough
async def test_a_host_of_any_kind_matters_to_nobody(tmp_path: Path, host: bytes) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        head = HEAD % 1 + LENGTH + b"idempotency-key: k\r\n\r\n"
        found = await answered(api.place, head.replace(b"host: x", b"host: " + host) + BODY)
        assert b" 200 OK" in found or b" 400 " in found
        assert b" 500 " not in found


async def test_a_body_that_never_ends_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "BODY_WITHIN", 0.3)
    async with tree_with_api(tmp_path) as (tree, api):
        found = await answered(api.place, HEAD % 1 + LENGTH + b"\r\n" + BODY[:-1])
        assert found.startswith(b"HTTP/1.1 408")
        assert b"has not arrived within 0.3 s" in found
        assert await tree.overrides() == []


async def test_many_requests_on_one_connection_are_answered_in_order(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        asked = b"".join(
            b"GET /v1/events?limit=%d HTTP/1.1\r\nhost: x\r\n\r\n" % n for n in range(60)
        )
        found = await answered(api.place, asked)
        statuses = [part[:3] for part in found.split(b"HTTP/1.1 ")[1:]]
        assert statuses == [b"400"] + [b"200"] * 59, "a limit of 0 is none"


async def refuse(scope: object, receive: object, send: object) -> None:
    raise AssertionError("no request is sent")


@pytest.mark.parametrize("turns", range(5))
async def test_a_client_that_came_just_before_the_end_is_closed_as_well(turns: int) -> None:
    """In any turn of its being accepted; one left open would keep its client waiting."""
    listener = Listener(refuse)
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as made:
        made.bind(f"{folder}/s")
        made.listen()
        await listener.listen(made)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{folder}/s")
            client.setblocking(False)
            for _ in range(turns):
                await asyncio.sleep(0)
            await listener.refuse()
            await listener.close()
            with contextlib.suppress(ConnectionResetError):  # it was never accepted
                assert client.recv(1) == b"", "it has been closed"
