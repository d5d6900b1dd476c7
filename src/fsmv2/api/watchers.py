"""Who watches a tree through streams of events: how many may, and how each is written to.

What is sent to many is one text, written to the connection of each without a task, a queue or a
timer in between: a thousand that are sent five texts a second would cost half a core with them.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
from collections.abc import Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fsmv2.api.problem_response import ApiError
from fsmv2.operate.problem import Problem

QUIET = 15.0
"""Seconds after which a comment is sent where nothing happens, so that a dead client is found."""

WATCHERS = 1_000
"""Who may watch at once, all streams together, where there are descriptors for so many."""

SPARE = 256
"""Connections and descriptors that watchers leave to requests, and to the tree itself."""

UNREAD = 64 << 20
"""Bytes that all watchers together may leave unread before no more are let in."""

DROPPED = b"event: dropped\ndata: you read too slowly\n\n"
ENDED = b"event: ended\ndata: the tree has stopped\n\n"
COMMENT = b": nothing new\n\n"

TRANSPORT = "transport"
"""Where the protocol puts its transport in the state of a connection."""


def descriptors() -> int:
    """How many files this process may open; raised to what watchers need, if that is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WATCHERS + 4 * SPARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return wanted if soft == resource.RLIM_INFINITY else soft


class Watcher:
    """One connection that is written to as it comes. `behind`: texts it was not sent since."""

    __slots__ = ("_transport", "behind", "ended")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.behind = 0
        self.ended = asyncio.Event()

    @property
    def unread(self) -> int:
        """Bytes that it has not taken yet."""
        return self._transport.get_write_buffer_size()

    def write(self, chunk: bytes) -> None:
        """Send what `chunked` made."""
        if not self._transport.is_closing():
            self._transport.write(chunk)

    def end(self, last: bytes) -> None:
        """Send the last words, and have the answer end."""
        if not self.ended.is_set():
            self.write(chunked(last))
            self.ended.set()


class Places:
    """How many may watch, all streams of one tree together."""

    def __init__(self) -> None:
        self._taken: list[Callable[[], int]] = []
        self._most = max(16, descriptors() - 2 * SPARE)

    def count(self, taken: Callable[[], int]) -> None:
        """Have those who watch through a stream counted."""
        self._taken.append(taken)

    def refuse_too_many(self) -> None:
        """ApiError when all places are taken."""
        most = min(self._most, WATCHERS)
        if sum(taken() for taken in self._taken) >= most:
            text = f"{most} clients are watching already."
            refused = Problem("Too many at once", 503, text, fix="Try again when one has ended.")
            raise ApiError(refused, {"connection": "close"})


class WatchResponse(Response):
    """A stream that is written to by somebody else until its watcher ends or goes away."""

    media_type = "text/event-stream"

    def __init__(self, join: Callable[[Watcher], None], leave: Callable[[Watcher], None]) -> None:
        """`join` is called when the head is sent, and may write; `leave` at the end."""
        super().__init__(headers={"cache-control": "no-cache"}, media_type=self.media_type)
        del self.headers["content-length"]
        self._join, self._leave = join, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        watcher = Watcher(scope["state"][TRANSPORT])
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._join(watcher)
        gone = asyncio.ensure_future(_gone(receive))
        ended = asyncio.ensure_future(watcher.ended.wait())
        try:
            await asyncio.wait({gone, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave(watcher)
            gone.cancel()
            ended.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def chunked(text: bytes) -> bytes:
    """A text as a chunk of an answer whose length is not known (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(text), text)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
