"""What happens, as server-sent events: one look at the store for all who watch.

A watcher that comes back names the last id it has seen (`Last-Event-ID`) and gets what it missed.
What is no longer kept, or more than one answer holds, is told as `reset`: read how things are now,
and go on from there. Who reads too slowly is told so and dropped; nobody waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import msgspec
from starlette.responses import StreamingResponse

from fsmv2.api.problem import problem
from fsmv2.containment import ANY_RAISED
from fsmv2.errors import FsmError
from fsmv2.operate import TreeHandle
from fsmv2.store import StoredEvent

EVERY = 0.2
"""Seconds between two looks at the store while somebody watches."""

QUIET = 15.0
"""Seconds after which a comment is sent where nothing happens, so that a dead client is found."""

AT_ONCE = 1_000
"""Events read in one look; a watcher that missed more is told to begin anew."""

BEHIND = 100
"""Looks a watcher may be behind before it is dropped."""

Batch = tuple[StoredEvent, ...]


class EventStream:
    """Hands the events of one tree to all who watch. On the loop of the API."""

    def __init__(self, tree: TreeHandle) -> None:
        self._tree = tree
        self._watchers: set[asyncio.Queue[Batch | None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._last = 0

    def response(self, query: object, last_event_id: str) -> StreamingResponse:
        """A stream of what happens from now on, or after the event the client has seen last."""
        path, after = getattr(query, "path", ""), getattr(query, "after", 0)
        if last_event_id:
            if not re.fullmatch(r"[0-9]{1,18}", last_event_id):
                raise problem(400, "Not as documented", "Last-Event-ID is a whole number.")
            after = int(last_event_id)
        return StreamingResponse(
            self._lines(path, after),
            media_type="text/event-stream",
            headers={"cache-control": "no-cache"},
        )

    async def _lines(self, path: str, after: int) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[Batch | None] = asyncio.Queue(BEHIND)
        self._watchers.add(queue)
        try:
            await self._begin()
            seen = after
            if after:
                missed = await self._tree.events(after=after, limit=AT_ONCE)
                if (missed and missed[0].id > after + 1) or after > self._last:
                    seen = self._last
                    yield _reset(seen)
                else:
                    for event in missed:
                        if _concerns(event, path):
                            yield _event(event)
                        seen = event.id
            else:
                seen = self._last
                yield b": watching\n\n"
            while True:
                try:
                    batch = await asyncio.wait_for(queue.get(), QUIET)
                except TimeoutError:
                    yield b": nothing new\n\n"
                    continue
                if batch is None:
                    yield b"event: dropped\ndata: you read too slowly\n\n"
                    return
                for event in batch:
                    if event.id > seen:
                        seen = event.id
                        if _concerns(event, path):
                            yield _event(event)
        finally:
            self._watchers.discard(queue)

    async def _begin(self) -> None:
        if self._task is None or self._task.done():
            newest = await self._tree.events(limit=1)
            self._last = newest[-1].id if newest else 0
            if self._task is None or self._task.done():
                self._task = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        while self._watchers:
            await asyncio.sleep(EVERY)
            with contextlib.suppress(FsmError):  # a store that fails; the next look may work
                batch = await self._tree.events(after=self._last, limit=AT_ONCE)
                if not batch:
                    continue
                self._last = batch[-1].id
                for queue in list(self._watchers):
                    _put(queue, batch)


def _put(queue: asyncio.Queue[Batch | None], batch: Batch) -> None:
    try:
        queue.put_nowait(batch)
    except asyncio.QueueFull:
        with contextlib.suppress(asyncio.QueueEmpty):
            while True:
                queue.get_nowait()
        queue.put_nowait(None)


def _concerns(event: StoredEvent, path: str) -> bool:
    of = event.event.path
    return not path or of == path or of.startswith(f"{path}/")


def _event(stored: StoredEvent) -> bytes:
    try:
        data = msgspec.json.encode({"id": stored.id, **msgspec.to_builtins(stored.event)})
    except ANY_RAISED:  # a store of another kind gave what is no text
        data = b"{}"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (stored.id, stored.event.kind.encode(), data)


def _reset(at: int) -> bytes:
    return b"id: %d\nevent: reset\ndata: read how things are now\n\n" % at
