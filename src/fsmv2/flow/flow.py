"""One flow: polls its input, thins its values, turns them into samples for its output."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Mapping

from fsmv2.errors import error_text
from fsmv2.flow.engine import OnAccepted
from fsmv2.flow.engine_figures import FlowTotals
from fsmv2.flow.engine_shares import EngineShares
from fsmv2.flow.flow_config import FlowConfig
from fsmv2.flow.input import Intake, Values
from fsmv2.flow.latest_values import ReadValue
from fsmv2.flow.registry import INPUTS, OUTPUTS
from fsmv2.flow.sample import ENCODER, Payload, Sample
from fsmv2.flow.stats import FlowCounters, FlowStats
from fsmv2.flow.tag import Tag, Value, path_of
from fsmv2.flow.thinning import Thinning
from fsmv2.host.task_cancellation import end_task


class Flow:
    """Runs on the engine's loop from `start` to `stop`."""

    def __init__(
        self,
        config: FlowConfig,
        shares: EngineShares,
        on_accepted: OnAccepted | None,
        beside: Callable[[], int] = lambda: 0,
    ) -> None:
        """`beside`: what flows before it accepted and have not sent yet; see `is_followed_by`."""
        self.config = config
        self._beside = beside
        self._on_accepted = on_accepted
        self._counters = FlowCounters()
        self._output = OUTPUTS.of(config.output).opens(config.output, shares, self._counters)
        self._input = INPUTS.of(config.input).opens(
            config.input,
            Intake(
                name=config.name,
                room=self._room,
                take=self._take,
                counters=self._counters,
                shares=shares,
            ),
        )
        # Never the same twice, also after a restart: JetStream would take a new sample for an old.
        self._sequence = itertools.count(time.time_ns())
        self._subjects = {id(tag): config.output.subject(tag) for tag in config.input.tags}
        self.marks = frozenset({config.name, *self._subjects.values()})
        """Its name and its topics: who has one of them takes its place; see `is_followed_by`."""
        self._thinning = {
            id(tag): Thinning(tag) for tag in config.input.tags if Thinning.applies_to(tag)
        }
        self._latest: dict[str, ReadValue] = {}
        self._paths = {id(tag): path_of(tag) for tag in config.input.tags}
        self._held: asyncio.TimerHandle | None = None
        self._reading: asyncio.Task[None] | None = None
        self._sending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read and to send."""
        loop = asyncio.get_running_loop()
        self._reading = loop.create_task(self._input.run())
        self._sending = loop.create_task(self._output.run())

    async def end_reading(self) -> None:
        """Accept what was read, and nothing more."""
        if self._reading is not None:
            await end_task(self._reading)
        self._input.close()
        self._release(all_of_them=True)

    async def stop(self, drain: float) -> int:
        """Stop reading, then send what was accepted for at most `drain` s; returns what is left."""
        await self.end_reading()
        return await self._output.drained(drain)

    def is_followed_by(self, other: Flow) -> bool:
        """Whether `other`, which is of later, takes its place: by its name, or at one topic."""
        return not self.marks.isdisjoint(other.marks)

    def hand_over(self, successor: Flow) -> None:
        """Have a flow that publishes elsewhere publish what is left, before what it reads."""
        self._output.hand_over(successor._output)

    async def close(self) -> None:
        """End sending too; what was not acknowledged is lost with it."""
        await self.end_reading()
        if self._sending is not None:
            await end_task(self._sending)
        self._output.close()

    async def release(self) -> None:
        """Give back what is shared with other flows; after `close`."""
        await self._output.release()

    @property
    def depth(self) -> int:
        """Samples accepted and not yet acknowledged."""
        return self._output.depth

    def stats(self) -> FlowStats:
        """The figures of now; may be called from any thread."""
        counters, reading = self._counters, self._reading
        return FlowStats(
            running=reading is not None and not reading.done(),
            started_at=counters.started_at,
            input_connected=self._input.connected,
            output_connected=self._output.connected,
            input_error=self._input.error or _unexpected(reading),
            output_error=self._output.error,
            polls_total=counters.polls,
            skipped_polls_total=counters.skipped_full + counters.skipped_slow,
            skipped_slow_total=counters.skipped_slow,
            measured_every=counters.measured_every,
            poll_seconds=counters.poll_seconds,
            device_users=self._input.users,
            device_conflict=self._input.conflict,
            accepted_total=counters.accepted,
            acked_total=counters.acked,
            errors_total=counters.errors,
            messages_per_second=counters.messages_rate.value(),
            errors_per_second=counters.errors_rate.value(),
            last_message_ms=counters.last_message_ms,
            queue_depth=self._output.depth + self._beside(),
            suppressed_total=counters.suppressed,
        )

    def latest(self) -> Mapping[str, ReadValue]:
        """By tag, with its virtual path, the value that was read last; from any thread."""
        return dict(self._latest)

    def _room(self, count: int) -> bool:
        """Whether `count` more samples can be accepted: a change gives no flow more memory."""
        return self._output.room(count, beside=self._beside())

    def totals(self) -> FlowTotals:
        """What it counted so far; from any thread."""
        counters = self._counters
        return FlowTotals(
            accepted=counters.accepted,
            accepted_bytes=counters.accepted_bytes,
            suppressed=counters.suppressed,
            acknowledged=counters.acked,
            skipped_full=counters.skipped_full,
            skipped_slow=counters.skipped_slow,
            errors=dict(counters.errors_by_kind),
        )

    def _take(self, values: Values) -> None:
        """The values of one poll: those that are to be published now are accepted."""
        now_ms = time.time_ns() // 1_000_000
        paths = self._paths
        # One call, which no other thread sees half of.
        self._latest.update({paths[id(tag)]: ReadValue(value, now_ms) for tag, value in values})
        if not self._thinning:
            self._accept([(tag, value, now_ms) for tag, value in values])
            return
        now = asyncio.get_running_loop().time()
        passed: list[tuple[Tag, Value, int]] = []
        for tag, value in values:
            thinning = self._thinning.get(id(tag))
            if thinning is None:
                passed.append((tag, value, now_ms))
                continue
            passes, suppressed = thinning.offer(value, now_ms, now)
            self._counters.suppressed += suppressed
            if passes:
                passed.append((tag, value, now_ms))
        self._accept(passed)
        self._wait_for_held()

    def _release(self, *, all_of_them: bool = False) -> None:
        """Accept the values whose interval has ended, however late the next poll may be."""
        now = math.inf if all_of_them else asyncio.get_running_loop().time()
        released: list[tuple[Tag, Value, int]] = []
        for thinning in self._thinning.values():
            # A full queue lets them wait: a later value may take their place meanwhile.
            if (all_of_them or self._room(len(released) + 1)) and (held := thinning.release(now)):
                released.append((thinning.tag, *held))
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

    def _accept(self, values: list[tuple[Tag, Value, int]]) -> None:
        """From now on these are ours until they are acknowledged."""
        if not values:
            return
        samples = [self._sample(*value) for value in values]
        self._output.put(samples)
        size = sum([len(sample.payload) for sample in samples])
        self._counters.accept(len(samples), values[-1][2], size)
        if self._on_accepted is not None:
            for sample in samples:
                self._on_accepted(sample.subject, sample.payload)

    def _sample(self, tag: Tag, value: Value, at_ms: int) -> Sample:
        payload = ENCODER.encode(Payload(at_ms, value))
        id_ = f"{self.config.name}/{path_of(tag)}/{next(self._sequence)}"
        return Sample(self._subjects[id(tag)], payload, id_)


def _unexpected(task: asyncio.Task[None] | None) -> str:
    """What ended a task that should have run until it is cancelled; '' when nothing did."""
    if task is None or not task.done() or task.cancelled():
        return ""
    error = task.exception()
    return f"reading ended: {error_text(error)}" if error is not None else ""
