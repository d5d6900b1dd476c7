"""The workers of a tree as a stream: all of them once, then what changed, one text for all."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from served_tree import TICKER, call, tree_with_api

from fsmv2.api import watchers, worker_stream
from fsmv2.operate.watched_workers import WorkersChanged, WorkersSnapshot

WITHIN = 60


class Client:
    """One who watches."""

    def __init__(self, place: Path, query: str = "") -> None:
        self._place, self._query = place, query

    async def begin(self) -> Client:
        self._reader, self.writer = await asyncio.open_unix_connection(
            str(self._place), limit=1 << 22
        )
        head = f"GET /v1/workers{self._query} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream"
        self.writer.write(head.encode() + b"\r\n\r\n")
        self.status = (await self._reader.readline()).split(b" ")[1]
        return self

    async def next(self) -> tuple[str, Any]:
        """The next event: its name and what it holds."""
        name = ""
        while True:
            line = await self._reader.readline()
            assert line, "it has ended"
            if line.startswith(b"event: "):
                name = line[7:].strip().decode()
            elif line.startswith(b"data: "):
                kind: Any = {"snapshot": WorkersSnapshot, "changes": WorkersChanged}.get(name)
                return name, msgspec.json.decode(line[6:], type=kind) if kind else line[6:]

    async def until(self, path: str, state: str) -> WorkersChanged:
        while True:
            name, data = await self.next()
            assert name == "changes", name
            if any(row.path == path and row.state == state for row in data.rows):
                return data

    async def rest(self) -> bytes:
        return await self._reader.read()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@pytest.mark.real
async def test_h100_who_watches_is_sent_all_and_then_what_changes_and_at_last_the_end(
    tmp_path: Path,
) -> None:
    async with asyncio.timeout(WITHIN):
        async with tree_with_api(tmp_path) as (tree, api):
            everybody = await Client(api.place).begin()
            one = await Client(api.place, f"?path={TICKER}").begin()
            running = await Client(api.place, "?phase=running&type=process").begin()
            name, first = await everybody.next()
            assert name == "snapshot"
            assert {row.path for row in first.rows} == {"edge", "edge/broker", TICKER}
            assert first.head.document == str(tree.document)
            for client in (one, running):
                name, first = await client.next()
                assert [row.path for row in first.rows] == [TICKER]
            await tree.stop_path(TICKER, reason="cleaning")
            await everybody.until(TICKER, "stopped")
            assert {row.path for row in (await one.until(TICKER, "stopped")).rows} == {TICKER}
            while not (gone := (await running.next())[1].gone):
                pass
            assert gone == (TICKER,), "it is no longer as asked for"
            refused = await call(
                api.place, "GET", "/v1/workers?type=proces", accept="text/event-stream"
            )
            assert refused.status == 404
        assert b"event: ended" in await one.rest()
        for client in (everybody, one, running):
            await client.close()


@pytest.mark.real
async def test_h100_who_reads_slowly_costs_nothing_and_is_then_sent_how_all_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the connection were full: nothing is kept for it, and nothing is lost by that."""
    monkeypatch.setattr(worker_stream, "EVERY", 0.01)
    monkeypatch.setattr(worker_stream, "BEHIND", 1_000_000)  # however long the stop takes
    full: set[Any] = set()
    real = watchers.Watcher.unread.fget  # type: ignore[attr-defined]

    monkeypatch.setattr(
        watchers.Watcher, "unread", property(lambda self: 1 if self in full else real(self))
    )
    async with tree_with_api(tmp_path) as (tree, api), asyncio.timeout(WITHIN):
        slow = await Client(api.place).begin()
        await slow.next()
        (channel,) = _channels(api).values()
        # On the thread of the API it is put there right after it was written to.
        while not channel.watchers:  # noqa: ASYNC110  (nothing announces it)
            await asyncio.sleep(0.01)
        full.update(channel.watchers)
        quick = await Client(api.place).begin()
        await quick.next()
        await tree.stop_path(TICKER)
        await quick.until(TICKER, "stopped")
        full.clear()
        while (found := await slow.next())[0] != "snapshot":
            pass
        assert {row.path: row.state for row in found[1].rows}[TICKER] == "stopped"
        monkeypatch.setattr(worker_stream, "BEHIND", 0)
        full.update(channel.watchers)
        await tree.start_path(TICKER)
        while b"event: dropped" not in await slow._reader.readline():
            pass
        for client in (slow, quick):
            await client.close()


def _channels(api: Any) -> Any:
    return api._server._streams["workers"]._channels


@pytest.mark.real
async def test_those_who_ask_for_the_same_share_one_text_and_nobody_is_kept_who_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    real = worker_stream._event
    monkeypatch.setattr(
        worker_stream, "_event", lambda name, data: (made.append(name), real(name, data))[1]
    )
    async with tree_with_api(tmp_path) as (tree, api), asyncio.timeout(WITHIN):
        await call(api.place, "GET", "/v1")
        clients = [await Client(api.place, f"?path={TICKER}").begin() for _ in range(20)]
        for client in clients:
            assert (await client.next())[0] == "snapshot"
        assert made.count("snapshot") < 10
        made.clear()
        await tree.stop_path(TICKER)
        sent = [await client.until(TICKER, "stopped") for client in clients]
        assert len({one.at for one in sent}) == 1
        assert len(made) < 20
        for client in clients:
            await client.close()
        while _channels(api):  # noqa: ASYNC110  (the server tells nobody)
            await asyncio.sleep(0.02)
