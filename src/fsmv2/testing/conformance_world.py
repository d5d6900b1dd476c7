"""The checks of conformance that run actions and collections, in the world that the bench makes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import error_text
from fsmv2.model import ObservedState, UserSpec, Vault
from fsmv2.runtime.worker_log import LogOrigin, worker_log
from fsmv2.testing.conformance import Conformance, ConformanceError, NotTriedError
from fsmv2.worker import Resources
from fsmv2.worker.fsm_bench import stimuli

AFTER = (0, 1, 3, 10)
"""Turns of the loop after which a run is cancelled."""
PATIENCE = 5.0
"""Seconds a cancelled run may take to end."""


class Incarnation:
    """One instance of the worker with its resources, as the engine would open them."""

    def __init__(self, bench: Conformance, spec: UserSpec, instance: Any, resources: Any) -> None:
        self.bench, self.spec, self.instance, self.resources = bench, spec, instance, resources

    async def observe(self) -> ObservedState:
        """One collection."""
        found: ObservedState = await self.instance.collect_observed_state(self.spec, self.resources)
        return found

    async def run(self, action: str) -> None:
        """One run of `action`."""
        arguments = self.bench.arguments(action)
        await getattr(self.instance, action)(self.spec, self.resources, **arguments)


@contextlib.asynccontextmanager
async def incarnation(bench: Conformance, spec: UserSpec) -> AsyncIterator[Incarnation]:
    """A new instance, which knows nothing of those before it."""
    instance = bench.make()
    desired = instance.derive_desired_state(spec, None)
    async with instance.resources(spec) as value:
        log = worker_log(LogOrigin("checked"), Vault())
        given = Resources("checked", value, desired.config, log, lambda _: None, refusal=str)
        yield Incarnation(bench, spec, instance, given)


def _specs(bench: Conformance) -> Iterator[UserSpec]:
    """The specs with what the engine adds; NotTriedError when there is no world to run in."""
    if type(bench).world is Conformance.world:
        raise NotTriedError("nothing is run without a world: override world() of its Conformance")
    yield from {id(s.spec): s.spec for s in stimuli(bench.bench())[0]}.values()


def _actions(bench: Conformance) -> list[str]:
    return [name if isinstance(name, str) else name.__name__ for name in bench.actions()]


def actions_are_idempotent(bench: Conformance) -> None:
    """Each action, run again after a crash, succeeds and leaves the world as the first run did."""

    async def check(spec: UserSpec) -> None:
        for action in _actions(bench):
            async with incarnation(bench, spec) as one:
                await one.run(action)
                first = await one.observe()
            async with incarnation(bench, spec) as other:
                where = f"{bench.worker.__name__}.{action}"
                why = "after a crash or a late answer the engine runs it again"
                fix = (
                    "Look first, and do only what is missing; what is done already is not an error."
                )
                try:
                    await other.run(action)
                except ANY_RAISED as error:
                    raise ConformanceError(
                        f"the second run raises {error_text(error)}", where=where, why=why, fix=fix
                    ) from error
                again = await other.observe()
                if not bench.same(first, again):
                    raise ConformanceError(
                        f"the second run changed the world: {first}, then {again}",
                        where=where,
                        why=why,
                        fix=fix,
                    )

    _in_world(bench, check)


def recognises_what_runs(bench: Conformance) -> None:
    """A new instance sees what an earlier one did, without being told."""

    async def check(spec: UserSpec) -> None:
        for action in _actions(bench):
            async with incarnation(bench, spec) as one:
                await one.run(action)
                known = await one.observe()
            async with incarnation(bench, spec) as other:
                found = await other.observe()
            if not bench.same(known, found):
                raise ConformanceError(
                    f"a new instance sees {found}, the one that acted saw {known}",
                    where=f"{bench.worker.__name__}.collect_observed_state after {action}",
                    why="after a restart of the program it would start a second one",
                    fix="Observe the thing itself, not what this instance remembers of it.",
                )

    _in_world(bench, check)


def collections_can_be_cancelled(bench: Conformance) -> None:
    """A collection that is cancelled ends, and the next one works."""

    async def check(spec: UserSpec) -> None:
        async with incarnation(bench, spec) as one:
            await _cancelled(one.observe, f"{bench.worker.__name__}.collect_observed_state")

    _in_world(bench, check)


def actions_can_be_cancelled(bench: Conformance) -> None:
    """An action that is cancelled ends, and running it again works."""

    async def check(spec: UserSpec) -> None:
        for action in _actions(bench):
            async with incarnation(bench, spec) as one:

                async def run(one: Incarnation = one, action: str = action) -> None:
                    await one.run(action)

                await _cancelled(run, f"{bench.worker.__name__}.{action}")

    _in_world(bench, check)


async def _cancelled(run: Callable[[], Awaitable[Any]], where: str) -> None:
    for turns in AFTER:
        task = asyncio.ensure_future(run())
        for _ in range(turns):
            await asyncio.sleep(0)
        asked = task.cancel()
        await asyncio.wait([task], timeout=PATIENCE)
        why = "a stop and a timeout cancel it; the engine calls the worker stuck and holds it"
        fix = "Let CancelledError pass: clean up in `finally`, and catch Exception, not all."
        if not task.done():
            raise ConformanceError(
                f"cancelled, it goes on for more than {PATIENCE:g} s", where=where, why=why, fix=fix
            )
        if asked and not task.cancelled():
            told = "" if task.exception() is None else f" and raises {error_text(task.exception())}"  # type: ignore[arg-type]
            raise ConformanceError(
                f"it swallows its cancellation{told}", where=where, why=why, fix=fix
            )
    try:
        await run()
    except ANY_RAISED as error:
        raise ConformanceError(
            f"after it was cancelled, the next run raises {error_text(error)}",
            where=where,
            why="a cancelled run is retried, and must find the world usable",
            fix="Undo or finish in `finally` what a cancelled run leaves half done.",
        ) from error


def _in_world(bench: Conformance, check: Callable[[UserSpec], Awaitable[None]]) -> None:
    async def main() -> None:
        for spec in list(_specs(bench)):
            async with bench.world():
                await check(spec)

    asyncio.run(main())
