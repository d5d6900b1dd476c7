"""What happens, as server-sent events: from where a watcher left off, and nobody is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from served_tree import TICKER, call, tree_with_api

from fsmv2.api import event_stream
from fsmv2.api.event_stream import EventStream, Look
from fsmv2.api.streamed_items import events_of
from fsmv2.errors import StoreError
from fsmv2.store import EventRecord, StoredEvent


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


async def test_who_reads_too_slowly_is_told_so_and_dropped() -> None:
    queue: asyncio.Queue[Look] = asyncio.Queue(3)
    taken = [event_stream._put(queue, Look()) for _ in range(4)]
    assert taken == [True, True, True, False]
    assert queue.get_nowait().end == event_stream.DROPPED, "at once, not behind what was missed"
    assert queue.empty()


class Told:
    """A tree that has the events it is given."""

    def __init__(self) -> None:
        self.ids = [1]
        self.fails = False

    def tell(self, *ids: int) -> None:
        self.ids += ids

    async def events(self, *, after: int = 0, limit: int = 100) -> tuple[StoredEvent, ...]:
        if self.fails:
            raise StoreError("the disk is gone.")
        record = EventRecord(at=0.0, path="a", kind="k", level="info", state="", text="", tick=0)
        return tuple(StoredEvent(id=n, event=record) for n in self.ids if n > after)[-limit:]


async def _fields(stream: EventStream, count: int, told: Told, *ids: int) -> list[str]:
    """The first lines of each of the next `count` entries, once these events have happened."""
    response = await stream.response(object(), "")
    lines = response.body_iterator
    found = []
    async with asyncio.timeout(10):
        assert await anext(aiter(lines)) == b": watching\n\n"
        told.tell(*ids)
        async for line in lines:
            assert isinstance(line, bytes)
            found.append(line.decode().split("\ndata")[0].replace("\n", " "))
            if len(found) == count:
                break
    stream.close()
    return found


async def test_more_at_once_than_one_look_reads_is_told_as_a_reset() -> None:
    told = Told()
    stream = EventStream(events_of(told))  # type: ignore[arg-type]
    found = await _fields(stream, 1, told, *range(2, event_stream.AT_ONCE + 10))
    assert found == [f"id: {event_stream.AT_ONCE + 9} event: reset"]


async def test_ids_that_begin_anew_are_told_as_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "EVERY", 0.01)
    told = Told()
    told.ids = [500]
    stream = EventStream(events_of(told))  # type: ignore[arg-type]
    asyncio.get_running_loop().call_later(0.1, setattr, told, "ids", [1, 2])
    asyncio.get_running_loop().call_later(1.0, told.tell, 3)
    assert await _fields(stream, 2, told) == ["id: 2 event: reset", "id: 3 event: k"]


async def test_a_watcher_that_never_reads_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "EVERY", 0.001)
    told = Told()
    stream = EventStream(events_of(told))  # type: ignore[arg-type]
    await stream.response(object(), "")
    async with asyncio.timeout(20):
        while stream._watchers:
            told.tell(told.ids[-1] + 1)
            await asyncio.sleep(0.001)
    stream.close()


async def test_a_store_that_cannot_be_read_is_said_before_the_stream_begins() -> None:
    told = Told()
    told.fails = True
    stream = EventStream(events_of(told))  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        await stream.response(object(), "")
    assert not stream._watchers
