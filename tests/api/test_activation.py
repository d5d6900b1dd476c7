"""The socket of a tree: private, made anew when it is gone; nothing is loaded before a client."""

from __future__ import annotations

import asyncio
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from served_tree import TICKER, call, tree_with_api

from fsmv2.api import activation, http_server
from fsmv2.errors import ApiUnavailableError
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.socket_place import private_directory, socket_path


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
    short = tempfile.mkdtemp()
    monkeypatch.setenv("XDG_RUNTIME_DIR", short)
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    async with tree_with_api(folder) as (tree, api):
        assert api.place.parent == Path(short) / "fsmv2"
        assert stat.S_IMODE(api.place.parent.stat().st_mode) == 0o700
        found = await asyncio.to_thread(RemoteTree(tree.directory).overrides)
        assert found == []
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
    with pytest.raises(ApiUnavailableError, match="not a directory of yours alone"):
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
        assert time.monotonic() - began < 10
        for one in slow:
            one.close()


def test_run_loads_nothing_of_the_server_before_a_client_comes() -> None:
    code = (
        "import sys; import fsmv2.cli.document_session, fsmv2.operate.remote_tree; "
        "print([m for m in sys.modules if m.split('.')[0] in ('uvicorn', 'starlette', 'anyio')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
