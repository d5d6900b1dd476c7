"""A program that works for a running tree, from its start to its end, as the tree sees it.

What that program does first is in `side_process`.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO, TypeVar

from fsmv2.host.in_thread import in_thread
from fsmv2.host.side_process import read_frame, write_frame

T = TypeVar("T")


class SideProgram:
    """One module run by an interpreter of its own, spoken to over its standard input and output."""

    def __init__(self, module: str, *, within: float, errors: IO[bytes] | None = None) -> None:
        """`within`: seconds after its start until it is ended; `errors`: what its standard error is
        written to, which is closed with it.
        """
        self._module = module
        self._errors = errors
        self._changing = threading.RLock()
        self._limit = threading.Timer(within, self.end, [f"it took more than {within:.0f} s"])
        self._limit.daemon = True
        self.process: subprocess.Popen[bytes] | None = None
        """Once it was started."""
        self.ended = ""
        """Why it was ended from here; empty: it was not."""

    async def run(self, work: Callable[[], T]) -> T:
        """Do `work` in a thread; who is cancelled ends the program, and waits for its end."""
        running = asyncio.ensure_future(in_thread(work))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await in_thread(self.end)
            await asyncio.wait([running])
            if not running.cancelled():
                running.exception()  # of nobody's interest any more
            raise

    def start(self) -> bool:
        """Start it; False: it was ended before that. OSError: it cannot be started."""
        with self._changing:
            if self.ended:
                return False
            self.process = subprocess.Popen(  # noqa: S603  (our own program, and no shell)
                [sys.executable, "-P", "-m", self._module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if self._errors is None else self._errors,
                start_new_session=True,  # Ctrl-C at the terminal of fsmv2 is not meant for it
            )
            self._limit.start()
        return True

    def send(self, message: bytes) -> None:
        """Send one message. OSError, ValueError: nobody is there to read it."""
        assert self.process is not None  # noqa: S101  (it was started before)
        assert self.process.stdin is not None  # noqa: S101  (it was started with it)
        write_frame(self.process.stdin, message)

    def receive(self) -> bytes:
        """The next message. EOFError, OSError, ValueError: there is none any more."""
        assert self.process is not None  # noqa: S101  (it was started before)
        assert self.process.stdout is not None  # noqa: S101  (it was started with it)
        return read_frame(self.process.stdout)

    def end(self, why: str = "it was no longer needed") -> None:
        """End it, if it has not ended; from any thread."""
        self._limit.cancel()
        with self._changing:
            self.ended = self.ended or why
            process = self.process
            if process is not None and process.returncode is None:
                process.kill()
                process.wait()
        pipes = () if process is None else (process.stdin, process.stdout)
        for pipe in (*pipes, self._errors):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):  # what was not sent yet
                    pipe.close()
