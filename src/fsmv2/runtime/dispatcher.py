"""The work loop's side of the cut: carries out instructions with collectors and the executor.

Author code (collections, actions, resources) runs here and nowhere else, so that one blocking call
makes its neighbours stale but never freezes supervision.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import assert_never

from fsmv2.containment import ANY_RAISED
from fsmv2.core import (
    CancelAction,
    Collect,
    DeleteStored,
    EngineSettings,
    Event,
    Instruction,
    Release,
    Released,
    Report,
    RestartCollection,
    RunAction,
    Save,
    SaveObserved,
    SaveOverrides,
    Update,
    Watch,
)
from fsmv2.model import Vault
from fsmv2.runtime.action_executor import Executor, Job
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.collector import Collector
from fsmv2.runtime.collector_services import CollectorServices, no_state
from fsmv2.runtime.log.log_writer import LogWriter

ABANDON_AFTER = 5.0
"""Seconds after which the end of a runtime waits no longer for tasks that ignore every cancel."""


# Not a union, which would be made at each use.
NOT_OURS = (Report, Save, SaveOverrides, SaveObserved, DeleteStored)


def _idle() -> bool:
    return False


class Dispatcher:
    """All collectors and the executor of one tree; everything but `deliver` runs on its loop."""

    def __init__(
        self,
        settings: EngineSettings,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        post: Callable[[Event], None],
        secrets: Vault | None = None,
        *,
        refusal: Callable[[str, int], str],
        paused: Callable[[str], bool],
        busy: Callable[[], bool] = _idle,
        state_of: Callable[[str], str] = no_state,
        log: LogWriter | None = None,
    ) -> None:
        """`refusal` answers for a path and incarnation why it may change nothing now, or nothing.

        `paused` answers of a path whether a pause is in force there, or asked for.
        `busy` answers whether the core has much to do: then what can wait a little does.
        `state_of` gives the state of a path, for `log`, into which author code logs.
        """
        self._secrets = secrets if secrets is not None else Vault()
        self._post_unseen = post
        self._paused = paused
        post = self._post
        self.executor = Executor(settings, loop, post)
        self.services = CollectorServices(
            loop,
            clock,
            post,
            self._secrets,
            busy=busy,
            refusal=refusal,
            state_of=state_of,
            log=log,
        )
        self.collectors: dict[str, Collector] = {}
        self._loop = loop
        self._inbox: deque[list[Instruction]] = deque()
        self._releases: set[asyncio.Task[None]] = set()

    def deliver(self, instructions: list[Instruction]) -> None:
        """Take a batch of instructions, from any thread."""
        self._inbox.append(instructions)
        self._loop.call_soon_threadsafe(self._carry_out_next)

    def _post(self, event: Event) -> None:
        """Hand an event over, with no secret in it: here ends the only place that sees them."""
        self._post_unseen(self._secrets.redact(event))

    def _carry_out_next(self) -> None:
        for instruction in self._inbox.popleft():
            try:
                self._carry_out(instruction)
            except ANY_RAISED as error:  # the other instructions are still to be carried out
                message = f"{type(instruction).__name__} could not be carried out"
                self._loop.call_exception_handler({"message": message, "exception": error})

    def _carry_out(self, instruction: Instruction) -> None:
        if isinstance(instruction, Watch):
            collector = Collector(instruction, self.services)
            self.collectors[instruction.path] = collector
            collector.start()
            return
        if isinstance(instruction, NOT_OURS):
            return
        found = self.collectors.get(instruction.path)
        if found is None or found.incarnation != instruction.incarnation:
            return  # released meanwhile
        key = (instruction.path, instruction.incarnation)
        match instruction:
            case Update():
                found.update(instruction.spec, instruction.config, changed=instruction.changed)
            case Collect():
                found.collect_now()
            case RestartCollection():
                found.restart()
            case RunAction():
                path, urgent = instruction.path, instruction.urgent
                self.executor.submit(
                    Job(
                        key,
                        instruction.action_id,
                        instruction.action,
                        lambda: found.act(instruction),
                        type_name=found.definition.name,
                        urgent=urgent,
                        repair=instruction.repair,
                        held=lambda: not urgent and self._paused(path),
                    )
                )
            case CancelAction():
                self.executor.cancel(key, instruction.action_id)
            case Release():
                del self.collectors[instruction.path]
                task = self._loop.create_task(self._release(found))
                self._releases.add(task)
                task.add_done_callback(self._releases.discard)
            case _:
                assert_never(instruction)

    async def _release(self, collector: Collector) -> None:
        """End what runs for one incarnation and say so; only then may a successor act."""
        key = (collector.path, collector.incarnation)
        await self.executor.end_all(key)
        await collector.close()
        self.services.hand_over()  # `Released` is the last word of an incarnation
        self._post(Released(*key))

    async def aclose(self) -> None:
        """End everything that is left, as after a crash of the caller's own program.

        What ignores every cancel is abandoned after `ABANDON_AFTER` seconds.
        """
        for collector in self.collectors.values():
            self._releases.add(self._loop.create_task(self._release(collector)))
        self.collectors.clear()
        if self._releases:
            _, pending = await asyncio.wait(self._releases, timeout=ABANDON_AFTER)
            for task in pending:
                task.cancel()
