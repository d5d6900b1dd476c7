"""A socket that answers `GET /v1/workers` as a tree does, for tests of those who ask."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path


@contextlib.contextmanager
def answering(directory: Path, paths: Iterable[str], *, document: str) -> Iterator[list[bytes]]:
    """A state directory whose tree has these workers; what it was asked is collected."""
    directory.mkdir(parents=True)
    (directory / "document.json").write_text(json.dumps({"file": document}))
    body = json.dumps([{"path": path, "type": "bridge"} for path in paths]).replace(": ", ":")
    answer = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(directory / "api.sock"))
        listening.listen(50)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        asked.append(connection.recv(65_536))
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield asked
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=10)
