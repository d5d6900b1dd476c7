"""Has another process read how a tree was, so that supervision and devices are not held up.

One question is answered at a time, in bounded time and memory, and few wait for their turn.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import msgspec

from fsmv2.errors import JournalError, NotRecordedError, PastReaderError
from fsmv2.host.in_thread import in_thread
from fsmv2.host.side_program import SideProgram
from fsmv2.operate.changes.type_references import UnreachableTypeError, type_references
from fsmv2.operate.past.past_question import Answered, PastQuestion, PastTask, Refused
from fsmv2.operate.tree_client import error_of
from fsmv2.version import __version__
from fsmv2.worker import WorkerFactory

PROGRAM = "fsmv2.operate.past.past_process"

WITHIN = 60.0
"""Seconds for one answer; ten thousand workers take a few, on a machine that is busy some more."""

WAITING = 4
"""Questions that may wait for their turn."""

LONGEST = (WAITING + 1) * WITHIN
"""Seconds until one that has waited for its turn is answered, at most."""


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
                program, task = SideProgram(PROGRAM, within=WITHIN), self._task(question, at)
                try:
                    return await program.run(lambda: _answer_of(program, task))
                finally:
                    await in_thread(program.end)
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


def _answer_of(program: SideProgram, task: PastTask) -> bytes:
    """Start the program, and wait for its answer; blocks."""
    try:
        if not program.start():
            raise _failure(program.ended)
    except OSError as error:
        reason = f"{sys.executable} cannot be started: {os.strerror(error.errno or 0)}"
        raise _failure(reason) from error
    try:
        program.send(msgspec.msgpack.encode(task))
        found = msgspec.msgpack.decode(program.receive(), type=Answered | Refused)
    except (EOFError, OSError, ValueError) as error:  # msgspec's are ValueErrors
        raise _failure(program.ended or "it ended without an answer") from error
    if isinstance(found, Refused):
        raise error_of(found.problem.status, msgspec.json.encode(found.problem))
    return found.json


def _failure(why: str) -> PastReaderError:
    return PastReaderError(
        f"how it was is not known: the process that reads the journal has ended: {why}.",
        fix="Try again.",
    )
