"""`dataflow`: keeps one flow of the engine running, and tells how it does.

The moving of data is the engine's work (`fsmv2.flow`); this worker starts it, stops it, hands it a
changed config and observes it. Figures that change with every sample are volatile: they wake
no one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator

import msgspec

from fsmv2 import (
    DesiredState,
    ObservedState,
    Phase,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Volatile,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.flow import (
    AnySink,
    AnySource,
    CommandInput,
    Engine,
    FlowStats,
    Refusing,
    WriteConfig,
    WriteStats,
    claims_of,
    flow_config,
    slowest_sample,
)

FLOWING = frozenset({"active", "idle"})
"""States in which a flow is as it should be; idle: the device has nothing new to say."""

IDLE_AFTER = 10.0
"""Seconds without a sample, at the least, after which a connected flow counts as idle."""

TOO_SLOW = 1.5
"""From how many times the interval asked for the one measured is told: one poll late is nothing."""

DRAIN = 2.0
"""Seconds a stop gives the samples already accepted to be acknowledged by the broker."""


class DataFlowSpec(UserSpec):
    """One input, one output, fully rendered: from a device, or with commands to one."""

    input: AnySource
    output: AnySink


class DataFlowObserved(ObservedState):
    """What the engine says of the flow; totals count since the flow was started.

    Of a flow to a device, each command is one of written, refused, failed, unknown or duplicate;
    Of one from a device, `reads_every` is how often it is really read, in seconds, if that is less
    often than asked, and `too_slow` says why.
    `failing` is the last failure while it is recent, `last_error` the last command not written.
    """

    running: bool = False
    current: bool = True
    input_connected: bool = False
    output_connected: bool = False
    input_error: str = ""
    output_error: str = ""
    moving: bool = False
    accepted_total: Volatile[int] = 0
    acked_total: Volatile[int] = 0
    errors_total: Volatile[int] = 0
    polls_total: Volatile[int] = 0
    skipped_polls_total: Volatile[int] = 0
    skipped_slow_total: Volatile[int] = 0
    poll_seconds: Volatile[float | None] = None
    reads_every: float | None = None
    too_slow: str = ""
    device_conflict: str = ""
    suppressed_total: Volatile[int] = 0
    messages_per_second: Volatile[float] = 0.0
    errors_per_second: Volatile[float] = 0.0
    last_message_ms: Volatile[int | None] = None
    queue_depth: Volatile[int] = 0
    failing: str = ""
    written_total: Volatile[int] = 0
    refused_total: Volatile[int] = 0
    failed_total: Volatile[int] = 0
    unknown_total: Volatile[int] = 0
    duplicates_total: Volatile[int] = 0
    unanswered_total: Volatile[int] = 0
    last_error: Volatile[str] = ""


Snap = Snapshot[DataFlowSpec, DataFlowObserved]


class DataFlow(Worker[DataFlowSpec, DataFlowObserved, Refusing | None]):
    """stopped → starting → active ⇄ idle ⇄ degraded → stopping → stopped."""

    runbook = "fsmv2:dataflow"
    manual_steps = (
        "Read the reason: it names the side that fails, input or output.",
        "If it is the output: correct the user, its rights or the limits at the broker.",
        "If it is the input: compare the registers of the template with the device's own list.",
        "If the device hangs although it accepts connections, restart the device.",
    )

    worker_type = "dataflow"
    interval = 1.0
    update_policy = "in_place"

    def __init__(self, engine: Engine) -> None:
        """`engine` moves the data."""
        self._engine = engine

    def derive_desired_state(
        self, spec: DataFlowSpec, previous_observed: DataFlowObserved | None
    ) -> DesiredState:
        """Active, with the config that the engine is to run under this worker's path."""
        name = spec.variables.internal["id"]
        return DesiredState(
            state="active",
            config=flow_config(name, spec.input, spec.output),
            claims=claims_of(spec.input, spec.output),
        )

    @contextlib.asynccontextmanager
    async def resources(self, spec: DataFlowSpec) -> AsyncIterator[Refusing | None]:
        """What refuses commands while no flow runs to execute them; it can write nothing itself.

        Not a part of the flow: while its bridge is paused or disabled none is started, and a
        sender is to hear of that.
        """
        config = flow_config(spec.variables.internal["id"], spec.input, spec.output)
        if not isinstance(config, WriteConfig):
            yield None
            return
        async with self._engine.refusing(config) as refusing:
            yield refusing

    async def collect_observed_state(
        self, spec: DataFlowSpec, resources: Resources[Refusing | None]
    ) -> DataFlowObserved:
        """Read the engine's figures; costs no I/O."""
        refusing = resources.value
        if refusing is not None:
            refusing.ask(resources.refusal)
        stats = self._engine.stats(resources.path)
        if stats is None:
            refused = refusing.stats() if refusing is not None else WriteStats()
            return DataFlowObserved(**msgspec.structs.asdict(refused))
        last = stats.last_message_ms
        window, writes = IDLE_AFTER, stats.writes or WriteStats()
        reads_every, too_slow = None, ""
        if not isinstance(spec.input, CommandInput):
            window = max(IDLE_AFTER, 3 * slowest_sample(spec.input))
            reads_every, too_slow = _rate(spec.input.every, stats)
        return DataFlowObserved(
            running=stats.running,
            current=self._is_current(resources),
            input_connected=stats.input_connected,
            output_connected=stats.output_connected,
            input_error=stats.input_error,
            output_error=stats.output_error,
            moving=last is not None and time.time() * 1000 - last < window * 1000,
            accepted_total=stats.accepted_total,
            acked_total=stats.acked_total,
            errors_total=stats.errors_total,
            polls_total=stats.polls_total,
            skipped_polls_total=stats.skipped_polls_total,
            skipped_slow_total=stats.skipped_slow_total,
            poll_seconds=stats.poll_seconds,
            reads_every=reads_every,
            too_slow=too_slow,
            device_conflict=stats.device_conflict,
            suppressed_total=stats.suppressed_total,
            messages_per_second=stats.messages_per_second,
            errors_per_second=stats.errors_per_second,
            last_message_ms=last,
            queue_depth=stats.queue_depth,
            **msgspec.structs.asdict(writes),
        )

    @action(timeout=10.0)
    async def start_flow(self, spec: DataFlowSpec, resources: Resources[Refusing | None]) -> None:
        """Have the engine run the flow with the config of now; replaces an older one."""
        await self._engine.start(resources.config, resources.refusal)

    @action(timeout=10.0)
    async def stop_flow(self, spec: DataFlowSpec, resources: Resources[Refusing | None]) -> None:
        """End the flow; what it accepted is sent first, as far as the drain time allows."""
        left = await self._engine.stop(resources.path, drain=DRAIN)
        if left:
            resources.log.warning(
                "samples still wait for the broker; they are sent as long as fsmv2 runs", count=left
            )

    @state("stopped", to="starting stopping")
    def stopped(self, s: Snap) -> Step:
        """No flow runs."""
        if s.should_stop:
            if s.fresh and s.observed.running:
                return goto(self.stopping, "a flow is still running")
            return stay(_waits_for(s) or "asked to be stopped")
        return goto(self.starting, "asked to run")

    @state("starting", to="active idle degraded stopping")
    def starting(self, s: Snap) -> Step:
        """The engine is to start the flow."""
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not s.observed.running or not s.observed.current:
            last = s.last_action
            if last is not None and last.action == "start_flow" and last.error:
                return act(self.start_flow, f"the engine could not start the flow: {last.error}")
            return act(self.start_flow, "has the engine start the flow")
        if s.elapsed < 5.0 and not (s.observed.input_connected and s.observed.output_connected):
            return stay(_connecting(s), wake_after=5.0 - s.elapsed)
        return self._judge(s) or stay("starts")

    @state("running", to="idle degraded starting stopping")
    def active(self, s: Snap) -> Step:
        """Samples flow, or commands are executed."""
        return self._running(s)

    @state("running", to="active degraded starting stopping")
    def idle(self, s: Snap) -> Step:
        """Connected at both ends; no sample, and no command, lately."""
        return self._running(s)

    @state("degraded", to="active idle starting stopping")
    def degraded(self, s: Snap) -> Step:
        """An end is not connected, reads fail, or the last write did."""
        return self._running(s)

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        """The flow is being ended."""
        if s.observed.running:
            return act(self.stop_flow, "sends what was accepted and ends the flow")
        return goto(self.stopped, "the flow has ended")

    def _is_current(self, resources: Resources[Refusing | None]) -> bool:
        """Whether the engine runs the config of now; a flow that writes, also for this instance.

        One that another instance of this worker started would go on asking that one, and refuse.
        """
        if self._engine.config(resources.path) != resources.config:
            return False
        asks = self._engine.refusal(resources.path)
        return not isinstance(resources.config, WriteConfig) or asks is resources.refusal

    def _running(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if not s.observed.running:
            return goto(self.starting, "the flow is no longer running")
        if not s.observed.current:
            return goto(self.starting, "its config changed")
        return self._judge(s) or stay(self._reason(s))

    def _judge(self, s: Snap) -> Step | None:
        """The state the figures call for, or None when it is this one already."""
        seen = s.observed
        trouble = seen.input_error or seen.failing or _device_error(s)
        if not seen.input_connected or not seen.output_connected or trouble:
            target = self.degraded
        else:
            target = self.active if seen.moving else self.idle
        return None if target.__name__ == s.state else goto(target, self._reason(s))

    def _reason(self, s: Snap) -> str:
        seen = s.observed
        if not seen.output_connected:
            return f"the output is not connected{_because(seen.output_error)}"
        if not seen.input_connected:
            return f"the input is not connected{_because(seen.input_error)}"
        if seen.input_error:
            return seen.input_error
        if seen.failing:
            return f"the last write failed: {seen.failing}"
        if error := _device_error(s):
            return error
        source = s.spec.input
        if isinstance(source, CommandInput):
            does = "writes what is asked for" if seen.moving else "waits for commands"
            return f"{does} on {source.subject}"
        every = f"{seen.reads_every or source.every:g} s"
        more = "".join(f"; {text}" for text in (seen.too_slow, seen.device_conflict) if text)
        if not seen.moving:
            return f"connected, but no sample lately ({source.DOES} every {every}{more})"
        count = len(source.tags)
        return f"{source.DOES} {count} {'tag' if count == 1 else 'tags'} every {every}{more}"


def _waits_for(s: Snap) -> str:
    """What its bridge waits for before it has the flow run, with the reason; or empty."""
    for path, status in s.dependencies.items():
        if not status.healthy and status.phase is not Phase.STOPPED:
            return f"waits for the {path.rpartition('/')[2]}: {status.reason or status.state}"
    return ""


def _rate(asked: float, stats: FlowStats) -> tuple[float | None, str]:
    """How often the device is really read, if clearly less often than asked, and why."""
    measured, took = stats.measured_every, stats.poll_seconds
    if measured is None or took is None or measured < TOO_SLOW * asked:
        return None, ""
    blamed = "this machine is too busy"
    if took > TOO_SLOW * asked / 2:
        blamed = "the device is too slow"
    shared = f", and {stats.device_users} data flows share it" if stats.device_users > 1 else ""
    return float(f"{measured:.2g}"), f"{blamed} for {asked:g} s{shared}"


def _device_error(s: Snap) -> str:
    """What is wrong with a device on the output side that accepts our connection all the same."""
    return s.observed.output_error if isinstance(s.spec.input, CommandInput) else ""


def _connecting(s: Snap) -> str:
    if s.observed.input_connected:
        return "connects its output"
    return "connects its input" if s.observed.output_connected else "connects both ends"


def _because(error: str) -> str:
    return f": {error}" if error else ""
