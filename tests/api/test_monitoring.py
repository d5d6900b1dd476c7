"""Metrics, health, readiness and version: what they answer, and over which socket."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from served_tree import call, in_a_thread, tree_with_api

import fsmv2
from fsmv2.api import activation, http_server
from fsmv2.api.host_check import names_this_machine
from fsmv2.api.monitoring import takes_gzip
from fsmv2.api.routes import ROUTES
from fsmv2.host.loopback_listener import listen_on_loopback
from fsmv2.operate import tree_health


async def test_health_and_readiness_are_answered_with_their_status(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        found = await call(api.place, "GET", "/healthz")
        assert (found.status, found.json["status"]) == (200, "ok")
        assert found.json["supervision"]["age"] < 3
        assert found.headers["cache-control"] == "no-store"
        found = await call(api.place, "GET", "/readyz")
        assert found.status == 503
        assert list(found.json["unsettled"]) == ["edge/broker"]
        await tree.stop_path("edge/broker", wait=20)
        found = await call(api.place, "GET", "/readyz")
        assert (found.status, found.json["ready"]) == (200, True)
        found = await call(api.place, "GET", "/version")
        assert found.json["fsmv2"] == fsmv2.__version__


async def test_a_blocked_supervision_is_a_503_and_holds_up_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree_health, "STUCK_AFTER", 1.5)
    monkeypatch.setattr(tree_health, "LATE_AFTER", 1.2)
    free = threading.Event()
    async with tree_with_api(tmp_path) as (tree, api):
        loop = tree._runtime._parts.supervision_thread.loop
        loop.call_soon_threadsafe(free.wait, 30)
        try:
            async with asyncio.timeout(25):
                while (await call(api.place, "GET", "/healthz")).status != 503:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                assert (await call(api.place, "GET", "/readyz")).status == 503
                assert (await call(api.place, "GET", "/metrics")).status == 200
        finally:
            free.set()


async def test_metrics_come_in_the_form_that_is_asked_for(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        plain = await call(api.place, "GET", "/metrics")
        assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert b"\nfsmv2_active_supervisors 3.0\n" in plain.raw
        assert "content-encoding" not in plain.headers
        accept = "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"
        found = await call(api.place, "GET", "/metrics", accept=accept)
        assert found.headers["content-type"].startswith("application/openmetrics-text")
        assert found.raw.endswith(b"# EOF\n")
        found = await call(api.place, "GET", "/metrics", accept_encoding="br, gzip")
        assert found.headers["content-encoding"] == "gzip"
        assert b"fsmv2_active_supervisors 3.0" in gzip.decompress(found.raw)
        assert "accept-encoding" in found.headers["vary"]


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", False),
        ("gzip", True),
        ("deflate, GZIP ; q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*", False),
        ("gzippo", False),
    ],
)
def test_gzip_is_taken_where_it_is_named(header: str, taken: bool) -> None:
    assert takes_gzip(header) is taken


class OverTcp:
    """A client of the few routes that are served over TCP as well."""

    def __init__(self, place: Path, port: int, host: str = "127.0.0.1") -> None:
        self.place = place
        self.port = port
        self.host = host

    async def sent(self, raw: bytes, within: float = 20.0) -> bytes:
        """What is answered until the connection ends, or nothing more comes for a while."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        found = b""
        try:
            writer.write(raw)
            async with asyncio.timeout(within):
                while more := await asyncio.wait_for(reader.read(65536), 1.0 if found else within):
                    found += more
        except (TimeoutError, ConnectionError):
            pass
        finally:
            writer.close()
        return found

    async def asked(self, method: str, target: str, host: str = "localhost") -> tuple[int, bytes]:
        """The status, and the whole answer."""
        lines = f"{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        found = await self.sent(lines.encode("latin-1"))
        return int(found[9:12]), found


@asynccontextmanager
async def over_tcp(folder: Path, host: str = "127.0.0.1") -> AsyncIterator[OverTcp]:
    made = await asyncio.to_thread(listen_on_loopback, host, 0)
    port = made.getsockname()[1]
    async with tree_with_api(folder, made) as (_, api):
        assert not api.active, "nothing is loaded before a client comes"
        yield OverTcp(api.place, port, host)
    with pytest.raises(ConnectionError):
        await asyncio.open_connection(host, port)


@pytest.fixture(scope="module")
def tcp() -> Iterator[OverTcp]:
    """One tree for the tests that only talk to it, in a thread of its own."""
    with in_a_thread(over_tcp) as found:
        yield found


async def test_four_routes_and_no_other_are_served_over_tcp(tcp: OverTcp) -> None:
    served = []
    for route in (*(r.path for r in ROUTES), "/v1/openapi.json", "/", "/docs"):
        status, found = await tcp.asked("GET", route)
        if status != 404:
            served.append(route)
        else:
            assert b"There are: /healthz, /metrics, /readyz, /version." in found
    assert served == ["/metrics", "/healthz", "/readyz", "/version"]
    assert (await call(tcp.place, "GET", "/v1")).status == 200, "on the other socket"


async def test_only_get_and_head_are_allowed_over_tcp(tcp: OverTcp) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert (await tcp.asked(method, "/healthz"))[0] == 405, method
    status, found = await tcp.asked("HEAD", "/metrics")
    assert status == 200
    assert found.endswith(b"\r\n\r\n"), "no body"
    assert b"content-type: text/plain" in found


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9410", 200),
        ("127.0.0.1", 200),
        ("LOCALHOST:80", 200),
        ("[::1]:1", 200),
        ("evil.example", 421),
        ("evil.example:9410", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil.example@127.0.0.1", 421),
        ("10.0.0.1", 421),
        ("[::ffff:10.0.0.1]", 421),
        ("0x7f000001", 421),
        ("127.1", 421),
        ("", 421),
        ("::1", 421),
        ("[", 421),
        ("localhost:evil", 421),
    ],
)
def test_the_host_that_is_meant_is_this_machine(host: str, status: int) -> None:
    assert names_this_machine(host) is (status == 200)


async def test_a_request_for_another_host_is_refused_on_every_path(tcp: OverTcp) -> None:
    for target in ("/metrics", "/healthz", "/nothing", "http://127.0.0.1/metrics"):
        status, found = await tcp.asked("GET", target, host="evil.example")
        assert status == 421
        assert b"fsmv2_" not in found
    twice = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n"
    assert (await tcp.sent(twice)).startswith(b"HTTP/1.1 400")
    assert (await tcp.sent(b"GET /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 400")
    old = await tcp.sent(b"GET /version HTTP/1.0\r\n\r\n")
    assert b" 200 OK" in old, "HTTP/1.0 names no host, and no browser speaks it"


async def test_paths_that_are_tricks_lead_nowhere(tcp: OverTcp) -> None:
    for target in (
        "/healthz/../v1",
        "/v1/../metrics/../v1/workers",
        "//v1",
        "/%76%31",
        "/v1%2Fworkers",
        "/healthz/",
        "/metrics%00",
        "/metrics/%2e%2e/v1",
        "*",
        "/" + "a" * 5000,
    ):
        status, found = await tcp.asked("GET", target)
        assert status in (400, 404), target
        assert b"edge/ticker" not in found
    assert (await tcp.asked("GET", "/metrics?path=edge"))[0] == 400
    assert (await tcp.asked("GET", "/%6detrics"))[0] == 200, "the same path, said otherwise"


async def test_a_head_that_is_huge_or_never_ends_and_garbage_are_cut_off(
    tcp: OverTcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_WITHIN", 0.3)
    huge = b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n" + b"x: " + b"y" * 200_000
    garbage = (b"\x16\x03\x01\x02\x00\x01\x00\x01", b"\r\n" * 5_000, b"PRI * HTTP/2.0\r\n")
    for sent in (b"", b"GET /met", huge, *garbage):
        assert b"fsmv2_" not in await tcp.sent(sent)
    body = b"GET /version HTTP/1.1\r\nhost: localhost\r\ncontent-length: 999999999\r\n\r\nx"
    assert (await tcp.sent(body)).count(b"HTTP/1.1 200") == 1
    many = b"GET /version HTTP/1.1\r\nhost: localhost\r\n\r\n" * 100
    assert (await tcp.sent(many)).count(b"HTTP/1.1 200") == 100
    assert (await tcp.asked("GET", "/healthz"))[0] == 200


async def test_more_connections_than_may_be_are_closed_and_the_unix_socket_is_served(
    tcp: OverTcp,
) -> None:
    opened = [await asyncio.open_connection(tcp.host, tcp.port) for _ in range(300)]
    try:
        ends = [asyncio.ensure_future(reader.read()) for reader, _ in opened]
        async with asyncio.timeout(30):
            refused = 300 - http_server.CONNECTIONS_OVER_TCP
            while sum(one.done() for one in ends) < refused:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert (await call(tcp.place, "GET", "/healthz")).status == 200
    finally:
        for _, writer in opened:
            writer.close()
        await asyncio.gather(*ends, return_exceptions=True)


async def test_slow_clients_are_cut_off_and_hold_up_no_decision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 of them, a byte a second each; the answer is far longer than what sockets hold."""
    monkeypatch.setattr(http_server, "WRITE_WITHIN", 1.0)
    long = b"fsmv2_active_supervisors 3\n" * 8_000
    monkeypatch.setattr(http_server, "exposition", lambda _, accept: (long, accept))
    made = await asyncio.to_thread(listen_on_loopback, "127.0.0.1", 0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    unread: list[object] = []
    pause = http_server.BoundedProtocol.pause_writing

    def counted(protocol: http_server.BoundedProtocol) -> None:
        unread.append(protocol)
        pause(protocol)

    monkeypatch.setattr(http_server.BoundedProtocol, "pause_writing", counted)
    async with tree_with_api(tmp_path, made) as (tree, api):
        slow = []
        for _ in range(200):
            one = socket.socket()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.setblocking(False)
            await asyncio.get_running_loop().sock_connect(one, made.getsockname())
            one.send(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
            slow.append(one)
        async with asyncio.timeout(60):
            for one in slow:
                with contextlib.suppress(BlockingIOError, ConnectionError):
                    one.recv(1)
            assert (await tree.pause("edge/ticker")).durable
            assert (await call(api.place, "GET", "/healthz")).json["status"] == "ok"
            while len(set(unread)) < len(slow):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            assert api._server is not None
            while api._server._tcp.connections:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        for one in slow:
            one.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
async def test_it_is_served_over_ipv6(tmp_path: Path) -> None:
    async with over_tcp(tmp_path, "::1") as tcp:
        assert (await tcp.asked("GET", "/version", host=f"[::1]:{tcp.port}"))[0] == 200


async def test_what_cannot_be_loaded_is_logged_and_the_next_look_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(activation, "LOOK_EVERY", 0.05)
    loaded = activation._loaded

    async def fails(_: object) -> object:
        raise OSError("too many open files")

    monkeypatch.setattr(activation, "_loaded", fails)
    async with over_tcp(tmp_path) as tcp:
        asked = asyncio.ensure_future(tcp.asked("GET", "/version"))
        async with asyncio.timeout(20):
            while "metrics and health cannot be served" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        monkeypatch.setattr(activation, "_loaded", loaded)
        assert (await asked)[0] == 200, "who waited in the queue is answered"
