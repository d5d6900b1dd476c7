"""Answers to what was not accepted: sent behind the back of whoever inbound, and bounded.

A flood of commands that are refused must cost little and hold up nobody. So it is answered as far
as the broker takes answers, and beyond that only counted.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from fsmv2.escaping import printable_json
from fsmv2.flow.commands.write_command import CommandReply
from fsmv2.flow.nats.nats_connection import NatsConnection
from fsmv2.flow.sample import ENCODER

ROOM = 200
"""Answers that may wait; a sender that is refused more often at once knows by then."""
TOGETHER = 50
"""Answers sent with one look at whether the broker has taken them."""
PAUSE = 0.05
"""Seconds after so many: to make and send an answer takes ten times as long as to count a refusal,
and a flood is to be over soon."""


class Outbox:
    """Runs on the engine's loop."""

    def __init__(self, connection: NatsConnection, lost: Callable[[int, str], None]) -> None:
        """`lost` is told how many answers were not sent, and why, or '' when there was no room."""
        self._connection = connection
        self._lost = lost
        self._answers: deque[tuple[CommandReply, str]] = deque()
        self._some = asyncio.Event()
        self._none = asyncio.Event()
        self._none.set()

    @property
    def room(self) -> bool:
        """Whether an answer can be taken; else it is not worth being made."""
        return len(self._answers) < ROOM

    def put(self, answer: CommandReply, reply: str) -> None:
        """Have it sent soon, or count it when there is no room."""
        if not self.room:
            self._lost(1, "")
            return
        self._answers.append((answer, reply))
        self._none.clear()
        self._some.set()

    async def run(self) -> None:
        """Send what is put, forever."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._answers:
                count = min(TOGETHER, len(self._answers))
                await self.send([self._answers.popleft() for _ in range(count)])
                if count == TOGETHER:
                    await asyncio.sleep(PAUSE)
            self._none.set()

    async def emptied(self, within: float) -> None:
        """Wait until all has been sent, or for so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._none.wait()

    async def send(self, answers: list[tuple[CommandReply, str]]) -> None:
        """Send them now; those that could not be are counted."""
        try:
            await self._connection.send(
                (reply, printable_json(ENCODER.encode(answer).decode()).encode())
                for answer, reply in answers
            )
        except ConnectionError as error:
            tag = answers[-1][0].tag
            self._lost(len(answers), f"{tag}: the answer could not be sent: {error}")
