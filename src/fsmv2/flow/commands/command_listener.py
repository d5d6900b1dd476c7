"""Who receives commands: reads each at once, refuses what is not to be executed, answers.

What may be executed is taken up by `WriteFlow`. `RefusingListener` takes up nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import msgspec

from fsmv2.errors import error_text
from fsmv2.escaping import printable
from fsmv2.flow.commands.command_output import WritableTag
from fsmv2.flow.commands.executed_commands import SeenCommands
from fsmv2.flow.commands.outbox import Outbox
from fsmv2.flow.commands.refusal import Refusal
from fsmv2.flow.commands.write_command import (
    Command,
    CommandReply,
    Result,
    UnreadableError,
    request_of,
)
from fsmv2.flow.engine_figures import FlowTotals
from fsmv2.flow.flow_config import WriteConfig
from fsmv2.flow.nats.message_age import StallDetector, steady
from fsmv2.flow.nats.nats_connection import NatsConnection, NatsMessage
from fsmv2.flow.stats import FlowCounters, WriteStats
from fsmv2.flow.subject import PREFIX, REPLY
from fsmv2.name_suggestions import suggest

MOST_REPLIES = 10
"""Subjects on which one command is answered, however often it is sent while it waits."""


class CommandListener:
    """The commands of one config. Runs on the engine's loop."""

    def __init__(
        self,
        config: WriteConfig,
        inbound: NatsConnection,
        answers: NatsConnection,
        seen: SeenCommands,
        refusal: Refusal,
    ) -> None:
        """Commands come on the connection `inbound`, answers go out on `answers`.

        `refusal` is asked of each command whether it may be executed.
        """
        self.config = config
        self.connections = (inbound, answers)
        self._inbound = inbound
        self._seen = seen
        self._refusal = refusal
        self._counters = FlowCounters()
        self._writes = WriteStats()
        self._registers = {register.path: register for register in config.output.tags}
        self._alert = StallDetector(steady())
        self._outbox = Outbox(answers, self._unanswered)

    def _take_up(self, command: Command) -> None:
        """It may be executed."""
        raise NotImplementedError

    def _not_now(self, meant: float | None, arrived: float) -> str:
        """Why a command of these times is not to be executed now; '' when it may."""
        raise NotImplementedError

    def _no_place(self) -> str:
        """Why no further command can wait; '' when one can."""
        return ""

    async def _listen(self) -> None:
        await self._inbound.listen(self, f"{self.config.input.subject}.>", self._receive)

    def totals(self) -> FlowTotals:
        """What it counted so far; from any thread."""
        return FlowTotals(
            errors=dict(self._counters.errors_by_kind),
            commands=msgspec.structs.replace(self._writes),
        )

    # ---- receiving -----------------------------------------------------------------------------

    def _receive(self, message: NatsMessage) -> None:
        """Take a command in, or refuse it, at once: called right where it is read."""
        try:
            self._take(message)
        except Exception as error:  # noqa: BLE001  (one strange message must not stop the listener)
            self._refuse(
                f"it could not be handled: {error_text(error)}", message.subject, None, "", message
            )

    def _take(self, message: NatsMessage) -> None:
        if message.subject.endswith(f".{REPLY}"):
            return  # an answer
        now = steady()
        # The earliest of what can be: it waited in the socket, or while this process stood still.
        arrived = min(message.since, self._alert.arrived(now))
        self._counters.last_message_ms = time.time_ns() // 1_000_000
        self._counters.messages_rate.add(1, now)
        tag = message.subject.removeprefix(f"{self.config.input.subject}.")
        register = self._registers.get(tag)
        if not self._outbox.room and (reason := self._hopeless(register, tag, arrived)):
            self._refuse_unread(reason, tag)
            return
        if register is None:
            self._refuse_unknown(tag, message)
            return
        asked: object = None
        id_ = message.id
        try:
            request = request_of(message.payload, message.id)
            asked, id_ = request.asked, request.id
            known = self._seen.find(tag, id_, now)
            if known is not None:
                self._again(known.command, known.answer, asked == known.asked, asked, message)
                return
            words, value = self.config.output.prepare(register, request.value)
        except (UnreadableError, ValueError) as error:
            self._refuse(str(error), tag, asked, id_, message)
            return
        stamp = request.timestamp_ms
        meant = None if stamp is None else now - (time.time() - stamp / 1000)
        command = Command(
            register, words, asked, value, meant, arrived, id_, [self._reply(message)]
        )
        reason = self._not_now(meant, arrived) or self._no_place() or self._seen.full(id_)
        if reason:
            self._refuse(reason, tag, asked, id_, message)
            return
        self._seen.accept(command, now, self.config.input.subject)
        self._take_up(command)

    def _hopeless(self, register: WritableTag | None, tag: str, arrived: float) -> str:
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

    def _refuse_unknown(self, tag: str, message: NatsMessage) -> None:
        reason = f"there is no tag '{tag}' that may be written."
        reason = f"{reason} {suggest(tag, self._registers)}".rstrip()
        asked, id_ = None, message.id
        with contextlib.suppress(UnreadableError):
            request = request_of(message.payload, message.id)
            asked, id_ = request.asked, request.id
        self._refuse(reason, tag, asked, id_, message)

    def _reply(self, message: NatsMessage) -> str:
        """Where the answer goes: to the sender's reply subject, unless that is no place for one.

        With it a sender would have us say something where it may not itself: in the namespace of
        what was measured, or as a command.
        """
        reply, own = message.reply, self.config.input.subject
        levels = reply.split(".")
        if (
            not reply.isprintable()
            or "" in levels
            or {"*", ">"} & set(levels)
            or reply.startswith(("$", f"{PREFIX}.", f"{own}."))
        ):
            return f"{message.subject}.{REPLY}"
        return reply

    def _again(
        self,
        command: Command | None,
        answer: CommandReply | None,
        same: bool,
        asked: object,
        message: NatsMessage,
    ) -> None:
        """A command whose id is known: it is not executed, its sender is sent what became of it."""
        self._writes.duplicates_total += 1
        tag = command.register.path if command is not None else answer.tag if answer else ""
        id_ = command.id if command is not None else answer.id if answer else ""
        reply = self._reply(message)
        if not same:
            self._refuse(
                f"the id '{id_}' was used for another value of {tag}", tag, asked, id_, message
            )
        elif command is not None and reply not in command.replies:
            if len(command.replies) < MOST_REPLIES:
                command.replies.append(reply)
            else:
                self._refuse(
                    f"the command '{id_}' was sent too often already", tag, asked, id_, message
                )
        elif answer is not None:
            self._outbox.put(msgspec.structs.replace(answer, duplicate=True), reply)

    async def _stay_alert(self) -> None:
        while True:
            self._alert.beat(steady())
            await asyncio.sleep(StallDetector.PACE)

    # ---- answering ---------------------------------------------------------------------------

    def _refuse(self, reason: str, tag: str, asked: object, id_: str, message: NatsMessage) -> None:
        answer = self._counted("refused", reason, tag, asked, id_)
        self._outbox.put(answer, self._reply(message))

    def _unanswered(self, count: int, why: str) -> None:
        self._writes.unanswered_total += count
        self._writes.last_error = why or self._writes.last_error

    def _counted(
        self, result: Result, reason: str, tag: str, value: object, id_: str
    ) -> CommandReply:
        # Both quote the sender, who is anybody that may publish.
        reason, tag = printable(reason), printable(tag)
        writes = self._writes
        if result == "written":
            writes.written_total += 1
        else:
            writes.last_error = f"{tag}: {reason}"
            if result == "refused":
                writes.refused_total += 1
            elif result == "failed":
                writes.failed_total += 1
            else:
                writes.unknown_total += 1
        return CommandReply(
            ok=result == "written",
            outcome=result,
            reason=reason,
            tag=tag,
            value=value,
            timestamp_ms=time.time_ns() // 1_000_000,
            id=id_,
        )
