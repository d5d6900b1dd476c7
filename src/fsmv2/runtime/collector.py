"""The collector of one worker: opens its resources, observes on an interval, calls actions."""

from __future__ import annotations

import asyncio
import contextlib
import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from fsmv2.core import Event, Observed, Watch
from fsmv2.errors import SecretError, said
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.ending import end_task
from fsmv2.runtime.holder import CLOSE_WITHIN, Holder
from fsmv2.runtime.log import worker_log
from fsmv2.spec import ObservedState, UserSpec, Vault, same_observation
from fsmv2.worker import Resources

GRID = 0.05
"""Seconds between the moments at which collections on an interval begin."""

SOON = 0.1
"""Seconds after a changed spec until the worker is looked at with it."""

PATIENCE = 3
"""How often the time-out of a collection is granted anew while the loop itself is late."""


class Collector:
    """Observes one incarnation, independent of ticks. Runs on the work loop."""

    __slots__ = (
        "_again",
        "_cancelled",
        "_clock",
        "_closed",
        "_concealed",
        "_heartbeat",
        "_holder",
        "_last",
        "_late",
        "_loop",
        "_next",
        "_patience",
        "_post",
        "_routine",
        "_secrets",
        "_soon",
        "_spec",
        "_task",
        "_timeout",
        "definition",
        "incarnation",
        "path",
        "worker",
    )

    def __init__(
        self,
        watch: Watch,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        post: Callable[[Event], None],
        heartbeat: Callable[[Event], None],
        late: Callable[[], float],
        secrets: Vault,
    ) -> None:
        """`post` hands an event over at once; `heartbeat` with others, for what wakes nobody.

        `late` tells how many seconds the loop is late, `secrets` what author code sees for tokens.
        """
        self.path = watch.path
        self.incarnation = watch.incarnation
        self.worker = watch.worker
        self.definition = watch.definition
        self._secrets = secrets
        self._concealed = ""
        self._spec: UserSpec = watch.spec
        self._clock = clock
        self._loop = loop
        self._post = post
        self._heartbeat = heartbeat
        self._late = late
        self._last: ObservedState | None = None
        self._routine = False
        self._task: asyncio.Task[None] | None = None
        self._next: asyncio.TimerHandle | None = None
        self._timeout: asyncio.TimerHandle | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._cancelled = False
        self._again = False
        self._patience = 0
        self._closed = False
        self._holder = Holder(self.worker, loop, task_name("resources", self.path), self._bind)
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
        if changed and self._soon is None:
            self._soon = self._loop.call_later(SOON, self._collect_soon)

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
        self._task = self._loop.create_task(
            self._collect(), name=task_name("collect_observed_state", self.path)
        )
        self._task.add_done_callback(self._collected)
        self._timeout = self._loop.call_later(self.definition.observe_timeout, self._time_out)

    def _collect_soon(self) -> None:
        self._soon = None
        self.collect_now()

    def restart(self) -> None:
        """End a silent collection and its resources, and begin anew."""
        self._loop.create_task(self._reopen()).add_done_callback(_retrieve)

    async def act(self, name: str, args: Mapping[str, Any]) -> Any:
        """Run one action of the worker with the spec and resources of now."""
        if self._concealed:
            raise SecretError(self._concealed)
        resources = await self._holder.lend(wait=True)
        try:
            return await getattr(self.worker, name)(self._spec, resources, **args)
        finally:
            self._holder.give_back()

    async def close(self) -> None:
        """End the collection and close the resources."""
        self._closed = True
        for timer in (self._next, self._timeout, self._soon):
            if timer is not None:
                timer.cancel()
        if self._task is not None:
            self._cancelled = True
            await end_task(self._task)
        await self._holder.close()

    # ---- one collection ----------------------------------------------------------------------

    async def _collect(self) -> None:
        began = self._clock.now()
        observed: ObservedState | None = None
        error, unchanged = "", False
        last, self._last = self._last, None
        try:
            if self._concealed:
                raise SecretError(self._concealed)
            resources = await self._holder.lend(wait=False)
            began = self._clock.now()
            try:
                observed = await self.worker.collect_observed_state(self._spec, resources)
            finally:
                self._holder.give_back()
            if isinstance(observed, self.definition.observed_type):
                self._last = observed
                unchanged = last is not None and same_observation(last, observed)
        except asyncio.CancelledError as raised:
            if self._cancelled:
                raise
            error = said(raised)  # its own code was cancelled from inside, which is an answer
        except (Exception, SystemExit, KeyboardInterrupt) as raised:  # noqa: BLE001
            # An exception is an answer (H20); the last two would end the loop of all workers.
            error = said(raised)
        event = Observed(self.path, self.incarnation, began, observed, error)
        hand_over = self._heartbeat if self._routine and unchanged else self._post
        hand_over(event)

    def _collected(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None
        _retrieve(task)
        if self._again:
            self.collect_now()

    def _time_out(self) -> None:
        """No answer in time is silence: nothing is posted, and the cancel is repeated."""
        if self._task is None:
            return
        if self._patience and self._late() > self.definition.observe_timeout / 4:
            # It is we who are late, so it has not had its time yet.
            self._patience -= 1
            self._timeout = self._loop.call_later(self.definition.observe_timeout, self._time_out)
            return
        self._cancelled = True
        self._task.cancel()
        self._timeout = self._loop.call_later(0.25, self._time_out)

    def _plan(self, delay: float) -> None:
        # On a grid, so that those of about the same moment share one wake-up of the loop.
        due = math.ceil((self._loop.time() + delay) / GRID) * GRID
        self._next = self._loop.call_at(due, self._due)

    def _due(self) -> None:
        if not self._closed:
            self._plan(self.definition.interval - GRID / 2)
            if self._task is None:
                self.collect_now(routine=True)

    async def _reopen(self) -> None:
        if self._task is not None:
            self._cancelled = True
            await end_task(self._task, within=CLOSE_WITHIN)
        await self._holder.close()
        self.collect_now()

    # ---- what author code is handed ----------------------------------------------------------

    def _reveal(self, spec: UserSpec, config: Any) -> None:
        """Put the secrets in; author code is not called while that is not possible."""
        self._spec, self._concealed = spec, ""
        if self._secrets:
            try:
                self._spec, config = self._secrets.reveal(spec), self._secrets.reveal(config)
            except SecretError as error:
                self._concealed = error.message
        self._holder.want(self._spec, config)

    def _bind(self, value: Any, config: Any) -> Resources[Any]:
        log = worker_log(self.path, self._secrets)
        return Resources(
            self.path,
            value,
            config,
            log,
            self._push,
            self._late,
            self._secrets.redact,
            self._secrets.redactions,
        )

    def _push(self, observed: ObservedState) -> None:
        if not self._closed:
            self._post(Observed(self.path, self.incarnation, self._clock.now(), observed))


def task_name(what: str, path: str) -> str:
    """The name of a task that runs author code; the watchdog tells from it whose."""
    return f"{what}:{path}"


def _retrieve(task: asyncio.Task[Any]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()
