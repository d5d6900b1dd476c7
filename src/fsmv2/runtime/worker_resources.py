"""The resources of one worker: held open for one spec at a time, and lent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import FsmError, error_text
from fsmv2.host.task_cancellation import end_task, ends_the_task
from fsmv2.model import UserSpec, VariableBundle
from fsmv2.worker import Resources, Worker

CLOSE_WITHIN = 5.0
"""Seconds a type's resources may take to close before they are abandoned."""

NO_VARIABLES = VariableBundle()


class WorkerResources:
    """Opens `worker.resources(spec)` before the first use and closes it at the end.

    Only for types that declare resources.

    Under `in_place` a worker lives on with another spec. What was opened for the spec of before
    is closed then, and reopened at the next use; never while somebody still uses it.
    """

    __slots__ = (
        "_bind",
        "_closing",
        "_ending",
        "_error",
        "_for",
        "_holding",
        "_in_use",
        "_lent",
        "_loop",
        "_name",
        "_outdated",
        "_ready",
        "_unused",
        "_wanted",
        "_worker",
    )

    def __init__(
        self,
        worker: Worker[Any, Any, Any],
        loop: asyncio.AbstractEventLoop,
        name: str,
        bind: Callable[[Any, Any], Resources[Any]],
    ) -> None:
        """`name`: of the task that holds them; `bind(value, config)`: what is lent to users."""
        self._worker = worker
        self._loop = loop
        self._name = name
        self._bind = bind
        self._wanted: tuple[UserSpec, Any] = (UserSpec(), None)
        self._for: tuple[UserSpec, Any] | None = None
        self._outdated = False
        self._lent: Resources[Any] | None = None
        self._holding: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[None] = loop.create_future()
        self._closing = asyncio.Event()
        self._in_use = 0
        self._unused = asyncio.Event()
        self._error = ""
        self._ending = False

    def want(self, spec: UserSpec, config: Any) -> None:
        """From the next use on, resources are those for this spec."""
        self._wanted = (spec, config)
        if self._lent is not None:
            self._lent = self._bind(self._lent.value, config)
        self._compare()

    async def lend(self, *, wait: bool) -> Resources[Any]:
        """The open resources, to be given back; opens them first if need be.

        FsmError: they cannot be opened, or, unless it may `wait`, those for the spec of before
        are still in use.
        """
        while self._outdated:
            if not self._in_use:
                await self.close()
            elif wait:
                self._unused.clear()
                await self._unused.wait()
            else:
                raise FsmError(
                    "its spec changed, and an action still uses the resources opened for the one "
                    "before"
                )
        resources = self._lent or await self._opened()
        self._in_use += 1
        return resources

    def give_back(self) -> None:
        """One user less."""
        self._in_use -= 1
        if not self._in_use:
            self._unused.set()

    async def close(self) -> None:
        """Close them, whoever uses them; what does not close in time is abandoned."""
        self._lent, self._outdated = None, False
        holding = self._holding
        if holding is not None:
            self._closing.set()
            await asyncio.wait([holding], timeout=CLOSE_WITHIN)
            self._ending = True
            if not await end_task(holding, within=CLOSE_WITHIN):
                self._error = "those of before have not closed yet"

    def _compare(self) -> None:
        """Outdated is what was opened for other fields or another config. Not other variables.

        A parent's state is one of them, and moves often; what a type makes of variables is config.
        """
        if self._holding is not None and self._for is not None:
            try:
                self._outdated = _essence(*self._for) != _essence(*self._wanted)
            except ANY_RAISED:  # an author's comparison, named by the derive that makes it, too
                self._outdated = False

    async def _opened(self) -> Resources[Any]:
        if self._holding is None:
            self._ready, self._closing = self._loop.create_future(), asyncio.Event()
            self._holding = self._loop.create_task(
                self._keep(self._ready, self._closing), name=self._name
            )
        # Not awaited itself: a collection that times out would cancel it for those who wait too.
        await asyncio.wait([self._ready])
        resources: Resources[Any] | None = self._lent
        if resources is None:
            raise FsmError(f"its resources could not be opened: {self._error}")
        return resources

    async def _keep(self, ready: asyncio.Future[None], closing: asyncio.Event) -> None:
        """Hold the resources open; one task enters and leaves, as many contexts require."""
        self._for, self._ending = self._wanted, False
        try:
            async with self._worker.resources(self._wanted[0]) as value:
                if not closing.is_set():
                    self._lent = self._bind(value, self._wanted[1])
                    self._compare()  # the spec may have changed while they opened
                _finish(ready)
                await closing.wait()
        except ANY_RAISED as raised:  # author code; shown as the observation's error
            self._error = error_text(raised)
            if ends_the_task(raised, self._ending):
                raise
        finally:
            self._lent, self._holding, self._for = None, None, None
            _finish(ready)


def _essence(spec: UserSpec, config: Any) -> tuple[UserSpec, Any]:
    return msgspec.structs.replace(spec, variables=NO_VARIABLES), config


def _finish(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
