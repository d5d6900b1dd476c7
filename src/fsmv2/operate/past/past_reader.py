"""Has another process read how a tree was, so that supervision and devices are not held up.

One question is answered at a time, in bounded time and memory, and few wait for their turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from fsmv2.errors import (
    FsmError,
    JournalError,
    NoJournalError,
    NotRecordedError,
    NotRunningError,
    PastReaderError,
    StoreError,
    UnknownFilterError,
    UnknownPathError,
)
from fsmv2.host.in_thread import in_thread
from fsmv2.operate.changes.planner_messages import read_frame, write_frame
from fsmv2.operate.changes.type_references import UnreachableTypeError, type_references
from fsmv2.operate.past.past_question import Answered, PastQuestion, PastTask, Refused
from fsmv2.version import __version__
from fsmv2.worker import WorkerFactory

PROGRAM = "fsmv2.operate.past.past_process"

WITHIN = 60.0
"""Seconds for one answer; ten thousand workers take a few, on a machine that is busy some more."""

WAITING = 4
"""Questions that may wait for their turn."""

LONGEST = (WAITING + 1) * WITHIN
"""Seconds until one that has waited for its turn is answered, at most."""

_ERRORS: dict[str, type[FsmError]] = {
    kind.code: kind
    for kind in (
        JournalError,
        NoJournalError,
        NotRecordedError,
        NotRunningError,
        StoreError,
        UnknownFilterError,
        UnknownPathError,
    )
}


class PastReader:
    """Answers questions about the past of one tree that runs. On one loop."""

    def __init__(self, directory: Path, factory: WorkerFactory) -> None:
        """`directory`: its state directory; `factory`: its worker types."""
        self._directory = directory
        self._factory = factory
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def answer(self, question: PastQuestion, at: float) -> bytes:
        """What is answered of a moment, Unix seconds, as JSON.

        NotRecordedError, NotRunningError, NoJournalError: nothing is known of it. JournalError: the
        journal cannot be replayed up to then. UnknownPathError, UnknownFilterError: nothing was
        there that can be meant. PastReaderError: not now.
        """
        if at > time.time():
            raise NotRecordedError("this moment is yet to come.", fix="Ask without `at`.")
        if self._waiting > WAITING:
            raise PastReaderError(
                f"{self._waiting} questions about the past are being answered already.",
                fix="Try again in a moment.",
            )
        self._waiting += 1
        try:
            async with self._turn:
                reading = _Reading(self._task(question, at))
                running = asyncio.ensure_future(in_thread(reading.answer))
                try:
                    return await asyncio.shield(running)
                except asyncio.CancelledError:
                    reading.end()
                    await asyncio.wait([running])
                    raise
        finally:
            self._waiting -= 1

    def _task(self, question: PastQuestion, at: float) -> PastTask:
        try:
            types = type_references(self._factory)
        except UnreachableTypeError as error:
            raise JournalError(
                f"how it was is read by another process, and {error.message}",
                fix="Ask with the command, which is given the types: "
                "`fsmv2 status --at TIME --types MODULE`.",
            ) from None
        return PastTask(
            version=__version__,
            directory=str(self._directory),
            at=at,
            question=question,
            types=tuple(types.values()),
            path=sys.path,
        )


class _Reading:
    """One process, from its start to its end."""

    def __init__(self, task: PastTask) -> None:
        self._task = task
        self._ended = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()

    def end(self, why: str = "it was no longer needed") -> None:
        """End it, if it has not ended; from any thread."""
        with self._changing:
            self._ended = self._ended or why
            if self._process is not None and self._process.returncode is None:
                self._process.kill()

    def answer(self) -> bytes:
        """Start it, and wait for its answer; blocks."""
        limit = threading.Timer(WITHIN, self.end, [f"it took more than {WITHIN:.0f} s"])
        limit.daemon = True
        process = self._started()
        limit.start()
        try:
            found = self._exchanged(process)
        finally:
            limit.cancel()
            self.end()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):  # what was not sent yet
                        pipe.close()
        if isinstance(found, Refused):
            problem = found.problem
            kind = _ERRORS.get(problem.code, JournalError)
            raise kind(problem.detail, fix=problem.fix)
        return found.json

    def _started(self) -> subprocess.Popen[bytes]:
        with self._changing:
            if self._ended:
                raise self._failure()
            try:
                self._process = subprocess.Popen(  # noqa: S603  (our own program, and no shell)
                    [sys.executable, "-P", "-m", PROGRAM],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,  # Ctrl-C at the terminal of fsmv2 is not meant for it
                )
            except OSError as error:
                self._ended = f"{sys.executable} cannot be started: {os.strerror(error.errno or 0)}"
                raise self._failure() from error
            return self._process

    def _exchanged(self, process: subprocess.Popen[bytes]) -> Answered | Refused:
        assert process.stdin is not None  # noqa: S101  (it was started with both)
        assert process.stdout is not None  # noqa: S101  (it was started with both)
        try:
            write_frame(process.stdin, msgspec.msgpack.encode(self._task))
            raw = read_frame(process.stdout)
            return msgspec.msgpack.decode(raw, type=Answered | Refused)
        except (EOFError, OSError, msgspec.DecodeError) as error:
            raise self._failure() from error

    def _failure(self) -> PastReaderError:
        why = self._ended or "it ended without an answer"
        return PastReaderError(
            f"how it was is not known: the process that reads the journal has ended: {why}.",
            fix="Try again.",
        )
