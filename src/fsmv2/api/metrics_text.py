"""The text of `/metrics`: made on a thread of its own, once for all who ask at the same time.

Ten thousand workers take some tens of milliseconds of the interpreter. Two hundred clients at once
must not take that two hundred times.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable
from typing import NamedTuple

from fsmv2.host.in_thread import in_thread

SMALL = 1_000
"""Bytes that are not worth compressing."""

LEVEL = 4
"""Of gzip: text shrinks to a tenth; a higher level takes twice the time for little more."""


class MetricsText(NamedTuple):
    """An answer. `encoding`: '' or gzip."""

    body: bytes
    media_type: str
    encoding: str = ""


class SharedMetrics:
    """What is being made of one tree, and for how. On the loop of the API."""

    def __init__(self, make: Callable[[str], tuple[bytes, str]]) -> None:
        """`make` makes body and content type for the header `Accept`; it blocks."""
        self._make = make
        self._one_at_a_time = asyncio.Lock()
        self._next: dict[tuple[str, bool], asyncio.Task[MetricsText]] = {}

    async def text(self, accept: str, *, compressed: bool) -> MetricsText:
        """The metrics as they are now, or a moment later; an error is that of `make`."""
        key = (accept, compressed)
        task = self._next.get(key)
        if task is None:
            task = self._next[key] = asyncio.ensure_future(self._made(accept, compressed))
            task.add_done_callback(_noticed)
        # Shielded: others wait for it, too.
        return await asyncio.shield(task)

    async def _made(self, accept: str, compressed: bool) -> MetricsText:
        async with self._one_at_a_time:
            # Who asks from now on wants figures that are newer than these.
            del self._next[accept, compressed]
            return await in_thread(lambda: self._text(accept, compressed))

    def _text(self, accept: str, compressed: bool) -> MetricsText:
        body, media_type = self._make(accept)
        if not compressed or len(body) < SMALL:
            return MetricsText(body, media_type)
        return MetricsText(gzip.compress(body, LEVEL, mtime=0), media_type, "gzip")


def _noticed(task: asyncio.Task[MetricsText]) -> None:
    if not task.cancelled():
        task.exception()  # whoever still waits is told
