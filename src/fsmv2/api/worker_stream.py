"""The workers of a tree as server-sent events: all of them once, then those that changed.

One look for all who watch, at most five a second, and one text for all who ask for the same. One
that falls behind is sent nothing until it has read what it has, and then all anew: what is sent is
how things are, so nothing is lost by that. One that stays behind gets `dropped`, and is
disconnected.
"""

from __future__ import annotations

import asyncio
import time

from fsmv2.api.json_text import json_of
from fsmv2.api.problem_response import problem
from fsmv2.api.watchers import (
    COMMENT,
    DROPPED,
    ENDED,
    QUIET,
    UNREAD,
    Places,
    Watcher,
    WatchResponse,
    chunked,
)
from fsmv2.operate import TreeHandle
from fsmv2.operate.changed_workers import FoundChanges, WorkerChanges
from fsmv2.operate.tree_report import TreeHead
from fsmv2.operate.watched_workers import WorkersChanged, WorkersSnapshot
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_matching import matcher
from fsmv2.operate.worker_row import aged

EVERY = 0.2
"""Seconds between two looks while somebody watches."""

SHARE = 5
"""A look with all that is sent after it takes at most one in so many parts of the time."""

BEHIND = 100
"""Looks that a watcher may be behind before it is dropped."""


class WatcherGroup:
    """All who watch the same workers; `head`: of the tree, when the first of them came."""

    def __init__(self, which: WorkerFilter, head: TreeHead) -> None:
        self.watchers: set[Watcher] = set()
        self._head = head
        self._matches = matcher(which)
        self._shown: set[str] = set()
        self._snapshot = b""
        self._sent = time.monotonic()

    def snapshot(self, changes: WorkerChanges) -> bytes:
        """How all of them are; the same text until something changes."""
        if not self._snapshot:
            rows = tuple(filter(self._matches, changes.rows.values()))
            self._shown = {row.path for row in rows}
            snapshot = WorkersSnapshot(head=self._head, rows=aged(rows, time.time()))
            self._snapshot = _event("snapshot", snapshot)
        return self._snapshot

    def send(self, changes: WorkerChanges, found: FoundChanges) -> None:
        """Send all who watch here what changed for them, or after a while that nothing did."""
        text = self._changed(found)
        if not text and time.monotonic() - self._sent > QUIET:
            text = COMMENT
        if text:
            self._sent = time.monotonic()
        chunk = chunked(text) if text else b""
        for watcher in list(self.watchers):
            if chunk and watcher.unread:
                watcher.behind += 1
            elif watcher.behind and not watcher.unread:
                watcher.behind = 0
                watcher.write(chunked(self.snapshot(changes)))
            elif watcher.behind:
                watcher.behind += 1
            elif chunk:
                watcher.write(chunk)
            if watcher.behind > BEHIND:
                self.watchers.discard(watcher)
                watcher.end(DROPPED)

    def _changed(self, found: FoundChanges) -> bytes:
        rows = tuple(filter(self._matches, found.rows))
        now = {row.path for row in rows}
        # One that is no longer as asked for is gone for who watches.
        others = {row.path for row in found.rows if row.path not in now}.union(found.gone)
        gone = tuple(sorted(self._shown & others))
        self._shown -= others
        self._shown |= now
        if not rows and not gone:
            return b""
        self._snapshot = b""
        at = time.time()
        return _event("changes", WorkersChanged(at=at, rows=aged(rows, at), gone=gone))


class WorkerStream:
    """Hands the workers of one tree to all who watch. On the loop of the API."""

    def __init__(self, tree: TreeHandle, places: Places) -> None:
        self._tree = tree
        self._places = places
        self._changes: WorkerChanges | None = None
        self._channels: dict[WorkerFilter, WatcherGroup] = {}
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        places.count(lambda: len(self._watchers()))

    async def response(self, which: WorkerFilter, last_event_id: str = "") -> WatchResponse:
        """A stream of the workers that are meant, who need not be there yet.

        It begins with how all are, so what the client has seen last says nothing.

        UnknownFilterError: there is no such type, state or phase.
        """
        self._places.refuse_too_many()
        if sum(watcher.unread for watcher in self._watchers()) > UNREAD:
            text = "clients that watch leave too much unread."
            raise problem(503, "Too many at once", text, fix="Try again in a moment.")
        head = await self._tree.head()
        self._tree.check_names(which, list(self._begun().rows.values()))
        matcher(which)  # of a pattern that is none the client is told as of any mistake

        def join(watcher: Watcher) -> None:
            # Without a pause in it: nothing may change between a snapshot and what follows it.
            changes = self._begun()
            channel = self._channels.get(which)
            if channel is None:
                channel = self._channels[which] = WatcherGroup(which, head)
            watcher.write(chunked(channel.snapshot(changes)))
            channel.watchers.add(watcher)
            if self._closed:
                watcher.end(ENDED)

        def leave(watcher: Watcher) -> None:
            channel = self._channels.get(which)
            if channel is not None:
                channel.watchers.discard(watcher)
                if not channel.watchers:
                    del self._channels[which]

        return WatchResponse(join, leave)

    def close(self) -> None:
        """End every stream: the tree has stopped."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        for watcher in self._watchers():
            watcher.end(ENDED)

    def _watchers(self) -> list[Watcher]:
        return [one for channel in self._channels.values() for one in channel.watchers]

    def _begun(self) -> WorkerChanges:
        if self._changes is None or self._task is None or self._task.done():
            self._changes = self._tree.worker_changes()
            self._changes.look()
            self._task = asyncio.ensure_future(self._look(self._changes))
        return self._changes

    async def _look(self, changes: WorkerChanges) -> None:
        pause, alone = EVERY, 0.0
        while alone < QUIET:  # after a while without anybody the next one begins anew
            await asyncio.sleep(pause)
            began = time.monotonic()
            try:
                found = changes.look()
            except RuntimeError:  # something grew while it was read; the next look finds it, too
                continue
            for channel in list(self._channels.values()):
                channel.send(changes, found)
            alone = 0.0 if self._channels else alone + pause
            pause = max(EVERY, SHARE * (time.monotonic() - began))


def _event(name: str, data: WorkersSnapshot | WorkersChanged) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), json_of(data))
