"""Listens on the sockets of a tree, and loads and starts the API when the first client comes.

So a tree that nobody asks pays for a file descriptor or two and a look now and then. The Unix
socket is made anew when it is gone: somebody cleaned up, or the state directory was lost. The TCP
socket, if one was asked for, is handed in: whether its port can be had must be known before the
tree starts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import FsmError, error_text
from fsmv2.host.in_thread import in_daemon_thread
from fsmv2.operate import TreeHandle
from fsmv2.operate.running_trees import registered
from fsmv2.operate.socket_place import link_socket, listen, socket_path, unlink_socket
from fsmv2.runtime.loop_thread import LoopThread

if TYPE_CHECKING:
    from fsmv2.api.http_server import ApiServer

LOOK_EVERY = 2.0
"""Seconds between two looks at whether the socket is still at its place."""

END_WITHIN = 5.0
"""Seconds for answers that are under way when the tree has stopped."""

log = logging.getLogger("fsmv2.api")


class Activation:
    """The sockets of one tree, on the loop of the program; the server has a thread of its own."""

    def __init__(self, tree: TreeHandle, tcp: socket.socket | None = None) -> None:
        """`tcp` listens, and is closed with this."""
        self.place = socket_path(tree.directory)
        self._tree = tree
        self._socket: socket.socket | None = None
        self._tcp = tcp
        self._loading = asyncio.Lock()
        self._inode: tuple[int, int] | None = None
        self._trouble = ""
        self._thread: LoopThread | None = None
        self._server: ApiServer | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._handed_over: socket.socket | None = None

    @property
    def active(self) -> bool:
        """Whether a client has come, and the API was loaded for it."""
        return self._thread is not None

    async def start(self) -> None:
        """Listen, and look after the socket from now on."""
        await self._listen()
        self._await_tcp_client()
        self._run(self._look())

    async def close(self) -> None:
        """Answer what is under way, for a moment, and remove the socket."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._let_go()
        if self._tcp is not None:
            asyncio.get_running_loop().remove_reader(self._tcp)
        if self._thread is not None:
            if self._server is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._thread.run(self._server.close()), END_WITHIN)
            await self._thread.stop()
        if self._handed_over is not None:
            self._handed_over.close()
        if self._tcp is not None:
            self._tcp.close()
        with contextlib.suppress(TimeoutError):  # a file system that hangs
            async with asyncio.timeout(END_WITHIN):
                await in_daemon_thread(self._remove)

    def _remove(self) -> None:
        if self._inode is not None and _inode(self.place) == self._inode:
            with contextlib.suppress(OSError):
                unlink_socket(self._tree.directory, self.place)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            found = await in_daemon_thread(lambda: _inode(self.place))
            if self._inode is None or found != self._inode:
                await self._listen()
                if self._inode is not None:
                    log.warning("the socket %s was missing, and has been created again", self.place)
            else:
                await in_daemon_thread(self._link)

    async def _listen(self) -> None:
        try:
            made = await in_daemon_thread(lambda: listen(self.place))
            await in_daemon_thread(self._link)
        except (OSError, FsmError) as error:
            trouble, self._inode = error_text(error), None
            if trouble != self._trouble:  # once, not at each look
                log.warning("the socket %s cannot be created; retrying: %s", self.place, trouble)
            self._trouble = trouble
            return
        self._trouble = ""
        self._let_go()
        self._inode = await in_daemon_thread(lambda: _inode(self.place))
        if self._server is not None and self._thread is not None:
            await self._thread.run(self._server.listen(made))
            return
        self._socket = made
        asyncio.get_running_loop().add_reader(made, self._first, made)

    def _link(self) -> None:
        with contextlib.suppress(OSError):  # then it is found where the rule says
            link_socket(self._tree.directory, self.place)

    def _let_go(self) -> None:
        """Close the socket on which nobody has come."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _first(self, made: socket.socket) -> None:
        """The first client: have the server take the socket over."""
        asyncio.get_running_loop().remove_reader(made)
        self._socket = None
        self._run(self._serve(made))

    async def _serve(self, made: socket.socket) -> None:
        self._handed_over = made
        try:
            thread, server = await self._loaded()
            await thread.run(server.listen(made))
        except asyncio.CancelledError:
            raise  # it may listen already: `close` ends the server before the socket
        except ANY_RAISED as error:
            made.close()
            self._inode = None  # the next look makes another socket, for the next client to try
            log.error("the API cannot be served: %s", error_text(error))

    def _await_tcp_client(self) -> None:
        if self._tcp is not None:
            asyncio.get_running_loop().add_reader(self._tcp, self._first_over_tcp, self._tcp)

    def _first_over_tcp(self, made: socket.socket) -> None:
        asyncio.get_running_loop().remove_reader(made)
        self._run(self._serve_tcp(made))

    async def _serve_tcp(self, made: socket.socket) -> None:
        try:
            thread, server = await self._loaded()
            await thread.run(server.listen_tcp(made))
        except asyncio.CancelledError:
            raise  # as above
        except ANY_RAISED as error:
            log.error("metrics and health cannot be served: %s", error_text(error))
            await asyncio.sleep(LOOK_EVERY)  # who comes meanwhile waits in the queue of the kernel
            self._await_tcp_client()
            return
        self._tcp = None  # it belongs to the server, which closes it

    async def _loaded(self) -> tuple[LoopThread, ApiServer]:
        async with self._loading:
            if self._thread is None:
                self._thread = LoopThread("fsmv2-api")
                self._thread.start()
            if self._server is None:
                self._server = await self._thread.run(_loaded(self._tree))
            return self._thread, self._server


async def _loaded(tree: TreeHandle) -> ApiServer:
    """The server; on its own thread, since loading it takes some tenths of a second."""
    from fsmv2.api.http_server import ApiServer

    return ApiServer(tree)


def _inode(place: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(place)
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextlib.asynccontextmanager
async def served(tree: TreeHandle, tcp: socket.socket | None = None) -> AsyncIterator[Activation]:
    """Have the API of a tree answer while inside; the tree is found by `running_trees`.

    `tcp` listens on a loopback address; metrics, health, readiness and version are served there.
    """
    note = contextlib.ExitStack()
    await in_daemon_thread(lambda: note.enter_context(registered(tree.directory)))
    try:
        activation = Activation(tree, tcp)
        await activation.start()
        try:
            yield activation
        finally:
            await activation.close()
    finally:
        await in_daemon_thread(note.close)
