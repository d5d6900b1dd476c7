"""The HTTP server of the API, on the loop of its own thread, and a protocol that waits for nobody.

uvicorn has no limit on how long a client takes to send the head of a request, and knows no peer of
a Unix socket: both are added where it makes a connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from fsmv2.api.application import Streams, application, monitoring_application
from fsmv2.api.event_stream import EventStream
from fsmv2.api.metrics_text import SharedMetrics
from fsmv2.api.peer_identity import user_of
from fsmv2.api.streamed_items import events_of, lines_of
from fsmv2.api.watchers import SPARE, TRANSPORT, WATCHERS, Places
from fsmv2.api.worker_stream import WorkerStream
from fsmv2.metrics.exposition import exposition
from fsmv2.operate import TreeHandle

HEAD_WITHIN = 10.0
"""Seconds for the head of a request to arrive, counted anew after each answer."""

WRITE_WITHIN = 30.0
"""Seconds in which a client has to take what it was sent; a watcher as well."""

CONNECTIONS = WATCHERS + SPARE
"""Connections to the Unix socket at once, so that requests find one however many watch. A few more
are told that these are too many, others closed unheard."""

CONNECTIONS_OVER_TCP = SPARE
"""Nobody can watch there."""

TOLD_WITHIN = 1.0
"""Seconds in which one that is too many can read that."""

TOO_MANY = b"""\
HTTP/1.1 503 Service Unavailable\r
content-type: application/problem+json\r
content-length: 72\r
connection: close\r
\r
{"title":"Too many at once","status":503,"fix":"Try again in a moment."}"""

TURNS_TO_CONNECT = 3
"""Turns of the loop until a client that was accepted is a connection that can be ended. A server
that is closed within them would fail to make it one, and leave its socket open."""

END_WITHIN = 2.0
"""Seconds for answers that are under way when the tree has stopped."""


class BoundedProtocol(H11Protocol):
    """HTTP that knows its peer and closes on one that does not finish the head of a request."""

    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override]  # (uvicorn narrows it alike)
    ) -> None:
        """Note who it is, and give it a while for its first request."""
        super().connection_made(transport)
        self.app_state[TRANSPORT] = transport
        connection = transport.get_extra_info("socket")
        unix = connection.family == socket.AF_UNIX
        if unix:
            try:
                self.client = user_of(connection)
            except OSError:  # it has gone already
                transport.abort()
                return
        most = CONNECTIONS if unix else CONNECTIONS_OVER_TCP
        if len(self.connections) > most:
            self._refused = True
            if len(self.connections) > most + SPARE:
                transport.abort()
                return
            # Closed at once, the client would fail to send its request, and never read this.
            transport.write(TOO_MANY)
            transport.write_eof()
            self._head = self.loop.call_later(TOLD_WITHIN, transport.abort)
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came; a request that has begun has limits of its own."""
        if self._refused:
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._forget()

    def on_response_complete(self) -> None:
        """Wait for the next request, as long as for the first; it may have come with this one."""
        done = self.cycle
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle is done:
            self._watch()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is sent to: for a while, or it is dropped."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(WRITE_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken most of it."""
        self._read()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._forget()
        self._read()
        super().connection_lost(exc)

    def _watch(self) -> None:
        self._forget()
        self._head = self.loop.call_later(HEAD_WITHIN, self.transport.abort)

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _forget(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


class ApiServer:
    """Serves the API of one tree on the running loop; a few routes of it over TCP, when asked."""

    def __init__(self, tree: TreeHandle) -> None:
        # What a client sends is no matter for the log of a tree, and its warnings say no more.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        places = Places()
        streams: Streams = {
            "events": EventStream(events_of(tree), places),
            "logs": EventStream(lines_of(tree), places),
            "workers": WorkerStream(tree, places),
        }
        self._streams = streams
        metrics = SharedMetrics(lambda accept: exposition(tree.measured, accept))
        self._unix = Listener(application(tree, streams, metrics))
        self._tcp = Listener(monitoring_application(tree, streams, metrics))

    async def listen(self, made: socket.socket) -> None:
        """Take connections of this Unix socket, and no more of the one before."""
        await self._unix.listen(made)

    async def listen_tcp(self, made: socket.socket) -> None:
        """Take connections of this TCP socket."""
        await self._tcp.listen(made)

    async def close(self) -> None:
        """Take no more connections; end what is under way after a moment."""
        listeners = (self._unix, self._tcp)
        await asyncio.gather(*(listener.refuse() for listener in listeners))
        for stream in self._streams.values():
            stream.close()
        await asyncio.gather(*(listener.close() for listener in listeners))


class Listener:
    """One application on one socket, with connections of its own: neither shuts out the other."""

    def __init__(self, application: ASGIApp) -> None:
        self._config = uvicorn.Config(
            application,
            http=BoundedProtocol,
            loop="none",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=round(HEAD_WITHIN),
            h11_max_incomplete_event_size=16_384,
        )
        self._config.load()
        self._state = ServerState()
        self._server: asyncio.Server | None = None

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._state.connections)

    async def listen(self, made: socket.socket) -> None:
        """Take connections of this socket, and no more of the one before."""
        loop = asyncio.get_running_loop()

        def connection() -> asyncio.Protocol:
            return BoundedProtocol(self._config, self._state, {}, _loop=loop)

        create = loop.create_unix_server if made.family == socket.AF_UNIX else loop.create_server
        before, self._server = self._server, await create(connection, sock=made)
        if before is not None:
            await _ended(before)

    async def refuse(self) -> None:
        """Take no more connections."""
        if self._server is not None:
            await _ended(self._server)

    async def close(self) -> None:
        """End what is under way after a moment."""
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(list(self._state.tasks), timeout=END_WITHIN)
        for task in list(self._state.tasks):
            task.cancel()
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # in which they learn of it


async def _ended(server: asyncio.Server) -> None:
    """Accept no more, and close it once those it has accepted are connections."""
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(TURNS_TO_CONNECT):
        await asyncio.sleep(0)
    server.close()
