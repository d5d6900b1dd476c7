"""The work loop's side of the cut: carries out instructions with collectors and the executor.

Author code (collections, actions, resources) runs here and nowhere else, so that one blocking call
makes its neighbours stale but never freezes supervision.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import assert_never

from fsmv2.core import (
    CancelAction,
    Collect,
    EngineSettings,
    Event,
    Instruction,
    Release,
    Released,
    Report,
    RestartCollection,
    RunAction,
    StoreInstruction,
    Update,
    Watch,
)
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.collector import Collector
from fsmv2.runtime.executor import Executor, Job
from fsmv2.runtime.lateness import Lateness
from fsmv2.spec import Vault

ABANDON_AFTER = 5.0
"""Seconds after which the end of a runtime waits no longer for tasks that ignore every cancel."""

Key = tuple[str, int]

HEARTBEAT = 0.5
"""Seconds for which unchanged observations are gathered; small against the least stale limit."""


class Work:
    """All collectors and the executor of one tree; everything but `deliver` runs on its loop."""

    def __init__(
        self,
        settings: EngineSettings,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        post: Callable[[Event], None],
        secrets: Vault | None = None,
    ) -> None:
        self._secrets = secrets if secrets is not None else Vault()
        self._post_unseen = post
        post = self._post
        self.executor = Executor(settings, loop, post)
        self.lateness = Lateness()
        self.collectors: dict[Key, Collector] = {}
        self._clock = clock
        self._loop = loop
        self._inbox: deque[list[Instruction]] = deque()
        self._heartbeats: list[Event] = []
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
            self._carry_out(instruction)

    def _carry_out(self, instruction: Instruction) -> None:
        if isinstance(instruction, Report | StoreInstruction):
            return  # not for this side
        key = (instruction.path, instruction.incarnation)
        if isinstance(instruction, Watch):
            collector = Collector(
                instruction,
                self._clock,
                self._loop,
                self._post,
                self._take_heartbeat,
                self.lateness.seconds,
                self._secrets,
            )
            self.collectors[key] = collector
            collector.start()
            return
        found = self.collectors.get(key)
        if found is None:
            return  # released meanwhile
        match instruction:
            case Update():
                found.update(instruction.spec, instruction.config, changed=instruction.changed)
            case Collect():
                found.collect_now()
            case RestartCollection():
                found.restart()
            case RunAction():
                self.executor.submit(
                    Job(
                        key,
                        instruction.action_id,
                        instruction.action,
                        lambda: found.act(instruction.action.name, instruction.args),
                        type_name=found.definition.name,
                        urgent=instruction.urgent,
                    )
                )
            case CancelAction():
                self.executor.cancel(key, instruction.action_id)
            case Release():
                del self.collectors[key]
                task = self._loop.create_task(self._release(key, found))
                self._releases.add(task)
                task.add_done_callback(self._releases.discard)
            case _:
                assert_never(instruction)

    def _take_heartbeat(self, event: Event) -> None:
        """Keep what wakes nobody for a moment, so that hundreds of them cost one hand-over."""
        if not self._heartbeats:
            self._loop.call_later(HEARTBEAT, self._hand_over_heartbeats)
        self._heartbeats.append(event)

    def _hand_over_heartbeats(self) -> None:
        heartbeats, self._heartbeats = self._heartbeats, []
        for event in heartbeats:
            self._post(event)

    async def _release(self, key: Key, collector: Collector) -> None:
        """End what runs for one incarnation and say so; only then may a successor act."""
        await self.executor.end_all(key)
        await collector.close()
        self._hand_over_heartbeats()  # `Released` is the last word of an incarnation
        self._post(Released(*key))

    async def aclose(self) -> None:
        """End everything that is left, as after a crash of the caller's own program.

        What ignores every cancel is abandoned after `ABANDON_AFTER` seconds.
        """
        for key, collector in list(self.collectors.items()):
            self._releases.add(self._loop.create_task(self._release(key, collector)))
        self.collectors.clear()
        if self._releases:
            _, pending = await asyncio.wait(self._releases, timeout=ABANDON_AFTER)
            for task in pending:
                task.cancel()
