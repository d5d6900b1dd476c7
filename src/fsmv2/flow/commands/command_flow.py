"""One write flow: receives commands, executes them one after another, answers every one.

At most once: a command is tried once, and never after its time. Whatever becomes of it is counted
and told to its sender; only a sender that receives nothing at all does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from fsmv2.errors import error_text
from fsmv2.flow.commands.command_listener import CommandListener
from fsmv2.flow.commands.command_output import CommandOutput
from fsmv2.flow.commands.executed_commands import SeenCommands
from fsmv2.flow.commands.refusal import Refusal
from fsmv2.flow.commands.write_command import Command, CommandReply, Result
from fsmv2.flow.flow_config import WriteConfig
from fsmv2.flow.nats.message_age import steady
from fsmv2.flow.nats.nats_connection import NatsConnection, NatsMessage
from fsmv2.flow.stats import FlowStats
from fsmv2.flow.subject import executor_subject
from fsmv2.host.task_cancellation import end_task

Handover = Callable[[WriteConfig], Awaitable[None]]

LOOK = 1.0
"""Seconds between looks at whether the device's connection still stands."""
RECONNECT_CAP = 2.0
CLOSED_OFTEN = 3
"""Looks in a row that found the connection closed again; a device restarts now and then."""
FAILING = 60.0
"""Seconds a failed write counts as trouble of the flow, unless one succeeds."""
LAST_WRITE = 5.0
"""Seconds, at least, a stop gives the write that is under way: half of one helps nobody."""

LAST_ANSWERS = 1.0
"""Seconds a stop gives the answers to what was refused."""


async def nobody_beside(_config: WriteConfig) -> None:
    """No other listener to the same commands is to be notified of a change."""


class WriteFlow(CommandListener):
    """Runs on the engine's loop from `start` to `stop`."""

    def __init__(
        self,
        config: WriteConfig,
        inbound: NatsConnection,
        answers: NatsConnection,
        output: CommandOutput,
        seen: SeenCommands,
        refusal: Refusal,
        handover: Handover = nobody_beside,
    ) -> None:
        """`refusal` is asked right before each write whether it may be.

        `handover` is awaited when `accepting` has changed: others take the same commands meanwhile.
        """
        super().__init__(config, inbound, answers, seen, refusal)
        self.accepting = False
        self._handover = handover
        self._failed_at: float | None = None
        self._writer = output
        self._queue: deque[Command] = deque()
        self._arrived = asyncio.Event()
        self._current: Command | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._subscribed = False
        self._closed = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._executes = object()

    def start(self) -> None:
        """Begin to receive and to write."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._run()),
            loop.create_task(self._stay_alert()),
            loop.create_task(self._outbox.run()),
        ]

    async def stop(self, drain: float) -> int:
        """Stop listening, refuse what waits, end the write under way; always returns 0."""
        self._stopping, self.accepting = True, False
        await self._inbound.unlisten(self._executes)
        await self._handover(self.config)
        await self._inbound.unlisten(self)
        while self._queue:
            await self._answer(
                self._queue.popleft(), "refused", "this way to the device is being stopped"
            )
        if self._tasks:
            await asyncio.wait(
                [self._tasks[0], waits := asyncio.ensure_future(self._idle.wait())],
                timeout=max(drain, LAST_WRITE),
                return_when=asyncio.FIRST_COMPLETED,
            )
            waits.cancel()
            await self._outbox.emptied(LAST_ANSWERS)
        await self.close()
        return 0

    async def close(self) -> None:
        """End at once; the outcome of a write under way is then not known."""
        self._stopping, self.accepting = True, False
        for task in self._tasks:
            await end_task(task)
        if self._current is not None:
            current, self._current = self._current, None
            await self._answer(current, "unknown", "stopped before the device confirmed")
        self._writer.close()
        await self._inbound.unlisten(self._executes)
        await self._inbound.unlisten(self)

    @property
    def depth(self) -> int:
        """Commands that wait."""
        return len(self._queue)

    def stats(self) -> FlowStats:
        """The figures of now; may be called from any thread."""
        counters, writes = self._counters, self._writes
        running = bool(self._tasks) and not self._tasks[0].done() and not self._stopping
        failing = self._failed_at is not None and steady() - self._failed_at < FAILING
        answers = self.connections[-1]
        listens = self._subscribed and self._inbound.listens(self) and answers.up.is_set()
        return FlowStats(
            running=running,
            started_at=counters.started_at,
            input_connected=listens,
            output_connected=self._writer.reached,
            input_error="" if listens else self._inbound.error or answers.error,
            output_error=self._writer.error or self._unexpected() or self._hangs_up(),
            polls_total=0,
            skipped_polls_total=0,
            accepted_total=0,
            acked_total=0,
            errors_total=counters.errors,
            messages_per_second=counters.messages_rate.value(),
            errors_per_second=counters.errors_rate.value(),
            last_message_ms=counters.last_message_ms,
            queue_depth=self.depth,
            writes=msgspec.structs.replace(writes, failing=writes.last_error if failing else ""),
        )

    def _unexpected(self) -> str:
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                return f"writing ended: {error_text(error)}"
        return ""

    def _hangs_up(self) -> str:
        if self._closed < CLOSED_OFTEN:
            return ""
        return f"{self._writer.address}: the device closes every connection soon"

    # ---- whether, and in which order ---------------------------------------------------------

    def _say(self, message: NatsMessage) -> None:
        """Another fsmv2 asks whether anybody executes these commands: it would refuse them."""
        if message.reply:
            answer = CommandReply(
                ok=False,
                outcome="refused",
                reason="commands are executed here",
                tag="",
                value=None,
                timestamp_ms=time.time_ns() // 1_000_000,
            )
            self._outbox.put(answer, self._reply(message))

    def _take_up(self, command: Command) -> None:
        self._queue.append(command)
        self._arrived.set()

    def _no_place(self) -> str:
        """Why no further command can wait; '' when one can."""
        if len(self._queue) < self.config.input.queue:
            return ""
        return f"{len(self._queue)} writes are waiting already; send it again later"

    def _forbidden(self, command: Command) -> str:
        """Why the command is not to be sent to the device now; '' when it may."""
        return self._not_now(command.meant, command.arrived)

    def _not_now(self, meant: float | None, arrived: float) -> str:
        if self._stopping:
            return "this way to the device is being stopped"
        try:
            reason = self._refusal()
        # `refusal` is code of others; what raises does not allow a write.
        except Exception as error:  # noqa: BLE001
            reason = f"cannot determine whether writing is allowed: {error_text(error)}"
        return reason or self._too_old(meant, arrived)

    def _too_old(self, meant: float | None, arrived: float) -> str:
        """Why a command is not to be executed now; '' when it may."""
        limits = self.config.input
        now = steady()
        if meant is not None:
            age = now - meant
            if age < -limits.clock_tolerance:
                return (
                    f"its time is {-age:.1f} s in the future, more than the "
                    f"{limits.clock_tolerance:g} s by which clocks may differ"
                )
            if age > limits.max_age:
                return f"it is {age:.1f} s old, more than the {limits.max_age:g} s allowed"
        waited = now - arrived
        # Also with a timestamp, which a clock that was set back before it came would make fresh.
        if waited > limits.max_age:
            return f"it waited for {waited:.1f} s, more than the {limits.max_age:g} s allowed"
        return ""

    # ---- writing -----------------------------------------------------------------------------

    async def _run(self) -> None:
        """Keep the device connected, and write what waits, one command after another."""
        await self._inbound.listen(
            self._executes, executor_subject(self.config.input.subject), self._say, shared=False
        )
        await self._listen()
        self.accepting = True
        await self._handover(self.config)
        self._subscribed = True  # and the broker knows it: a request from now on finds us
        pause = 0.2
        while True:
            self._closed = 0 if self._writer.connected else self._closed + self._writer.reached
            if not self._writer.connected:
                connected = not await self._writer.connect()
                pause = 0.2 if connected else min(RECONNECT_CAP, pause * 2)
            command = await self._next(LOOK if self._writer.connected else pause)
            if command is not None:
                self._current = command
                self._idle.clear()
                result, reason = await self._execute(command)
                self._current = None
                await self._answer(command, result, reason)
                self._idle.set()

    async def _next(self, within: float) -> Command | None:
        if not self._queue:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self._arrived.wait()
        return self._queue.popleft() if self._queue else None

    async def _execute(self, command: Command) -> tuple[Result, str]:
        if reason := self._forbidden(command):
            return "refused", reason
        if not self._writer.connected and (reason := await self._writer.connect()):
            return "failed", f"{reason}; nothing was written"
        if reason := self._forbidden(command):  # to connect may have taken its time
            return "refused", reason
        if problem := await self._seen.begin(command):
            return "failed", problem
        outcome = await self._writer.write(
            command.register, command.words, command.value, lambda: self._forbidden(command)
        )
        return outcome.known, outcome.reason

    async def _answer(self, command: Command, result: Result, reason: str) -> None:
        value = command.value if result == "written" else command.asked
        if result == "written":
            self._failed_at = None
        elif result != "refused":
            # A device that is away is told by its connection, for as long as it is away.
            self._failed_at = None if self._writer.error else steady()
            self._counters.fail("write")
        answer = self._counted(result, reason, command.register.path, value, command.id)
        await self._seen.answered(command, answer)
        await self._outbox.send([(answer, reply) for reply in command.replies])
