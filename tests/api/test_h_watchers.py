"""Who watches a tree, and how: none of it holds up the tree, or who asks for something."""

from __future__ import annotations

import asyncio
import functools
import threading
from pathlib import Path

import pytest
from served_tree import TICKER, call, tree_with_api

from fsmv2.api import event_stream, http_server, streamed_items, watchers
from fsmv2.store import Batch, EventRecord, Store

WATCH = b"GET /v1/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n"
REQUESTS = "/v1/requests"
WITHIN = 60


def happened(last: str) -> Batch:
    """A hundred events, and so much text that a watcher that does not read is soon behind."""
    texts = ["x" * 900] * 99 + ["x" * 900 + f" {last}"]
    return Batch(
        events=tuple(
            EventRecord(at=1.0, path=TICKER, kind="note", level="info", state="", text=text, tick=0)
            for text in texts
        )
    )


def write(many: Batch, store: Store) -> None:
    store.write(many)


class Watcher:
    """One connection to the stream of events."""

    def __init__(self, place: Path, sent: bytes = WATCH) -> None:
        self._place, self._sent = place, sent
        self.status = b""

    async def begin(self) -> Watcher:
        """Connect, and ask to watch; `status` is what was answered, if anything was."""
        while True:
            try:
                connected = await asyncio.open_unix_connection(str(self._place), limit=4096)
                break
            except BlockingIOError:  # as many wait as the kernel lets wait
                await asyncio.sleep(0.05)
        self._reader, self._writer = connected
        try:
            self._writer.write(self._sent)
            self.status = (await self._reader.readline()).split(b" ")[1]
        except (OSError, IndexError):
            pass
        return self

    async def until(self, text: bytes) -> None:
        """Read until that comes."""
        while text not in await self._reader.readline():
            assert not self._reader.at_eof(), "it has ended"

    def close(self) -> None:
        self._writer.close()


@pytest.mark.real
async def test_h100_watchers_that_are_too_many_are_told_and_requests_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 400 there are places for 60; a thousand take as long as all other tests here."""
    monkeypatch.setattr(watchers, "WATCHERS", 60)
    monkeypatch.setattr(http_server, "CONNECTIONS", 120)
    async with tree_with_api(tmp_path) as (tree, api), asyncio.timeout(WITHIN):
        await call(api.place, "GET", "/v1")
        everybody = await asyncio.gather(*(Watcher(api.place).begin() for _ in range(400)))
        served = [one for one in everybody if one.status == b"200"]
        assert len(served) == 60
        assert {one.status for one in everybody} <= {b"200", b"503", b""}, "or closed unheard"
        for one in everybody:
            if one not in served:
                one.close()
        pause = {"verb": "pause", "path": TICKER, "reason": "cleaning"}
        while True:  # a connection is left for who asks, when those that are told have gone
            if (await call(api.place, "POST", REQUESTS, pause)).status == 200:
                break
        assert (await tree.view())[TICKER].paused
        late = await Watcher(api.place).begin()
        assert late.status == b"503", "it is told"
        late.close()
        await asyncio.gather(*(one.until(b"cleaning") for one in served))
        for one in served:
            one.close()


@pytest.mark.real
async def test_h100_one_that_reads_slowly_is_dropped_and_told_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "EVERY", 0.01)
    monkeypatch.setattr(event_stream, "BEHIND", 3)
    async with tree_with_api(tmp_path) as (tree, api), asyncio.timeout(WITHIN):
        slow, quick = await Watcher(api.place).begin(), await Watcher(api.place).begin()
        for number in range(12):
            many = happened(f"{number}.")
            await tree._runtime.with_store(functools.partial(write, many))
            await quick.until(b" %d." % number)
        await slow.until(b"event: dropped")
        await tree.pause(TICKER, reason="the last")
        await quick.until(b"the last")
        slow.close()
        quick.close()


@pytest.mark.real
async def test_h100_a_half_open_connection_and_a_stuck_api_keep_no_worker_from_its_ticks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop of the API stands still; that of the tree does not."""
    monkeypatch.setattr(http_server, "HEAD_WITHIN", 0.2)
    go_on = threading.Event()
    stuck = threading.Event()

    def encoded(_: object) -> bytes:
        stuck.set()
        assert go_on.wait(WITHIN)
        return b"data: {}\n\n"

    async with tree_with_api(tmp_path) as (tree, api), asyncio.timeout(WITHIN):
        half = await Watcher(api.place, WATCH[:30]).begin()
        assert half.status == b"", "it is closed unheard"
        monkeypatch.setattr(streamed_items, "_event", encoded)
        watcher = await Watcher(api.place).begin()
        try:
            await tree.pause(TICKER)
            assert await asyncio.to_thread(stuck.wait, WITHIN)
            ticks = (await tree.view())[TICKER].ticks
            await tree.resume(TICKER)
            await tree.stop_path(TICKER)
            await tree.until(lambda view: view[TICKER].state == "stopped", timeout=WITHIN)
            assert (await tree.view())[TICKER].ticks > ticks
        finally:
            go_on.set()
        half.close()
        watcher.close()
