"""Commands and programs, each in a process of its own that has no imports to wait for.

Half a second of a command's start is imports. `forking_process` has done them, once for each
process of tests, and forks whenever it is asked to: what runs has its own arguments, environment,
folder, streams and exit code, as if it had been started. For what a start itself is about, and for
what is looked at from outside by its command line, start a program as ever.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

SERVER = Path(__file__).with_name("forking_process.py")
PATIENCE = 200.0
"""Seconds within which anything ends, also on a busy machine."""


def fsmv2(
    *words: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`fsmv2 WORDS`, once it has ended."""
    return _ended({"words": [*map(os.fspath, words)]}, env, cwd)


def program(file: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """`python -W error FILE`, once it has ended."""
    return _ended({"program": str(file)}, None, cwd)


def _ended(
    what: dict[str, Any], env: Mapping[str, str] | None, cwd: Path | None
) -> subprocess.CompletedProcess[str]:
    asked = {**what, "env": dict(os.environ if env is None else env), "cwd": str(cwd or Path.cwd())}
    with (
        tempfile.TemporaryFile() as request,
        open(os.devnull, "rb") as nothing,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        request.write(json.dumps(asked).encode())
        request.seek(0)
        code = _server().run([request, nothing, out, err])
        shown = [_text(stream) for stream in (out, err)]
    return subprocess.CompletedProcess([*what.values()], code, *shown)


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode().replace("\r\n", "\n")


class Server:
    """The process that forks. It ends when the other end of its socket is closed."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        words = [sys.executable, str(SERVER), str(theirs.fileno())]
        self.process = subprocess.Popen(words, pass_fds=[theirs.fileno()])
        theirs.close()
        self.lock = threading.Lock()

    def run(self, streams: list[IO[bytes]]) -> int:
        """The exit code of what the first of these files asks for, with the others as streams."""
        reading, writing = os.pipe()
        with open(reading, "rb", buffering=0) as answer:
            try:
                with self.lock:
                    files = [*(one.fileno() for one in streams), writing]
                    socket.send_fds(self.socket, [b"?"], files)
            finally:
                os.close(writing)
            said, limit = b"", time.monotonic() + PATIENCE
            while said.count(b"\n") < 2:
                if not select.select([answer], [], [], max(0.0, limit - time.monotonic()))[0]:
                    with contextlib.suppress(ValueError):
                        os.kill(int(said), 9)
                    raise AssertionError(f"it has not ended within {PATIENCE:g} s")
                more = answer.read(100)
                assert more, "the process that forks has ended"
                said += more
        return int(said.split()[1])

    def close(self) -> None:
        self.socket.close()
        self.process.wait()


@functools.cache
def _server() -> Server:
    server = Server()
    atexit.register(server.close)
    return server
