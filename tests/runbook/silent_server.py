"""A server that takes connections and answers nothing on them, until it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class SilentServer:
    """The kernel takes the connections; nobody reads from them."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._threads: list[threading.Thread] = []
        self.port: int = listening.getsockname()[1]

    def answer(self) -> None:
        """Answer who waits, and from now on whoever comes."""
        if not self._threads:
            self._threads.append(threading.Thread(target=self._answer_all))
            self._threads[0].start()

    def _answer_all(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                with client, contextlib.suppress(OSError):
                    client.sendall(b"12 kg\n")

    def close(self) -> None:
        """No more connections."""
        with contextlib.suppress(OSError):  # wakes who accepts
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(60)


@contextlib.contextmanager
def silent_server() -> Iterator[SilentServer]:
    """One on a free port."""
    server = SilentServer(socket.create_server(("127.0.0.1", 0)))
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def unreachable(port: int) -> Iterator[None]:
    """A port whose packets are dropped, as by a firewall: its queue of connections is full."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(0)
        for _ in range(3):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        yield
