"""One write flow: hears commands, executes them one after another, answers every one.

At most once: a command is tried once, and never after its time. Whatever becomes of it is counted
and told to its sender; only a sender that hears nothing at all does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque

import msgspec

from fsmv2.errors import said, suggest
from fsmv2.escaping import printable
from fsmv2.flow.ending import end
from fsmv2.flow.engine import Refusal
from fsmv2.flow.modbus.raw import registers_for
from fsmv2.flow.modbus.shared import Use
from fsmv2.flow.modbus.writer import ModbusWriter
from fsmv2.flow.stats import Counters, FlowStats, WriteStats
from fsmv2.flow.uns.connection import Heard, UnsConnection
from fsmv2.flow.uns.subject import PREFIX, REPLY
from fsmv2.flow.write.alertness import Alertness, steady
from fsmv2.flow.write.command import Answer, Command, Result, UnreadableError, request_of
from fsmv2.flow.write.config import WriteConfig, WriteRegister
from fsmv2.flow.write.outbox import Outbox
from fsmv2.flow.write.seen import SeenCommands

LOOK = 1.0
"""Seconds between looks at whether the device's connection still stands."""
RECONNECT_CAP = 2.0
CLOSED_OFTEN = 3
"""Looks in a row that found the connection closed again; a device restarts now and then."""
MOST_REPLIES = 10
"""Subjects on which one command is answered, however often it is sent while it waits."""
FAILING = 60.0
"""Seconds a failed write counts as trouble of the flow, unless one succeeds."""
LAST_WRITE = 5.0
"""Seconds, at least, a stop gives the write that is under way: half of one helps nobody."""

LAST_ANSWERS = 1.0
"""Seconds a stop gives the answers to what was refused."""


class WriteFlow:
    """Runs on the engine's loop from `start` to `stop`."""

    def __init__(
        self,
        config: WriteConfig,
        hears: UnsConnection,
        answers: UnsConnection,
        device: Use,
        seen: SeenCommands,
        refusal: Refusal,
    ) -> None:
        """Commands come on the connection `hears`, answers go out on `answers`.

        `refusal` is asked right before each write whether it may be.
        """
        self.config = config
        self._refusal = refusal
        self.connections = (hears, answers)
        self._hears = hears
        self._seen = seen
        self._counters = Counters()
        self._writes = WriteStats()
        self._failed_at: float | None = None
        self._writer = ModbusWriter(config.output, device)
        self._registers = {register.path: register for register in config.output.registers}
        self._queue: deque[Command] = deque()
        self._arrived = asyncio.Event()
        self._current: Command | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._listening = False
        self._closed = 0
        self._alert = Alertness(steady())
        self._outbox = Outbox(answers, self._unanswered)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to hear and to write."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._run()),
            loop.create_task(self._stay_alert()),
            loop.create_task(self._outbox.run()),
        ]

    async def stop(self, drain: float) -> int:
        """Hear no more, refuse what waits, end the write under way; always returns 0."""
        self._stopping = True
        await self._hears.unlisten(self)
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
        self._stopping = True
        for task in self._tasks:
            await end(task)
        if self._current is not None:
            current, self._current = self._current, None
            await self._answer(current, "unknown", "stopped before the device confirmed")
        self._writer.close()
        await self._hears.unlisten(self)

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
        listens = self._listening and self._hears.listens(self) and answers.up.is_set()
        return FlowStats(
            running=running,
            started_at=counters.started_at,
            input_connected=listens,
            output_connected=self._writer.reached,
            input_error="" if listens else self._hears.error or answers.error,
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
                return f"writing ended: {said(error)}"
        return ""

    def _hangs_up(self) -> str:
        if self._closed < CLOSED_OFTEN:
            return ""
        output = self.config.output
        return f"{output.host}:{output.port}: the device closes every connection soon"

    # ---- hearing -----------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        """Take a command in, or refuse it, at once: called right where it is read."""
        try:
            self._take(heard)
        except Exception as error:  # noqa: BLE001  (one strange message must not end the hearing)
            self._refuse(f"it could not be handled: {said(error)}", heard.subject, None, "", heard)

    def _take(self, heard: Heard) -> None:
        if heard.subject.endswith(f".{REPLY}"):
            return  # an answer
        now = steady()
        # The earliest of what can be: it waited in the socket, or while this process stood still.
        arrived = min(heard.since, self._alert.arrived(now))
        self._counters.last_message_ms = time.time_ns() // 1_000_000
        self._counters.messages_rate.add(1, now)
        tag = heard.subject.removeprefix(f"{self.config.input.subject}.")
        register = self._registers.get(tag)
        if not self._outbox.room and (reason := self._hopeless(register, tag, arrived)):
            self._refuse_unread(reason, tag)
            return
        if register is None:
            self._refuse_unknown(tag, heard)
            return
        asked: object = None
        id_ = heard.id
        try:
            request = request_of(heard.payload, heard.id)
            asked, id_ = request.asked, request.id
            known = self._seen.find(tag, id_, now)
            if known is not None:
                self._again(known.command, known.answer, asked == known.asked, asked, heard)
                return
            output = self.config.output
            words, value = registers_for(
                register, request.value, word_order=output.word_order, byte_order=output.byte_order
            )
        except (UnreadableError, ValueError) as error:
            self._refuse(str(error), tag, asked, id_, heard)
            return
        command = Command(
            register, words, asked, value, request.timestamp_ms, arrived, id_, [self._reply(heard)]
        )
        reason = self._forbidden(command) or self._no_place() or self._seen.full(id_)
        if reason:
            self._refuse(reason, tag, asked, id_, heard)
            return
        self._seen.accept(command, now)
        self._queue.append(command)
        self._arrived.set()

    def _hopeless(self, register: WriteRegister | None, tag: str, arrived: float) -> str:
        """Why a command is refused whatever it says; '' when it depends on what that is."""
        if register is None:
            return f"there is no tag '{tag}' that may be written."
        return self._not_now(None, arrived) or self._no_place()

    def _refuse_unread(self, reason: str, tag: str) -> None:
        """No answer can be taken, so none is made: a flood of these costs next to nothing."""
        writes = self._writes
        writes.refused_total += 1
        writes.unanswered_total += 1
        writes.last_error = printable(f"{tag}: {reason}")

    def _refuse_unknown(self, tag: str, heard: Heard) -> None:
        reason = f"there is no tag '{tag}' that may be written."
        reason = f"{reason} {suggest(tag, self._registers)}".rstrip()
        asked, id_ = None, heard.id
        with contextlib.suppress(UnreadableError):
            request = request_of(heard.payload, heard.id)
            asked, id_ = request.asked, request.id
        self._refuse(reason, tag, asked, id_, heard)

    def _reply(self, heard: Heard) -> str:
        """Where the answer goes: to the sender's reply subject, unless that is no place for one.

        With it a sender would have us say something where it may not itself: in the namespace of
        what was measured, or as a command.
        """
        reply, own = heard.reply, self.config.input.subject
        levels = reply.split(".")
        if (
            not reply.isprintable()
            or "" in levels
            or {"*", ">"} & set(levels)
            or reply.startswith(("$", f"{PREFIX}.", f"{own}."))
        ):
            return f"{heard.subject}.{REPLY}"
        return reply

    def _again(
        self,
        command: Command | None,
        answer: Answer | None,
        same: bool,
        asked: object,
        heard: Heard,
    ) -> None:
        """A command whose id is known: it is not executed, its sender hears what became of it."""
        self._writes.duplicates_total += 1
        tag = command.register.path if command is not None else answer.tag if answer else ""
        id_ = command.id if command is not None else answer.id if answer else ""
        reply = self._reply(heard)
        if not same:
            self._refuse(
                f"the id '{id_}' was used for another value of {tag}", tag, asked, id_, heard
            )
        elif command is not None and reply not in command.replies:
            if len(command.replies) < MOST_REPLIES:
                command.replies.append(reply)
            else:
                self._refuse(
                    f"the command '{id_}' was sent too often already", tag, asked, id_, heard
                )
        elif answer is not None:
            self._outbox.put(msgspec.structs.replace(answer, duplicate=True), reply)

    def _no_place(self) -> str:
        """Why no further command can wait; '' when one can."""
        if len(self._queue) < self.config.input.queue:
            return ""
        return f"{len(self._queue)} writes wait already; send it again later"

    def _forbidden(self, command: Command) -> str:
        """Why the command is not to be sent to the device now; '' when it may."""
        return self._not_now(command.timestamp_ms, command.arrived)

    def _not_now(self, timestamp_ms: float | None, arrived: float) -> str:
        if self._stopping:
            return "this way to the device is being stopped"
        try:
            reason = self._refusal()
        except Exception as error:  # noqa: BLE001  (somebody's code; who does not agree refuses)
            reason = f"cannot determine whether writing is allowed: {said(error)}"
        return reason or self._too_old(timestamp_ms, arrived)

    def _too_old(self, timestamp_ms: float | None, arrived: float) -> str:
        """Why a command is not to be executed now; '' when it may."""
        limits = self.config.input
        waited = steady() - arrived
        if timestamp_ms is not None:
            age = time.time() - timestamp_ms / 1000
            if age < -limits.clock_tolerance:
                return (
                    f"its time is {-age:.1f} s in the future, more than the "
                    f"{limits.clock_tolerance:g} s by which clocks may differ"
                )
            if age > limits.max_age:
                return f"it is {age:.1f} s old, more than the {limits.max_age:g} s allowed"
        # Also with a timestamp: a clock that was set back must not make anything fresh again.
        if waited > limits.max_age:
            return f"it waited for {waited:.1f} s, more than the {limits.max_age:g} s allowed"
        return ""

    # ---- writing -----------------------------------------------------------------------------

    async def _run(self) -> None:
        """Keep the device connected, and write what waits, one command after another."""
        await self._hears.listen(self, f"{self.config.input.subject}.>", self._hear)
        self._listening = True  # and the broker knows it: a request from now on finds us
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

    async def _stay_alert(self) -> None:
        while True:
            self._alert.beat(steady())
            await asyncio.sleep(Alertness.PACE)

    # ---- answering ---------------------------------------------------------------------------

    def _refuse(self, reason: str, tag: str, asked: object, id_: str, heard: Heard) -> None:
        answer = self._counted("refused", reason, tag, asked, id_)
        self._outbox.put(answer, self._reply(heard))

    async def _answer(self, command: Command, result: Result, reason: str) -> None:
        value = command.value if result == "written" else command.asked
        answer = self._counted(result, reason, command.register.path, value, command.id)
        await self._seen.answered(command, answer)
        await self._outbox.send([(answer, reply) for reply in command.replies])

    def _unanswered(self, count: int, why: str) -> None:
        self._writes.unanswered_total += count
        self._writes.last_error = why or self._writes.last_error

    def _counted(self, result: Result, reason: str, tag: str, value: object, id_: str) -> Answer:
        # Both quote the sender, who is anybody that may publish.
        reason, tag = printable(reason), printable(tag)
        writes = self._writes
        if result == "written":
            writes.written_total += 1
            self._failed_at = None
        else:
            writes.last_error = f"{tag}: {reason}"
            if result == "refused":
                writes.refused_total += 1
            else:
                # A device that is away is told by its connection, for as long as it is away.
                self._failed_at = None if self._writer.error else steady()
                self._counters.fail()
                if result == "failed":
                    writes.failed_total += 1
                else:
                    writes.unknown_total += 1
        return Answer(
            ok=result == "written",
            outcome=result,
            reason=reason,
            tag=tag,
            value=value,
            timestamp_ms=time.time_ns() // 1_000_000,
            id=id_,
        )
