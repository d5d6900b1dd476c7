"""One flow: polls its input, thins its values, turns them into samples for its output."""

from __future__ import annotations

import asyncio
import itertools
import math
import time

from fsmv2.errors import said
from fsmv2.flow.engine import OnAccepted
from fsmv2.flow.flow_config import FlowConfig
from fsmv2.flow.inputs.modbus.poller import ModbusPoller
from fsmv2.flow.inputs.modbus.reader import Reading
from fsmv2.flow.inputs.modbus.register import Register
from fsmv2.flow.inputs.modbus.shared import Use
from fsmv2.flow.outputs.uns.nats_connection import UnsConnection
from fsmv2.flow.outputs.uns.publisher import UnsPublisher
from fsmv2.flow.sample import ENCODER, Payload, Sample
from fsmv2.flow.stats import Counters, FlowStats
from fsmv2.flow.task_end import end
from fsmv2.flow.thinning import Thinning, Value


class Flow:
    """Runs on the engine's loop from `start` to `stop`."""

    def __init__(
        self,
        config: FlowConfig,
        connection: UnsConnection,
        device: Use,
        on_accepted: OnAccepted | None,
    ) -> None:
        self.config = config
        self.connections = (connection,)
        self._on_accepted = on_accepted
        self._counters = Counters()
        self._publisher = UnsPublisher(config.output, self._counters, connection)
        self._device = device
        self._poller = ModbusPoller(
            config.input, self._counters, self._publisher.room, self._take, device
        )
        # Never the same twice, also after a restart: JetStream would take a new sample for an old.
        self._sequence = itertools.count(time.time_ns())
        self._subjects = {
            id(register): config.output.subject(register) for register in config.input.registers
        }
        self._thinning = {
            id(register): Thinning(register)
            for register in config.input.registers
            if Thinning.wanted(register)
        }
        self._held: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read and to send."""
        loop = asyncio.get_running_loop()
        self._reading = loop.create_task(self._poller.run())
        self._sending = loop.create_task(self._publisher.run())

    async def stop(self, drain: float) -> int:
        """Stop reading, then send what was accepted for at most `drain` s; returns what is left."""
        await end(self._reading)
        self._poller.close()
        self._release(all_of_them=True)
        return await self._publisher.drained(drain)

    async def close(self) -> None:
        """End sending too; what was not acknowledged is lost with it."""
        await end(self._reading)
        self._poller.close()
        self._release(all_of_them=True)
        await end(self._sending)
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
            skipped_polls_total=counters.skipped_full + counters.skipped_slow,
            skipped_slow_total=counters.skipped_slow,
            measured_every=counters.measured_every,
            poll_seconds=counters.poll_seconds,
            device_users=self._device.others + 1,
            device_conflict=self._device.conflict,
            accepted_total=counters.accepted,
            acked_total=counters.acked,
            errors_total=counters.errors,
            messages_per_second=counters.messages_rate.value(),
            errors_per_second=counters.errors_rate.value(),
            last_message_ms=counters.last_message_ms,
            queue_depth=self._publisher.depth,
            suppressed_total=counters.suppressed,
        )

    def _take(self, reading: Reading) -> None:
        """The values of one poll: those that are to be published now are accepted."""
        now_ms = time.time_ns() // 1_000_000
        if not self._thinning:
            self._accept([(register, value, now_ms) for register, value in reading.values])
            return
        now = asyncio.get_running_loop().time()
        passed: list[tuple[Register, Value, int]] = []
        for register, value in reading.values:
            thinning = self._thinning.get(id(register))
            if thinning is None:
                passed.append((register, value, now_ms))
                continue
            passes, suppressed = thinning.offer(value, now_ms, now)
            self._counters.suppressed += suppressed
            if passes:
                passed.append((register, value, now_ms))
        self._accept(passed)
        self._wait_for_held()

    def _release(self, *, all_of_them: bool = False) -> None:
        """Accept the values whose interval has ended, however late the next poll may be."""
        now = math.inf if all_of_them else asyncio.get_running_loop().time()
        released: list[tuple[Register, Value, int]] = []
        for thinning in self._thinning.values():
            # A full queue lets them wait: a later value may take their place meanwhile.
            if (all_of_them or self._publisher.room(len(released) + 1)) and (
                held := thinning.release(now)
            ):
                released.append((thinning.register, *held))
        self._accept(released)
        self._wait_for_held()

    def _wait_for_held(self) -> None:
        """See to it that held values are released in time."""
        if self._held is not None:
            self._held.cancel()
            self._held = None
        due = min((t.due for t in self._thinning.values()), default=math.inf)
        if due < math.inf:
            loop = asyncio.get_running_loop()
            self._held = loop.call_at(max(due, loop.time() + 0.001), self._release)

    def _accept(self, values: list[tuple[Register, Value, int]]) -> None:
        """From now on these are ours until they are acknowledged."""
        if not values:
            return
        samples = [self._sample(*value) for value in values]
        self._publisher.put(samples)
        self._counters.accept(len(samples), values[-1][2])
        if self._on_accepted is not None:
            for sample in samples:
                self._on_accepted(sample.subject, sample.payload)

    def _sample(self, register: Register, value: Value, at_ms: int) -> Sample:
        payload = ENCODER.encode(Payload(at_ms, value))
        tag = register.published
        if register.virtual_path:
            tag = f"{register.virtual_path}.{tag}"
        id_ = f"{self.config.name}/{tag}/{next(self._sequence)}"
        return Sample(self._subjects[id(register)], payload, id_)


def _unexpected(task: asyncio.Task[None] | None) -> str:
    """What ended a task that should have run until it is cancelled; '' when nothing did."""
    if task is None or not task.done() or task.cancelled():
        return ""
    error = task.exception()
    return f"reading ended: {said(error)}" if error is not None else ""
