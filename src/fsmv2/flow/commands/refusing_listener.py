"""Answers the commands of a write flow that does not run: each is refused, with the reason.

Nothing in it can write: it knows no device. It listens only while nobody else does who could
execute a command: not beside the write flow of its own engine, nor of another fsmv2 at the same
broker.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from fsmv2.errors import FlowError, error_text
from fsmv2.flow.commands.command_listener import CommandListener
from fsmv2.flow.commands.executed_commands import SeenCommands
from fsmv2.flow.commands.refusal import Refusal
from fsmv2.flow.commands.write_command import Command
from fsmv2.flow.flow_config import WriteConfig
from fsmv2.flow.nats.nats_connection import NatsConnection
from fsmv2.flow.stats import WriteStats
from fsmv2.flow.subject import executor_subject
from fsmv2.host.task_cancellation import end_task

LOOK = 5.0
"""Seconds between looks at whether somebody else executes these commands."""
ANSWERS_WITHIN = 1.0
"""Seconds within which one who does says so."""
LAST_ANSWERS = 1.0
"""Seconds the end gives the answers that still wait."""

NO_FLOW = "its data flow does not run; the worker of the data flow shows why"


def not_looked_at() -> str:
    """The refusal before anybody has said what to ask."""
    return "its data flow has not been looked at yet"


class RefusingListener(CommandListener):
    """Runs on the engine's loop from `start` to `close`."""

    def __init__(
        self,
        config: WriteConfig,
        inbound: NatsConnection,
        answers: NatsConnection,
        remember: Callable[[], Awaitable[SeenCommands]],
        taken: Callable[[], bool],
    ) -> None:
        """`remember` reads which commands were executed: one that is sent again gets that answer.

        `taken` says whether a write flow of this engine takes the same commands.
        """
        super().__init__(config, inbound, answers, SeenCommands(), not_looked_at)
        self._remember = remember
        self._remembers = False
        self._taken = taken
        self._elsewhere = False
        self._listening = False
        self._closed = False
        self._one = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to listen, once it is certain that nobody else does."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._watch()),
            loop.create_task(self._stay_alert()),
            loop.create_task(self._outbox.run()),
        ]

    def ask(self, refusal: Refusal) -> None:
        """From now on the reason is this one's, if it has one. From any thread."""
        self._refusal = refusal

    def stats(self) -> WriteStats:
        """What was refused; from any thread."""
        return self._writes

    async def settle(self, *, look: bool = False) -> None:
        """Listen, or stop listening, as others do; `look` anew at whether another fsmv2 does."""
        async with self._one:
            if look and not self._taken():
                with contextlib.suppress(ConnectionError):
                    self._elsewhere = await self._inbound.is_answered(
                        executor_subject(self.config.input.subject), within=ANSWERS_WITHIN
                    )
            free = self._remembers and not (self._taken() or self._elsewhere or self._closed)
            if free == self._listening:
                return
            self._listening = free
            if free:
                await self._listen()
            else:
                await self._inbound.unlisten(self)

    async def close(self) -> None:
        """Stop listening; what was received is answered."""
        self._closed = True
        await self.settle()
        await self._outbox.emptied(LAST_ANSWERS)
        for task in self._tasks:
            await end_task(task)

    async def _watch(self) -> None:
        while not self._remembers:
            with contextlib.suppress(FlowError):
                self._seen = await self._remember()
                self._remembers = True
                break
            await asyncio.sleep(LOOK)
        while True:
            await self._inbound.up.wait()
            await self.settle(look=True)
            await asyncio.sleep(LOOK)

    def _not_now(self, meant: float | None, arrived: float) -> str:
        try:
            return self._refusal() or NO_FLOW
        # `refusal` is code of others, which may raise anything.
        except Exception as error:  # noqa: BLE001
            return f"cannot determine whether writing is allowed: {error_text(error)}"

    def _take_up(self, command: Command) -> None:
        raise AssertionError("no command may be executed here")
