"""Which commands were executed lately, by the id their senders gave them: each only once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.flow.write.alertness import steady
from fsmv2.flow.write.command import Answer, Command
from fsmv2.flow.write.kept import KeptCommands, Line

KEPT = 600.0
"""Seconds an executed command is remembered."""
MOST = 10_000
"""Commands remembered; beyond them the oldest is forgotten earlier."""


class Known(msgspec.Struct):
    """A command with an id: waiting or under way, or executed and answered."""

    asked: Any
    at: float
    command: Command | None
    answer: Answer | None = None


class SeenCommands:
    """Outlives a change of the flow's config; kept by the engine, by the name of the flow.

    With a file it outlives the process, too.
    """

    def __init__(self, file: Path | None = None) -> None:
        """OSError: the file cannot be read, or written anew."""
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._kept = KeptCommands(file, keep=KEPT, most=MOST) if file is not None else None
        for line in self._kept.load() if self._kept is not None else ():
            at = steady() - max(0.0, time.time() - line.at)
            answer = line.answer or _interrupted(line)
            self._known[line.tag, line.id] = Known(line.asked, at, None, answer)

    def find(self, tag: str, id_: str, now: float) -> Known | None:
        """The command of this tag with this id, if one is remembered. Ids are those of a tag."""
        while self._known:
            key, oldest = next(iter(self._known.items()))
            if now - oldest.at <= KEPT and len(self._known) <= MOST:
                break
            del self._known[key]
        return self._known.get((tag, id_)) if id_ else None

    def accept(self, command: Command, now: float) -> None:
        """It waits from now on; a second one with its id is the same."""
        if command.id:
            known = Known(command.asked, now, command)
            self._known[command.register.path, command.id] = known

    async def begin(self, command: Command) -> str:
        """To be awaited right before a command is executed; why it must not be, or nothing."""
        if self._kept is None or not command.id:
            return ""
        line = _line(command)
        everything = self._lines() if self._kept.full else None
        try:
            # The disk may take its time, and other flows share this loop.
            await asyncio.to_thread(self._kept.note, line, durable=True, all_of_them=everything)
        except OSError as error:
            return f"that its id was used could not be kept: {error.strerror}; nothing was written"
        return ""

    def answered(self, command: Command, answer: Answer) -> None:
        """It is over. One that certainly changed nothing may be sent again under its id."""
        known = self._known.get((command.register.path, command.id))
        if known is None or known.command is not command:
            return
        over = answer.outcome in ("written", "unknown")
        if over:
            known.command, known.answer = None, answer
        else:
            del self._known[command.register.path, command.id]
        if self._kept is not None:
            line = _line(command)
            line = msgspec.structs.replace(line, answer=answer if over else None, gone=not over)
            with contextlib.suppress(OSError):  # then it is `unknown` after a restart, as it begun
                self._kept.note(line, durable=False)

    def _lines(self) -> list[Line]:
        """All that is remembered, for the file."""
        ago = time.time() - steady()
        return [
            Line(tag, id_, known.asked, known.at + ago, known.answer)
            for (tag, id_), known in self._known.items()
        ]


def _line(command: Command) -> Line:
    return Line(command.register.path, command.id, command.asked, time.time())


def _interrupted(line: Line) -> Answer:
    """The answer to a command that was begun by a process which has ended since."""
    return Answer(
        ok=False,
        outcome="unknown",
        reason="fsmv2 was ended while it was being executed; perhaps it was written",
        tag=line.tag,
        value=line.asked,
        timestamp_ms=int(line.at * 1000),
        id=line.id,
    )
