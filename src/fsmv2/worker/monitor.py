"""A worker that only looks: one coroutine that observes, and a judgement of what was seen.

The thing it watches is somebody else's, so there is nothing to start and nothing to end: its FSM is
always the same, and is written here once. It has no mechanism of its own; it is a `Worker` whose
collector gives up a little earlier than the engine would, so that a look that takes too long is an
answer with a reason, as one that raises is, and not silence for which the worker is restarted.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Generic, Literal

from typing_extensions import TypeVar

from fsmv2.diagnostic import quoted
from fsmv2.errors import DefinitionError, TemporaryError
from fsmv2.model import ObservedState, UserSpec
from fsmv2.worker.snapshot import Snapshot
from fsmv2.worker.state import state
from fsmv2.worker.step_result import Step, goto, stay
from fsmv2.worker.worker import Resources, Worker

S = TypeVar("S", bound=UserSpec, default=UserSpec)
# S, O and R stand for spec, observed and resources, everywhere.
O = TypeVar("O", bound=ObservedState, default=ObservedState)  # noqa: E741
R = TypeVar("R", default=None)

GIVES_UP_AT = 0.9
"""Share of the timeout of a collection after which a look has failed."""

LATE = 0.25
"""Share of that time by which the loop may be late before the thing is blamed no more."""


class Monitor(Worker[S, O, R], Generic[S, O, R], abstract=True):
    """Watches something: stopped, running while all is well, degraded while it is not.

    Subclass it with the spec and observation types, and write `look`::

        class Site(Monitor[SiteSpec, SiteSeen]):
            async def look(self, spec, resources):
                return SiteSeen(status=await status_of(spec.url))

            def judge(self, s):
                return "" if s.observed.status == 200 else f"answers {s.observed.status}"

    A look that raises, or takes longer than 0.9 of `observe_timeout`, is a verdict too: *degraded*,
    with what went wrong as the reason. The last observation is kept meanwhile. Nothing is restarted
    for a verdict.
    """

    update_policy: ClassVar[Literal["recreate", "in_place"]] = "in_place"

    async def look(self, spec: S, resources: Resources[R]) -> O:
        """Look at the real thing and say what is. May do I/O; must not change anything."""
        raise NotImplementedError  # a subclass without it is refused when it is made

    def judge(self, s: Snapshot[S, O]) -> str | None:
        """What is wrong with what was seen, as a sentence for an operator; '' or None: nothing.

        Pure, like a step. It is asked when a field of the observation changes that is not volatile.
        """
        return None

    async def collect_observed_state(self, spec: S, resources: Resources[R]) -> O:
        """Look, and give up before the engine takes it for silence.

        TemporaryError: there was no answer in time, or this machine is too busy to look.
        """
        within = None if resources.timeout is None else GIVES_UP_AT * resources.timeout
        try:
            async with asyncio.timeout(within) as limit:
                return await self.look(spec, resources)
        except TimeoutError:
            if within is None or not limit.expired():
                raise  # its own, with its own words
        if resources.late() > LATE * within:
            raise TemporaryError("cannot tell: this machine is too busy to look")
        raise TemporaryError(f"no answer within {within:g} s")

    @state("stopped", to="running degraded")
    def stopped(self, s: Snapshot[S, O]) -> Step:
        """Not asked to look."""
        return stay("asked to be stopped") if s.should_stop else self._verdict(s)

    @state("running", to="degraded stopped")
    def running(self, s: Snapshot[S, O]) -> Step:
        """What was seen is in order."""
        return goto(self.stopped, "asked to stop") if s.should_stop else self._verdict(s)

    @state("degraded", to="running stopped")
    def degraded(self, s: Snapshot[S, O]) -> Step:
        """What was seen is not in order, or the last look failed."""
        return goto(self.stopped, "asked to stop") if s.should_stop else self._verdict(s)

    def _verdict(self, s: Snapshot[S, O]) -> Step:
        wrong: object = s.observe_error or self.judge(s) or ""
        if not isinstance(wrong, str):
            raise DefinitionError(
                f"judge of {type(self).__name__} returned {quoted(wrong)}, expected what is wrong, "
                "as text.",
                fix="Return '' when nothing is.",
            )
        target: Callable[[Any], Step] = self.degraded if wrong else self.running
        reason = wrong or "in order"
        return stay(reason) if target.__name__ == s.state else goto(target, reason)

    @classmethod
    def _more_faults(cls) -> Iterator[str]:
        if cls.look is Monitor.look:
            yield "it does not define `async def look(self, spec, resources)`"
        elif not inspect.iscoroutinefunction(cls.look):
            yield "look is not async: write `async def`, or mark it @blocking if it blocks"
        if inspect.iscoroutinefunction(cls.judge):
            yield "judge is async, but only decides by what it is shown; write `def judge(self, s)`"
        if cls.collect_observed_state is not Monitor.collect_observed_state:
            yield "it defines collect_observed_state, which calls look; write look alone"
