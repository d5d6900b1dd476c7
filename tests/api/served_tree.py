"""A small tree whose API is served, and a client of it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

from fsmv2.api.activation import Activation, served
from fsmv2.operate import TreeHandle, open_tree

DOCUMENT = """
agent: {name: edge}
broker: {url: "nats://127.0.0.1:1"}
global: {}
processes:
  ticker:
    variables: {EVERY: 1}
    command: [sleep, "{{ .EVERY }}000"]
"""
"""Nothing listens at the broker's address, so it is down; the process runs."""

TICKER = "edge/ticker"

T = TypeVar("T")


@contextlib.asynccontextmanager
async def tree_with_api(
    folder: Path, tcp: socket.socket | None = None
) -> AsyncIterator[tuple[TreeHandle, Activation]]:
    """The tree, once its process runs, and the activation of its API; `tcp` listens, too."""
    file = folder / "plant.yaml"
    file.write_text(DOCUMENT)
    async with open_tree(file, state_dir=folder / "state") as tree, served(tree, tcp) as activation:
        await tree.until(lambda view: view[TICKER].state == "running", timeout=200)
        yield tree, activation


@contextlib.contextmanager
def in_a_thread(served: Callable[[Path], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """What `served` gives, of a tree that runs in a thread and a folder of its own."""
    ready: list[T] = []
    begun, ended = threading.Event(), threading.Event()

    async def run(folder: Path) -> None:
        async with served(folder) as found:
            ready.append(found)
            begun.set()
            await asyncio.to_thread(ended.wait)

    with tempfile.TemporaryDirectory() as folder:
        thread = threading.Thread(target=lambda: asyncio.run(run(Path(folder))))
        thread.start()
        try:
            assert begun.wait(60)
            yield ready[0]
        finally:
            ended.set()
            thread.join(60)


class Reply:
    """What a call was answered."""

    def __init__(self, status: int, headers: Mapping[str, str], raw: bytes) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.raw = raw

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


def call_blocking(place: Path, method: str, route: str, body: Any = None, **headers: str) -> Reply:
    connection = http.client.HTTPConnection("fsmv2", timeout=200)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.settimeout(200)
    connection.sock.connect(os.fspath(place))
    raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        given.setdefault("content-type", "application/json")
    try:
        connection.request(method, route, raw, given)
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


async def call(place: Path, method: str, route: str, body: Any = None, **headers: str) -> Reply:
    """Call a route, with `headers` by their names with `_` for `-`."""
    return await asyncio.to_thread(call_blocking, place, method, route, body, **headers)
