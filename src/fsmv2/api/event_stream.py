"""What happens or is logged, as server-sent events: one look at either for all who watch.

A watcher that comes back names the last id it has seen (`Last-Event-ID`) and gets what it missed.
What is no longer kept, or more than one answer holds, is answered with `reset`: read how things are
now, and go on from there. A watcher that reads too slowly gets `dropped`, and is disconnected.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from fsmv2.api.problem_response import problem
from fsmv2.api.streamed_items import Read, StreamedItem
from fsmv2.api.watchers import DROPPED, ENDED, QUIET, Places
from fsmv2.errors import FsmError

EVERY = 0.2
"""Seconds between two looks while somebody watches."""

ANEW_EVERY = 25
"""Looks in a row without anything new after which it is asked whether the ids begin anew."""

AT_ONCE = 1_000
"""Items read in one look; a watcher that missed more is sent `reset`."""

BEHIND = 100
"""Looks a watcher may be behind before it is dropped."""

Batch = tuple[StreamedItem, ...]


class Look:
    """What one look found. `gap`: not all that happened before. `end`: the last words instead.

    It is text once for all who watch all paths, and so is each of its items for the others.
    """

    __slots__ = ("_texts", "_whole", "end", "gap", "items")

    def __init__(self, items: Batch = (), gap: bool = False, end: bytes = b"") -> None:
        self.items, self.gap, self.end = items, gap, end
        self._texts: tuple[bytes, ...] | None = None
        self._whole = b""

    def text(self, after: int, path: str) -> bytes:
        """Those of its items with an id above `after` that concern a path, as they are sent."""
        if not self.items:
            return b""
        if self._texts is None:
            self._texts = tuple(item.text() for item in self.items)
            self._whole = b"".join(self._texts)
        if not path and after < self.items[0].id:
            return self._whole
        return b"".join(
            text
            for item, text in zip(self.items, self._texts, strict=True)
            if item.id > after and _concerns(item, path)
        )


class EventStream:
    """Hands what happens in one tree, or what it logs, to all who watch. On the loop of the API."""

    def __init__(self, read: Read, places: Places | None = None) -> None:
        self._read = read
        self._places = places or Places()
        self._watchers: set[asyncio.Queue[Look]] = set()
        self._task: asyncio.Task[None] | None = None
        self._last = 0
        self._closed = False
        self._places.count(lambda: len(self._watchers))

    async def response(self, query: object, last_event_id: str) -> StreamingResponse:
        """A stream of what comes from now on, or after the item the client has seen last.

        StoreError: events cannot be read now.
        """
        path, after = getattr(query, "path", ""), getattr(query, "after", 0)
        if last_event_id:
            if not re.fullmatch(r"[0-9]{1,18}", last_event_id):
                raise problem(400, "Not as documented", "Last-Event-ID is a whole number.")
            after = int(last_event_id)
        self._places.refuse_too_many()
        queue: asyncio.Queue[Look] = asyncio.Queue(BEHIND)
        self._watchers.add(queue)
        try:
            await self._begin()
            missed = await self._read(after, AT_ONCE) if after else ()
        except BaseException:
            self._watchers.discard(queue)
            raise
        if after > self._last or (missed and missed[0].id > after + 1):
            first = Look(gap=True)
        else:
            first = Look(missed)
        if self._closed:
            _put(queue, Look(end=ENDED))
        return StreamingResponse(
            self._lines(queue, path, after or self._last, first),
            media_type="text/event-stream",
            headers={"cache-control": "no-cache"},
        )

    def close(self) -> None:
        """End every stream: the tree has stopped."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        for queue in self._watchers:
            _put(queue, Look(end=ENDED))

    async def _lines(
        self, queue: asyncio.Queue[Look], path: str, seen: int, look: Look
    ) -> AsyncIterator[bytes]:
        try:
            yield b": watching\n\n"
            while not look.end:
                if look.gap:
                    seen = look.items[-1].id if look.items else self._last
                    yield _reset(seen)
                text = look.text(seen, path)
                if look.items:
                    seen = max(seen, look.items[-1].id)
                if text:
                    yield text
                look = await _next(queue)
                while not look.end and not look.items and not look.gap:
                    yield b": nothing new\n\n"
                    look = await _next(queue)
            yield look.end
        finally:
            self._watchers.discard(queue)

    async def _begin(self) -> None:
        if self._task is None or self._task.done():
            newest = await self._read(0, 1)
            self._last = newest[-1].id if newest else 0
            if not self._closed and (self._task is None or self._task.done()):
                self._task = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        quiet = 0
        while self._watchers:
            await asyncio.sleep(EVERY)
            with contextlib.suppress(FsmError):  # a store that fails; the next look may work
                batch = await self._read(self._last, AT_ONCE)
                gap = bool(batch) and batch[0].id > self._last + 1
                quiet = 0 if batch else quiet + 1
                if quiet >= ANEW_EVERY:
                    quiet, batch = 0, await self._read(0, 1)
                    gap = bool(batch) and batch[-1].id < self._last  # the store was lost
                    batch = batch if gap else ()
                if not batch:
                    continue
                self._last = batch[-1].id
                for queue in list(self._watchers):
                    if not _put(queue, Look(batch, gap)):
                        self._watchers.discard(queue)


async def _next(queue: asyncio.Queue[Look]) -> Look:
    """The next look that found something, or after a while an empty one."""
    try:
        return await asyncio.wait_for(queue.get(), QUIET)
    except TimeoutError:
        return Look()


def _put(queue: asyncio.Queue[Look], look: Look) -> bool:
    """Hand it over; False: the watcher is too far behind, and gets `dropped` instead."""
    full = queue.full()
    if full or look.end:
        while not queue.empty():
            queue.get_nowait()
    queue.put_nowait(Look(end=DROPPED) if full and not look.end else look)
    return not full


def _concerns(item: StreamedItem, path: str) -> bool:
    return not path or item.path == path or item.path.startswith(f"{path}/")


def _reset(at: int) -> bytes:
    return b"id: %d\nevent: reset\ndata: read how things are now\n\n" % at
