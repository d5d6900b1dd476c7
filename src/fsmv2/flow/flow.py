"""One flow: polls its input, turns values into samples, queues them for its output."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

from fsmv2.errors import said
from fsmv2.flow.config import FlowConfig, Register
from fsmv2.flow.engine import OnAccepted
from fsmv2.flow.modbus.poller import ModbusPoller
from fsmv2.flow.modbus.reader import Reading
from fsmv2.flow.sample import ENCODER, Payload, Sample
from fsmv2.flow.stats import Counters, FlowStats
from fsmv2.flow.uns.connection import UnsConnection
from fsmv2.flow.uns.publisher import UnsPublisher
from fsmv2.flow.uns.subject import subject_of


class Flow:
    """Runs on the engine's loop from `start` to `stop`."""

    def __init__(
        self, config: FlowConfig, connection: UnsConnection, on_accepted: OnAccepted | None
    ) -> None:
        self.config = config
        self.connection = connection
        self._on_accepted = on_accepted
        self._counters = Counters()
        self._publisher = UnsPublisher(config.output, self._counters, connection)
        self._poller = ModbusPoller(
            config.input, self._counters, self._publisher.room, self._accept
        )
        # Never the same twice, also after a restart: JetStream would take a new sample for an old.
        self._sequence = itertools.count(time.time_ns())
        self._subjects = {
            id(register): self._subject(register) for register in config.input.registers
        }
        self._reading: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read and to send."""
        loop = asyncio.get_running_loop()
        self._reading = loop.create_task(self._poller.run())
        self._sending = loop.create_task(self._publisher.run())

    async def stop(self, drain: float) -> int:
        """Stop reading, then send what was accepted for at most `drain` s; returns what is left."""
        await _end(self._reading)
        return await self._publisher.drained(drain)

    async def close(self) -> None:
        """End sending too; what was not acknowledged is lost with it."""
        await _end(self._reading)
        await _end(self._sending)
        self._publisher.close()

    @property
    def depth(self) -> int:
        """Samples accepted and not yet acknowledged."""
        return self._publisher.depth

    def stats(self) -> FlowStats:
        """The figures of now; may be called from any thread."""
        counters, reading = self._counters, self._reading
        return FlowStats(
            running=reading is not None and not reading.done(),
            started_at=counters.started_at,
            input_connected=self._poller.connected,
            output_connected=self._publisher.connected,
            input_error=self._poller.error or _unexpected(reading),
            output_error=self._publisher.error,
            polls_total=counters.polls,
            skipped_polls_total=counters.skipped,
            accepted_total=counters.accepted,
            acked_total=counters.acked,
            errors_total=counters.errors,
            messages_per_second=counters.messages_rate.value(),
            errors_per_second=counters.errors_rate.value(),
            last_message_ms=counters.last_message_ms,
            queue_depth=self._publisher.depth,
        )

    def _accept(self, reading: Reading) -> None:
        now_ms = time.time_ns() // 1_000_000
        samples = [self._sample(register, value, now_ms) for register, value in reading.values]
        if not samples:
            return
        self._publisher.put(samples)
        self._counters.accept(len(samples), now_ms)
        if self._on_accepted is not None:
            for sample in samples:
                self._on_accepted(sample.subject, sample.payload)

    def _sample(self, register: Register, value: Any, now_ms: int) -> Sample:
        payload = ENCODER.encode(Payload(now_ms, value))
        tag = f"{register.virtual_path}.{register.name}" if register.virtual_path else register.name
        id_ = f"{self.config.name}/{tag}/{next(self._sequence)}"
        return Sample(self._subjects[id(register)], payload, id_)

    def _subject(self, register: Register) -> str:
        output = self.config.output
        return subject_of(
            output.location_path, output.contract, register.virtual_path, register.name
        )


def _unexpected(task: asyncio.Task[None] | None) -> str:
    """What ended a task that should have run until it is cancelled; '' when nothing did."""
    if task is None or not task.done() or task.cancelled():
        return ""
    error = task.exception()
    return f"reading ended: {said(error)}" if error is not None else ""


async def _end(task: asyncio.Task[None] | None) -> None:
    """Cancel until it has ended: client libraries swallow a cancellation now and then."""
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=0.2)
    if task is not None and not task.cancelled():
        task.exception()
