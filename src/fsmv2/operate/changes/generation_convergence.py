"""Which generations have converged, and what is done about one that has not in time.

What is waited for is kept in the store, so a start goes on with it; a later commit cancels it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from fsmv2.core import Event
from fsmv2.errors import FsmError, UnknownGenerationError
from fsmv2.operate.changes.apply_data import ApplyProgress, ConvergenceState
from fsmv2.operate.changes.change_commit import end_pending, pending_in
from fsmv2.operate.changes.convergence_reports import ConvergenceReports
from fsmv2.operate.changes.convergence_watch import ConvergenceWatch
from fsmv2.operate.changes.generation_outcomes import not_converged_text
from fsmv2.operate.changes.running_document import CurrentDocument
from fsmv2.operate.changes.touched_workers import Touched, decoded
from fsmv2.operate.tree_readiness import readiness_of
from fsmv2.runtime import Runtime
from fsmv2.runtime.log.other_events import (
    GenerationConverged,
    GenerationNotConverged,
    GenerationSuperseded,
)
from fsmv2.store import PendingApply
from fsmv2.worker import WorkerFactory

REMEMBERED = 20
"""Generations of which is remembered what became of them, beside those that the store keeps."""

MOST_NAMED = 50
"""Workers that are named in an event."""

OUTCOMES = ("converged", "not_converged", "rolled_back", "superseded", "refused")
"""What may become of an apply."""

BASELINE_EVERY = 1.0
"""Seconds between two looks at whether a tree that was started is what its document asks for."""

START_WITHIN = 120.0
"""Seconds that a start may take to converge before it is reported who has not: as long as `fsmv2
apply` gives a change. It is looked at further on; nothing else happens then."""

RollBack = Callable[[ConvergenceWatch, PendingApply], Awaitable[None]]


class GenerationConvergence:
    """That of one running tree, on its loop."""

    def __init__(
        self,
        current: CurrentDocument,
        runtime: Runtime,
        factory: WorkerFactory,
        roll_back: RollBack,
    ) -> None:
        """`roll_back` is awaited when a generation has not converged at its deadline, and was to
        be rolled back then.
        """
        self._current = current
        self._runtime = runtime
        self._factory = factory
        self._roll_back = roll_back
        self._watch: ConvergenceWatch | None = None
        self._known: dict[int, ConvergenceWatch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._resumed = asyncio.Event()
        self._late: int | None = None
        self.outcomes: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        """What became of applies and rollbacks in this run; may be read from any thread."""

    def start(self) -> None:
        """Go on waiting for what was pending when the last run ended, or was killed."""
        if self._current.now.generation is None:
            self._resumed.set()
        else:
            self.run(self._resume())

    async def _resume(self) -> None:
        running, pending = self._current.now, None
        with contextlib.suppress(FsmError):
            pending = await self._runtime.with_store(pending_in)
        self._resumed.set()  # nobody who waits for it goes on before this turn ends
        if self._current.now.number != running.number:
            return  # an apply was quicker
        if pending is not None and pending.generation == running.number:
            left = None if pending.deadline is None else pending.deadline - time.time()
            self.begin(pending, decoded(pending.touched), left, None)
        elif running.head is not None and running.head.converged != running.number:
            self.run(self._baseline(running.number, within=START_WITHIN))

    async def close(self) -> None:
        """Look no more."""
        if self._watch is not None:
            await self._watch.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def run(self, work: Awaitable[None]) -> None:
        """Do it beside all else, as long as the tree runs."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _baseline(self, number: int, within: float | None = None) -> None:
        """Mark the generation as converged once the whole tree is what it asks for.

        `within`: seconds after which it is reported that it has not; None: that is known already.
        """
        wait, started = BASELINE_EVERY, time.monotonic()
        while True:
            await asyncio.sleep(wait)
            if self._current.now.number != number or self._runtime.core.stopping:
                return
            began = time.monotonic()
            found = readiness_of(self._runtime.core, self._factory)
            wait = max(BASELINE_EVERY, 100 * (time.monotonic() - began))
            if found.ready:
                with contextlib.suppress(FsmError):
                    await self._converged(number)
                    self._report_late(number, found.workers, known=within is None)
                    return
            elif within is not None and began - started >= within:
                within = None
                self._report_not_converged(number, found.unsettled, found.unsettled_total)
                await self._keep_not_converged(number)
                self._late = number

    def _report_late(self, number: int, workers: int, *, known: bool) -> None:
        """It was reported that a generation has not converged, and now it has."""
        watch = self._known.get(number)
        if watch is not None:
            watch.end("converged")
        if known:
            text = f"generation {number} has converged, after its deadline"
            self._runtime.report_apply(
                GenerationConverged(generation=number, workers=workers), text
            )

    async def progress(self, generation: int | None, *, wait: float) -> ApplyProgress:
        """How far a generation has come, or the one that runs; see `TreeHandle.progress`."""
        await self._resumed.wait()
        running = self._current.now
        number = running.number if generation is None else generation
        watch = self._known.get(number)
        if watch is not None:
            return await watch.wait(wait)
        if number > running.number or number < 1:
            raise UnknownGenerationError(
                f"there is no generation {number} of the document.",
                fix=f"Generation {running.number} runs.",
            )
        if number < running.number:
            return ApplyProgress(generation=number, state="superseded", by=running.number)
        return await self._of_start(number, wait)

    async def _of_start(self, number: int, wait: float) -> ApplyProgress:
        """How far the start of a generation has come, when that is final, or after so long."""
        until = time.monotonic() + wait
        while True:
            head = self._current.now.head
            if head is not None and head.converged == number:
                return ApplyProgress(generation=number, state="converged")
            if self._current.now.number != number:
                by = self._current.now.number
                return ApplyProgress(generation=number, state="superseded", by=by)
            left = until - time.monotonic()
            if self._late == number or left <= 0:
                break
            await asyncio.sleep(min(left, BASELINE_EVERY))
        found = readiness_of(self._runtime.core, self._factory)
        return ApplyProgress(
            generation=number,
            state="not converged" if self._late == number else "converging",
            pending=found.unsettled,
        )

    def supersede(self, by: int, *, automatic: bool) -> None:
        """Cancel the deadline and the rollback of what still converges, and answer who waits."""
        before = self._watch
        if before is None or not before.converging:
            return
        if automatic:
            self.over(before, "rolled back", by)
            return
        self.over(before, "superseded", by)
        self._runtime.report_apply(
            GenerationSuperseded(generation=before.generation, by=by),
            f"generation {before.generation} is superseded by {by}",
        )

    def over(self, watch: ConvergenceWatch, state: ConvergenceState, by: int | None = None) -> None:
        """This has become of a generation."""
        watch.end(state, by)
        self.outcomes[state.replace(" ", "_")] += 1

    def begin(
        self,
        pending: PendingApply,
        touched: Touched,
        left: float | None,
        declared: Event | None,
    ) -> ConvergenceWatch:
        """Wait for a generation; the parameters are as in ConvergenceWatch."""

        async def ended(watch: ConvergenceWatch) -> None:
            await self._ended(watch, pending)

        watch = ConvergenceWatch(
            self._runtime,
            self._factory,
            pending.generation,
            touched,
            left=left,
            declared=declared,
            look=ConvergenceReports(self._runtime.report_apply, time.monotonic()).look,
            ended=ended,
        )
        self._watch = self._known[pending.generation] = watch
        for number in sorted(self._known)[:-REMEMBERED]:
            del self._known[number]
        watch.start()
        return watch

    async def _ended(self, watch: ConvergenceWatch, pending: PendingApply) -> None:
        """It has converged, or its deadline has passed."""
        number = watch.generation
        if not watch.pending:
            with contextlib.suppress(FsmError):  # a store that fails: the next start looks again
                await self._converged(number)
            if watch.converging:
                self._runtime.report_apply(
                    GenerationConverged(generation=number, workers=len(watch.touched)),
                    f"generation {number} has converged",
                )
                self.over(watch, "converged")
            return
        pending_now = watch.pending
        self._report_not_converged(number, pending_now, len(pending_now))
        if pending.rollback and pending.rollback_to != number:
            # On a task of its own: the commit of the rollback ends what is waited for here.
            await asyncio.shield(asyncio.ensure_future(self._roll_back(watch, pending)))
        else:
            self.over(watch, "not converged")
            await self._keep_not_converged(number)
            self.run(self._baseline(number))

    async def _keep_not_converged(self, number: int) -> None:
        with contextlib.suppress(FsmError):  # a store that fails: the next start looks again
            await self._runtime.with_store(
                lambda store: end_pending(store, number, converged=False)
            )

    def _report_not_converged(self, number: int, pending: Mapping[str, str], total: int) -> None:
        named = dict(list(pending.items())[:MOST_NAMED])
        first = "; ".join(f"{path}: {why}" for path, why in list(named.items())[:3])
        more = f"; and {total - 3} more" if total > 3 else ""
        self._runtime.report_apply(
            GenerationNotConverged(generation=number, pending=named, workers=total),
            f"{not_converged_text(number)}{first}{more}",
        )

    async def _converged(self, number: int) -> None:
        """Keep that it has, for a later rollback to return to."""
        await self._runtime.with_store(lambda store: end_pending(store, number, converged=True))
        now = self._current.now
        if now.head is not None:
            head = msgspec.structs.replace(now.head, converged=number)
            self._current.replace(msgspec.structs.replace(now, head=head))
