"""Which commands were executed lately, by the id their senders gave them: each only once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.flow.commands.command_id_file import KeptCommands, Line
from fsmv2.flow.commands.write_command import Command, CommandReply
from fsmv2.flow.nats.message_age import steady

KEPT = 600.0
"""Seconds an executed command is remembered, of a clock that nobody sets."""
MOST = 100_000
"""Commands remembered, some 60 MB: 166 a second. One more id is refused: to forget an older one
would execute it again."""


class Known(msgspec.Struct):
    """A command with an id: waiting or under way, or executed and answered.

    `subject`: what stands before its tag where it was received.
    """

    asked: Any
    at: float
    command: Command | None
    answer: CommandReply | None = None
    subject: str = ""


class SeenCommands:
    """Outlives a change of the flow's config; kept by the engine, by the name of the flow.

    With a file it outlives the process, too.
    """

    def __init__(self, file: Path | None = None) -> None:
        """OSError: the file cannot be read, or written anew."""
        self._known: OrderedDict[tuple[str, str], Known] = OrderedDict()
        self._successor: SeenCommands | None = None
        self._writing = asyncio.Lock()  # what is rewritten must hold what came meanwhile
        self._kept = KeptCommands(file, keep=KEPT) if file is not None else None
        for line in self._kept.load(steady()) if self._kept is not None else ():
            answer = line.answer or _interrupted(line)
            self._known[line.tag, line.id] = Known(line.asked, line.up, None, answer, line.subject)

    def find(self, tag: str, id_: str, now: float) -> Known | None:
        """The command of this tag with this id, if one is remembered. Ids are those of a tag."""
        while self._known:
            key, oldest = next(iter(self._known.items()))
            if now - oldest.at <= KEPT:
                break
            del self._known[key]
        return self._known.get((tag, id_)) if id_ else None

    def full(self, id_: str) -> str:
        """Why no further command may be accepted under this id; '' when it may, or has none."""
        if not id_ or len(self._known) < MOST:
            return ""
        return (
            f"{MOST} commands with an id came within {KEPT / 60:g} minutes, and no further id can "
            "be remembered; send it again later"
        )

    def accept(self, command: Command, now: float, subject: str = "") -> None:
        """It waits from now on; a second one with its id is the same."""
        if command.id:
            known = Known(command.asked, now, command, subject=subject)
            self._known[command.register.path, command.id] = known

    async def begin(self, command: Command) -> str:
        """To be awaited right before a command is executed; why it must not be, or nothing."""
        if self._kept is None or not command.id:
            return ""
        line = self._line(command)
        try:
            async with self._writing:
                everything = self._lines() if self._kept.full(len(self._known)) else None
                await self._note(self._kept, line, everything)
        except OSError as error:
            return f"that its id was used could not be kept: {error.strerror}; nothing was written"
        return ""

    async def _note(self, kept: KeptCommands, line: Line, everything: list[Line] | None) -> None:
        """Have it on the disk, which may take its time, and other flows share this loop."""
        try:
            await asyncio.to_thread(kept.note, line, durable=True, all_of_them=everything)
        except FileNotFoundError:  # the state directory was removed; all is in memory
            everything = self._lines()
            await asyncio.to_thread(kept.note, line, durable=True, all_of_them=everything)

    async def write_again(self) -> None:
        """Write all that is remembered into a new file: the state directory was lost.

        Until then a crash would have the ids of the last minutes executed again.
        """
        if self._kept is not None:
            async with self._writing:
                with contextlib.suppress(OSError):  # the next command tries again, or is refused
                    await asyncio.to_thread(self._kept.write_again, self._lines())

    async def take_over(self, other: SeenCommands, subject: str) -> None:
        """Remember from now on what `other` does of the commands on a subject, which it forgets.

        OSError: that cannot be kept here; `other` remembers it all the same then.
        """
        moved = {key: known for key, known in other._known.items() if known.subject == subject}
        if not moved:
            return
        async with self._writing:
            together = {**moved, **self._known}
            self._known = OrderedDict(sorted(together.items(), key=lambda item: item[1].at))
            if self._kept is not None:
                await asyncio.to_thread(self._kept.write_again, self._lines())
        other._successor = self
        for key in moved:
            other._known.pop(key, None)
        await other.write_again()

    async def answered(self, command: Command, answer: CommandReply) -> None:
        """It is over. One that certainly changed nothing may be sent again under its id."""
        known = self._known.get((command.register.path, command.id))
        if known is None and self._successor is not None:
            await self._successor.answered(command, answer)
            return
        if known is None or known.command is not command:
            return
        line = self._line(command)
        over = answer.outcome in ("written", "unknown")
        if over:
            known.command, known.answer = None, answer
        else:
            del self._known[command.register.path, command.id]
        if self._kept is not None:
            line = msgspec.structs.replace(line, answer=answer if over else None, gone=not over)
            with contextlib.suppress(OSError):  # then it is `unknown` after a restart, as it begun
                async with self._writing:
                    await asyncio.to_thread(self._kept.note, line, durable=False)

    def _lines(self) -> list[Line]:
        """All that is remembered, for the file."""
        ago, boot = time.time() - steady(), self._kept.boot if self._kept is not None else ""
        return [
            Line(
                tag,
                id_,
                known.asked,
                known.at + ago,
                known.answer,
                False,
                known.at,
                boot,
                known.subject,
            )
            for (tag, id_), known in self._known.items()
        ]

    def _line(self, command: Command) -> Line:
        boot = self._kept.boot if self._kept is not None else ""
        path, now = command.register.path, steady()
        known = self._known.get((path, command.id))
        subject = known.subject if known is not None else ""
        return Line(
            path, command.id, command.asked, time.time(), up=now, boot=boot, subject=subject
        )


def _interrupted(line: Line) -> CommandReply:
    """The answer to a command that was begun by a process which has ended since."""
    return CommandReply(
        ok=False,
        outcome="unknown",
        reason="fsmv2 was ended while it was being executed; it may have been written",
        tag=line.tag,
        value=line.asked,
        timestamp_ms=int(line.at * 1000),
        id=line.id,
    )
