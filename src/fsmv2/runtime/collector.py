"""The collector of one worker: opens its resources, observes on an interval, calls actions."""

from __future__ import annotations

import asyncio
import contextlib
import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from fsmv2.core import Event, Observed, Watch
from fsmv2.errors import FsmError, SecretError, said
from fsmv2.runtime.clock import Clock
from fsmv2.runtime.ending import end_task
from fsmv2.runtime.log import worker_log
from fsmv2.spec import ObservedState, UserSpec, Vault, same_observation
from fsmv2.worker import Resources, Worker

GRID = 0.05
"""Seconds between the moments at which collections on an interval begin."""

SOON = 0.1
"""Seconds after a changed spec until the worker is looked at with it."""

PATIENCE = 3
"""How often the time-out of a collection is granted anew while the loop itself is late."""

CLOSE_WITHIN = 5.0
"""Seconds a type's resources may take to close before they are abandoned."""


class Collector:
    """Observes one incarnation, independent of ticks. Runs on the work loop."""

    __slots__ = (
        "_again",
        "_cancelled",
        "_clock",
        "_closed",
        "_closing",
        "_concealed",
        "_config",
        "_heartbeat",
        "_keeper",
        "_last",
        "_late",
        "_loop",
        "_next",
        "_open_error",
        "_patience",
        "_post",
        "_ready",
        "_resources",
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
        self._config: Any = watch.config
        self._reveal(watch.spec, watch.config)
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
        self._keeper: asyncio.Task[None] | None = None
        self._closing: asyncio.Event | None = None
        self._ready: asyncio.Future[None] = loop.create_future()
        self._cancelled = False
        self._resources: Resources[Any] | None = None
        self._open_error = ""
        self._again = False
        self._patience = 0
        self._closed = False

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
        if self._resources is not None:
            self._resources = self._bind(self._resources.value)
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
        resources = await self._opened()
        return await getattr(self.worker, name)(self._spec, resources, **args)

    async def close(self) -> None:
        """End the collection and close the resources."""
        self._closed = True
        for timer in (self._next, self._timeout, self._soon):
            if timer is not None:
                timer.cancel()
        if self._task is not None:
            self._cancelled = True
            await end_task(self._task)
        await self._close_resources()

    # ---- one collection ----------------------------------------------------------------------

    async def _collect(self) -> None:
        began = self._clock.now()
        observed: ObservedState | None = None
        error, unchanged = "", False
        last, self._last = self._last, None
        try:
            if self._concealed:
                raise SecretError(self._concealed)
            resources = self._resources or await self._opened()
            began = self._clock.now()
            observed = await self.worker.collect_observed_state(self._spec, resources)
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
        await self._close_resources()
        self.collect_now()

    # ---- resources ---------------------------------------------------------------------------

    async def _opened(self) -> Resources[Any]:
        """The open resources; opens them first if need be. FsmError: they could not be opened."""
        if self._resources is not None:
            return self._resources
        if type(self.worker).resources is Worker.resources:
            self._resources = self._bind(None)
            return self._resources
        if self._keeper is None:
            self._ready, self._closing = self._loop.create_future(), asyncio.Event()
            self._keeper = self._loop.create_task(
                self._keep(self._ready, self._closing), name=task_name("resources", self.path)
            )
        # Not awaited itself: a collection that times out would cancel it for those who wait too.
        await asyncio.wait([self._ready])
        resources: Resources[Any] | None = self._resources
        if resources is None:
            raise FsmError(f"its resources could not be opened: {self._open_error}")
        return resources

    async def _keep(self, ready: asyncio.Future[None], closing: asyncio.Event) -> None:
        """Hold the resources open; one task enters and leaves, as many contexts require."""
        try:
            async with self.worker.resources(self._spec) as value:
                self._resources = self._bind(value)
                _finish(ready)
                await closing.wait()
        except (Exception, SystemExit, KeyboardInterrupt) as raised:  # noqa: BLE001
            self._open_error = said(raised)  # author code; shown as the observation's error
        except asyncio.CancelledError:
            self._open_error = "it was cancelled"
            raise
        finally:
            self._resources = None
            self._keeper = None
            _finish(ready)

    async def _close_resources(self) -> None:
        keeper = self._keeper
        if keeper is not None and self._closing is not None:
            self._closing.set()
            await asyncio.wait([keeper], timeout=CLOSE_WITHIN)
            if not await end_task(keeper, within=CLOSE_WITHIN):
                self._open_error = "those of before have not closed yet"
        self._resources = None

    def _reveal(self, spec: UserSpec, config: Any) -> None:
        """Put the secrets in; author code is not called while that is not possible."""
        self._spec, self._config, self._concealed = spec, config, ""
        if self._secrets:
            try:
                self._spec = self._secrets.reveal(spec)
                self._config = self._secrets.reveal(config)
            except SecretError as error:
                self._concealed = error.message

    def _bind(self, value: Any) -> Resources[Any]:
        log = worker_log(self.path, self._secrets)
        return Resources(self.path, value, self._config, log, self._push, self._late)

    def _push(self, observed: ObservedState) -> None:
        if not self._closed:
            self._post(Observed(self.path, self.incarnation, self._clock.now(), observed))


def task_name(what: str, path: str) -> str:
    """The name of a task that runs author code; the watchdog tells from it whose."""
    return f"{what}:{path}"


def _finish(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _retrieve(task: asyncio.Task[Any]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()
