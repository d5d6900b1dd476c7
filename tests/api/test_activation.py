"""The socket of a tree: private, made anew when it is gone; nothing is loaded before a client."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import logging
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from served_tree import TICKER, call, tree_with_api

from busy_machine import allowed
from fsmv2.api import activation, http_server
from fsmv2.errors import ApiUnavailableError
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.socket_place import listen, private_directory, socket_path
from fsmv2.runtime.loop_thread import LoopThread


async def test_only_its_owner_may_open_it_and_it_is_gone_at_the_end(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        assert stat.S_IMODE(api.place.stat().st_mode) == 0o600
        assert not api.active, "nobody has come"
        assert (await call(api.place, "GET", "/v1")).status == 200
        assert api.active
    assert not api.place.exists()


@pytest.mark.parametrize("asked_before", [False, True])
async def test_a_socket_that_is_lost_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked_before: bool
) -> None:
    monkeypatch.setattr(activation, "LOOK_EVERY", 0.05)
    async with tree_with_api(tmp_path) as (_, api):
        if asked_before:
            await call(api.place, "GET", "/v1")
        api.place.unlink()
        async with asyncio.timeout(10):
            while not api.place.exists():  # noqa: ASYNC110  (a file)
                await asyncio.sleep(0.02)
        assert (await call(api.place, "GET", "/v1")).status == 200


async def test_a_path_that_is_too_long_gets_a_socket_in_a_private_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activation, "LOOK_EVERY", 0.05)
    short = tempfile.mkdtemp()
    monkeypatch.setenv("XDG_RUNTIME_DIR", short)
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    async with tree_with_api(folder) as (tree, api):
        assert api.place.parent == Path(short) / "fsmv2"
        assert stat.S_IMODE(api.place.parent.stat().st_mode) == 0o700
        found = await asyncio.to_thread(RemoteTree(tree.directory).overrides)
        assert found == []
        monkeypatch.delenv("XDG_RUNTIME_DIR")  # as for root, or from a timer
        assert socket_path(tree.directory) != api.place
        (tree.directory / "api.sock").unlink()
        await _until((tree.directory / "api.sock").is_symlink)
        assert await asyncio.to_thread(RemoteTree(tree.directory).overrides) == []
    assert not list(tree.directory.glob("api.sock*"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", short)
    assert socket_path(tree.directory) == api.place
    shutil.rmtree(short)


def test_a_runtime_directory_that_is_too_long_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 100)))
    (tmp_path / ("x" * 100)).mkdir()
    place = socket_path(tmp_path / ("long" * 30))
    assert len(str(place)) <= 107
    assert "xxx" not in str(place)


def test_a_socket_is_not_put_where_others_may_enter(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    with pytest.raises(ApiUnavailableError, match="not a directory that you alone own"):
        private_directory(tmp_path / "open")
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(ApiUnavailableError):
        private_directory(tmp_path / "link")


async def test_a_client_that_sends_nothing_or_half_a_head_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_WITHIN", 0.3)
    async with tree_with_api(tmp_path) as (_, api):
        for sent in (b"", b"GET /v1 HT", b"GET /v1 HTTP/1.1\r\nhost: x\r\n\r\nGET /v1 H"):
            reader, writer = await asyncio.open_unix_connection(str(api.place))
            writer.write(sent)
            async with asyncio.timeout(10):
                await reader.read()  # to its end
            writer.close()


@pytest.mark.thorough
async def test_garbage_is_answered_or_cut_off_and_others_are_served(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        for sent in (b"\x00" * 5000, b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000):
            reader, writer = await asyncio.open_unix_connection(str(api.place))
            writer.write(sent)
            async with asyncio.timeout(15):
                assert b"Traceback" not in await reader.read()
            writer.close()
        assert (await call(api.place, "GET", "/v1")).status == 200


async def test_slow_clients_delay_no_decision(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (tree, api):
        await call(api.place, "GET", "/v1")
        slow = []
        for _ in range(200):
            one = socket.socket(socket.AF_UNIX)
            await asyncio.to_thread(one.connect, str(api.place))
            one.send(b"GET /v1/events?limit=1000 HTTP/1.1\r\nhost: x\r\n\r\n")
            slow.append(one)
        began = time.monotonic()
        answer = await tree.pause(TICKER)
        assert answer.durable
        assert time.monotonic() - began < allowed(10)
        for one in slow:
            one.close()


def test_run_loads_nothing_of_the_server_before_a_client_comes() -> None:
    code = (
        "import sys; import fsmv2.cli.document_session, fsmv2.operate.remote_tree; "
        "late = 'uvicorn', 'starlette', 'anyio', 'prometheus_client'; "
        "print([m for m in sys.modules if m.split('.')[0] in late])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (a file, or a log)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("what", ["file", "socket of somebody else"])
@pytest.mark.thorough
async def test_what_is_put_in_its_place_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(activation, "LOOK_EVERY", 0.05)
    async with tree_with_api(tmp_path) as (_, api):
        api.place.unlink()
        other = socket.socket(socket.AF_UNIX)
        if what == "file":
            api.place.write_text("")
        else:
            other.bind(str(api.place))
        wrong = api.place.stat().st_ino
        await _until(lambda: api.place.exists() and api.place.stat().st_ino != wrong)
        assert (await call(api.place, "GET", "/v1")).status == 200
        other.close()


async def test_a_socket_that_cannot_be_made_is_reported_once_and_made_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(activation, "LOOK_EVERY", 0.02)
    async with tree_with_api(tmp_path) as (_, api):
        api.place.unlink()
        api.place.mkdir()
        await _until(lambda: "cannot be created" in caplog.text)
        await asyncio.sleep(0.3)
        assert caplog.text.count("cannot be created") == 1
        api.place.rmdir()
        await _until(api.place.is_socket)
        assert (await call(api.place, "GET", "/v1")).status == 200
        await _until(lambda: "was missing, and has been created again" in caplog.text)


async def test_an_api_that_could_not_be_loaded_is_tried_again_for_the_next_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(activation, "LOOK_EVERY", 0.02)
    loaded = activation._loaded

    async def fails(_: object) -> http_server.ApiServer:
        raise OSError("too many open files")

    monkeypatch.setattr(activation, "_loaded", fails)
    async with tree_with_api(tmp_path) as (_, api):
        with pytest.raises((OSError, http.client.HTTPException)):
            await call(api.place, "GET", "/v1")
        assert "the API cannot be served" in caplog.text
        monkeypatch.setattr(activation, "_loaded", loaded)
        await _until(lambda: "has been created again" in caplog.text)
        assert (await call(api.place, "GET", "/v1")).status == 200


@pytest.mark.thorough
async def test_a_client_that_reads_nothing_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "WRITE_WITHIN", 0.3)
    async with tree_with_api(tmp_path) as (tree, api):
        watcher = socket.socket(socket.AF_UNIX)
        watcher.connect(str(api.place))
        head = "GET /v1/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n"
        watcher.send(head.encode())
        await _until(lambda: api._server is not None)
        assert api._server is not None
        connections = api._server._unix._state.connections
        await _until(lambda: len(connections) == 1)
        async with asyncio.timeout(60):
            while connections:
                await tree.pause(TICKER, reason="x" * 1000)
        watcher.close()


async def test_a_request_sent_behind_another_one_has_the_time_it_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_WITHIN", 0.3)
    async with tree_with_api(tmp_path) as (_, api):
        reader, writer = await asyncio.open_unix_connection(str(api.place))
        body = b'{"verb": "restart", "path": "edge/broker"}'
        writer.write(
            b"GET /v1 HTTP/1.1\r\nhost: x\r\n\r\n"
            b"POST /v1/requests?wait=1.5 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
        )
        async with asyncio.timeout(20):
            answers = await reader.read()
        assert answers.count(b"HTTP/1.1 200") == 2
        assert b'"verb":"restart"' in answers
        writer.close()


async def test_what_a_client_sends_is_no_matter_for_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        for sent in (
            b"\x00\r\n\r\n",
            b"GET /v1 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
        ):
            reader, writer = await asyncio.open_unix_connection(str(api.place))
            writer.write(sent)
            await reader.read(100)
            writer.close()
    assert [one for one in caplog.records if one.levelno >= logging.INFO] == []


async def test_watchers_are_told_that_the_tree_has_stopped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with tree_with_api(tmp_path) as (_, api):
        reader, writer = await asyncio.open_unix_connection(str(api.place))
        writer.write(b"GET /v1/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n")
        assert b"watching" in await reader.readuntil(b"watching")
        reading = asyncio.ensure_future(reader.read())
    async with asyncio.timeout(10):
        assert b"event: ended" in await reading
    writer.close()
    assert [one for one in caplog.records if one.levelno >= logging.INFO] == []


async def test_a_client_waits_where_as_many_wait_as_may(tmp_path: Path) -> None:
    place = tmp_path / "api.sock"
    with contextlib.closing(listen(place)) as server:
        waiting = []
        with contextlib.suppress(BlockingIOError):
            while True:
                waiting.append(socket.socket(socket.AF_UNIX))
                waiting[-1].setblocking(False)
                waiting[-1].connect(str(place))
        asked = asyncio.ensure_future(asyncio.to_thread(RemoteTree(tmp_path).overrides))
        await asyncio.sleep(0.3)
        assert not asked.done()
        accepted = []
        while not asked.done():
            await asyncio.sleep(0.02)
            with contextlib.suppress(BlockingIOError):
                accepted.append(server.accept()[0])
                accepted[-1].setblocking(False)
            for one in accepted:
                with contextlib.suppress(BlockingIOError, OSError):
                    if b"GET" in one.recv(1000):
                        one.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
        assert await asked == []
        for one in (*waiting, *accepted):
            one.close()


async def test_an_end_while_its_first_client_is_taken_over_closes_nothing_in_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A loop that is late hears that the server listens only when it is to end."""
    taken = asyncio.Event()
    real = LoopThread.run

    async def late(self: LoopThread, work: Any) -> Any:
        found = await real(self, work)
        if work.__name__ == "listen":
            taken.set()
            await asyncio.sleep(3600)
        return found

    monkeypatch.setattr(LoopThread, "run", late)
    async with tree_with_api(tmp_path) as (_, api):
        assert (await call(api.place, "GET", "/v1")).status == 200
        await asyncio.wait_for(taken.wait(), 30)
        sock = api._handed_over
    assert sock is not None
    assert sock.fileno() == -1
    assert "cannot be served" not in caplog.text
