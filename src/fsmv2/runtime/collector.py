"""The collector of one worker: opens its resources, observes on an interval, calls actions."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import zlib
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import Observed, RunAction, Watch
from fsmv2.errors import SecretError, error_text
from fsmv2.host.task_cancellation import AGAIN, end_task, ends_the_task
from fsmv2.model import ObservedState, UserSpec, same_observation
from fsmv2.runtime.coalesced_timers import GRID
from fsmv2.runtime.collector_services import CollectorServices
from fsmv2.runtime.worker_log import LogOrigin, WorkerLog
from fsmv2.runtime.worker_resources import CLOSE_WITHIN, WorkerResources
from fsmv2.worker import Resources, Worker

SOON = 0.1
"""Seconds after a changed spec until the worker is looked at with it."""

LATE = 0.25
"""Seconds by which the loop is late from which on workers are looked at less often: to look at them
as often as ever would make it later still, until what is seen is too old to decide by."""

SPARING, SPARED = 4, 4.0
"""How many times its interval passes then until a worker is looked at again, and the most seconds:
well below those after which what was seen is stale."""

PATIENCE = 3
"""How often the timeout of a collection is granted again while the loop itself is late."""


class Collector:
    """Observes one incarnation, independent of ticks. Runs on the work loop."""

    __slots__ = (
        "_again",
        "_at",
        "_cancelled",
        "_closed",
        "_concealed",
        "_config",
        "_gives_up_at",
        "_last",
        "_patience",
        "_refusal",
        "_resources",
        "_routine",
        "_soon",
        "_spec",
        "_task",
        "_timed",
        "definition",
        "incarnation",
        "path",
        "worker",
    )

    def __init__(self, watch: Watch, at: CollectorServices) -> None:
        """`at`: what it shares with all others."""
        self.path = watch.path
        self.incarnation = watch.incarnation
        self.worker = watch.worker
        self.definition = watch.definition
        self._at = at
        # One object as long as this incarnation lives: who keeps it knows whose it is.
        self._refusal = functools.partial(at.refusal, watch.path, watch.incarnation)
        self._concealed = ""
        self._spec: UserSpec = watch.spec
        self._config: Any = watch.config
        self._last: ObservedState | None = None
        self._routine = False
        self._task: asyncio.Task[None] | None = None
        self._gives_up_at = 0.0
        self._timed = False
        self._soon = False
        self._cancelled = False
        self._again = False
        self._patience = 0
        self._closed = False
        # Most types have none: then there is nothing to hold, nor to wait for.
        self._resources: WorkerResources | None = None
        if type(self.worker).resources is not Worker.resources:
            self._resources = WorkerResources(
                self.worker, at.loop, task_name("resources", self.path), self._bind
            )
        self._reveal(watch.spec, watch.config)

    # ---- what the work loop asks -------------------------------------------------------------

    def start(self) -> None:
        """Collect for the first time at once, then on the interval, spread over it."""
        self.collect_now()
        if self.definition.pushes:
            return
        # Drawn from the path, so that a run of a simulation can be repeated.
        spread = zlib.crc32(self.path.encode()) / 2**32 * self.definition.interval
        self._plan(self.definition.interval / 2 + spread)

    def update(self, spec: UserSpec, config: Any, *, changed: bool) -> None:
        """Use this spec and config from the next collection on; collect soon if they `changed`.

        Soon and not at once: one global change updates thousands, which first want to be derived.
        """
        self._reveal(spec, config)
        if changed and not self._soon:
            self._soon = True
            self._at.soon.put(self, self._at.loop.time() + SOON)

    def collect_now(self, *, routine: bool = False) -> None:
        """Begin a collection, or have one follow the one that is running.

        A `routine` one, on the interval, may hand over late that nothing changed.
        """
        if self._closed:
            return
        if self._task is not None:
            self._again = self._again or not routine
            return
        self._again, self._routine, self._cancelled = False, routine, False
        self._patience = PATIENCE
        self._task = self._at.loop.create_task(
            self._collect(), name=task_name("collect_observed_state", self.path)
        )
        self._task.add_done_callback(self._collected)
        self._give_up_after(self.definition.observe_timeout)

    def restart(self) -> None:
        """End a silent collection and its resources, and restart it."""
        self._at.loop.create_task(self._reopen()).add_done_callback(_retrieve)

    async def act(self, asked: RunAction) -> Any:
        """Run one action of the worker with the spec and resources of now."""
        if self._concealed:
            raise SecretError(self._concealed)
        method = getattr(self.worker, asked.action.name)
        if self._resources is None:
            resources = self._bind(None, self._config)
            return await method(self._spec, self._caused(resources, asked), **asked.args)
        resources = await self._resources.lend(wait=True)
        try:
            return await method(self._spec, self._caused(resources, asked), **asked.args)
        finally:
            self._resources.give_back()

    async def close(self) -> None:
        """End the collection and close the resources."""
        self._closed = True
        if self._task is not None:
            self._cancelled = True
            await end_task(self._task)
        if self._resources is not None:
            await self._resources.close()

    # ---- what its moments in the agendas are for -----------------------------------------------

    def poll(self) -> None:
        """The interval is over: collect, unless that is still going on."""
        if not self._closed:
            self._plan(self._until_next() - GRID / 2)
            if self._task is None:
                self.collect_now(routine=True)

    def collect_soon(self) -> None:
        """Some time has passed since a changed spec came."""
        self._soon = False
        self.collect_now()

    def time_out(self) -> None:
        """No answer in time is silence: nothing is posted, and the cancel is repeated."""
        self._timed = False
        if self._task is None:
            return
        left = self._gives_up_at - self._at.loop.time()
        if left > GRID / 2:  # this moment was that of an earlier collection
            self._give_up_after(left)
            return
        if self._patience and self._at.late() > self.definition.observe_timeout / 4:
            # It is we who are late, so it has not had its time yet.
            self._patience -= 1
            self._give_up_after(self.definition.observe_timeout)
            return
        self._cancelled = True
        self._task.cancel()
        self._give_up_after(AGAIN)

    def _until_next(self) -> float:
        interval = self.definition.interval
        if interval < SPARED and self._at.late() > LATE:
            return min(SPARED, SPARING * interval)
        return interval

    def _plan(self, delay: float) -> None:
        self._at.polls.put(self, self._at.loop.time() + delay)

    def _give_up_after(self, delay: float) -> None:
        self._gives_up_at = self._at.loop.time() + delay
        if not self._timed:
            self._timed = True
            self._at.time_outs.put(self, self._gives_up_at)

    # ---- one collection ----------------------------------------------------------------------

    async def _collect(self) -> None:
        clock = self._at.clock
        began = clock.now()
        observed: ObservedState | None = None
        error, unchanged = "", False
        last, self._last = self._last, None
        try:
            if self._concealed:
                raise SecretError(self._concealed)
            if self._resources is None:
                observed = await self.worker.collect_observed_state(
                    self._spec, self._bind(None, self._config)
                )
            else:
                resources = await self._resources.lend(wait=False)
                began = clock.now()
                try:
                    observed = await self.worker.collect_observed_state(self._spec, resources)
                finally:
                    self._resources.give_back()
            if isinstance(observed, self.definition.observed_type):
                self._last = observed
                unchanged = last is not None and same_observation(last, observed)
        except ANY_RAISED as raised:
            if ends_the_task(raised, self._cancelled):
                raise
            error = error_text(raised)  # an exception is an answer (H20), whatever it is (H68)
        event = Observed(self.path, self.incarnation, began, observed, error)
        if self._routine and unchanged:
            self._at.heartbeat(event)
        else:
            self._at.post(event)

    def _collected(self, task: asyncio.Task[None]) -> None:
        self._task = None
        _retrieve(task)
        if self._again:
            self.collect_now()

    async def _reopen(self) -> None:
        if self._task is not None:
            self._cancelled = True
            await end_task(self._task, within=CLOSE_WITHIN)
        if self._resources is not None:
            await self._resources.close()
        self.collect_now()

    # ---- what author code is handed ----------------------------------------------------------

    def _reveal(self, spec: UserSpec, config: Any) -> None:
        """Put the secrets in; author code is not called while that is not possible."""
        self._spec, self._config, self._concealed = spec, config, ""
        secrets = self._at.secrets
        if secrets:
            try:
                self._spec, self._config = secrets.reveal(spec), secrets.reveal(config)
            except SecretError as error:
                self._concealed = error.message
            except ANY_RAISED as error:  # author data that cannot be copied
                self._concealed = f"its secrets could not be put in: {error_text(error)}"
        if self._resources is not None:
            self._resources.want(self._spec, self._config)

    def _bind(self, value: Any, config: Any) -> Resources[Any]:
        at = self._at
        return Resources(
            self.path,
            value,
            config,
            WorkerLog(self._origin(), at.secrets),
            self._push,
            at.late,
            at.secrets.redact,
            at.secrets.redactions,
            self._refusal,
            self.definition.observe_timeout,
        )

    def _caused(self, resources: Resources[Any], asked: RunAction) -> Resources[Any]:
        """The same, with a logger that says which tick asked for the action, and why."""
        log = WorkerLog(
            self._origin(cause=asked.tick, action=asked.action.name, reason=asked.cause),
            self._at.secrets,
        )
        return msgspec.structs.replace(resources, log=log)

    def _origin(self, *, cause: int = 0, action: str = "", reason: str = "") -> LogOrigin:
        at = self._at
        return LogOrigin(
            self.path,
            self.definition.name,
            self.incarnation,
            cause,
            action,
            reason,
            at.state_of,
            at.log,
        )

    def _push(self, observed: ObservedState) -> None:
        if not self._closed:
            self._at.post(Observed(self.path, self.incarnation, self._at.clock.now(), observed))


def task_name(what: str, path: str) -> str:
    """The name of a task that runs author code; the watchdog learns from it whose."""
    return f"{what}:{path}"


def _retrieve(task: asyncio.Task[Any]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()
