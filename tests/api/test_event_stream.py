"""What happens, as server-sent events: from where a watcher left off, and nobody is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from served_tree import TICKER, call, tree_with_api

from fsmv2.api import event_stream


async def watched(place: Path, **headers: str) -> AsyncIterator[dict[str, str]]:
    """The events of a stream, each as its fields."""
    reader, writer = await asyncio.open_unix_connection(str(place))
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    head = "GET /v1/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n"
    writer.write((head + "".join(lines) + "\r\n").encode())
    try:
        found: dict[str, str] = {}
        while raw := await reader.readline():
            line = raw.decode().strip()
            if not line and found:
                yield found
                found = {}
            name, sign, value = line.partition(": ")
            if sign and name in ("id", "event", "data"):
                found[name] = value
    finally:
        writer.close()


async def test_a_watcher_is_told_what_happens_and_goes_on_where_it_left_off(
    tmp_path: Path,
) -> None:
    async with tree_with_api(tmp_path) as (tree, api), asyncio.timeout(40):
        stream = watched(api.place)
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0.5)
        await tree.pause(TICKER, reason="cleaning", who="ann")
        first = await waiting
        texts = first["data"]
        while "cleaning" not in texts:
            first = await anext(stream)
            texts = first["data"]
        await stream.aclose()
        await tree.resume(TICKER, who="ann")
        again = watched(api.place, last_event_id=first["id"])
        seen = [await anext(again)]
        while "resumed by ann" not in seen[-1]["data"]:
            seen.append(await anext(again))
        ids = [int(one["id"]) for one in seen]
        assert ids == sorted({*ids})
        assert ids[0] > int(first["id"]), "nothing twice"
        await again.aclose()


async def test_an_id_that_nobody_gave_is_reset(tmp_path: Path) -> None:
    async with tree_with_api(tmp_path) as (_, api), asyncio.timeout(40):
        stream = watched(api.place, last_event_id="999999999")
        assert (await anext(stream))["event"] == "reset"
        await stream.aclose()
        wrong = await call(
            api.place, "GET", "/v1/events", accept="text/event-stream", last_event_id="x"
        )
        assert wrong.status == 400


async def test_who_reads_too_slowly_is_told_so_and_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue: asyncio.Queue[event_stream.Batch | None] = asyncio.Queue(3)
    for _ in range(5):
        event_stream._put(queue, ())
    left = [queue.get_nowait() for _ in range(queue.qsize())]
    assert left[0] is None, "the end comes at once, not behind what was missed"
