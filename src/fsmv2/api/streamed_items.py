"""What is streamed of a tree, as it is sent: its events, and the lines of its log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

import msgspec

from fsmv2.api.json_text import json_of
from fsmv2.containment import ANY_RAISED
from fsmv2.operate import TreeHandle
from fsmv2.operate.log_line import NumberedLines
from fsmv2.store import StoredEvent


class StreamedItem(NamedTuple):
    """One thing that happened or was logged; ids grow. `text`: makes what is sent of it."""

    id: int
    path: str
    text: Callable[[], bytes]


Read = Callable[[int, int], Awaitable[tuple[StreamedItem, ...]]]
"""Gives the last ones with a greater id than its first argument, at most as many as its second."""


def events_of(tree: TreeHandle) -> Read:
    """What reads the events of a tree."""

    async def read(after: int, limit: int) -> tuple[StreamedItem, ...]:
        found = await tree.events(after=after, limit=limit)
        return tuple(StreamedItem(one.id, one.event.path, partial(_event, one)) for one in found)

    return read


def lines_of(tree: TreeHandle) -> Read:
    """What reads those lines of its log that are no events."""

    async def read(after: int, limit: int) -> tuple[StreamedItem, ...]:
        found = tree.numbered_log_lines(after=after, limit=limit)
        return tuple(StreamedItem(one.number, one.path, partial(_lines, one)) for one in found)

    return read


def _event(stored: StoredEvent) -> bytes:
    event = stored.event
    try:
        data = json_of({"id": stored.id, **msgspec.to_builtins(event)})
    except ANY_RAISED:  # a store of another kind gave what is no text
        data = b"{}"
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (stored.id, event.kind.encode(), data)


def _lines(found: NumberedLines) -> bytes:
    """Each line of it on its own; the last has the id, so that one cut off is sent whole again."""
    texts = [b"event: line\ndata: %s\n\n" % json_of(line) for line in found.lines]
    texts[-1] = b"id: %d\n%b" % (found.number, texts[-1])
    return b"".join(texts)
