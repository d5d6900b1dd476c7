"""Applies and rollbacks of one running tree: planned, refused or committed, and watched.

plan → refuse → commit → declare → converge. Only the commit and the declaration after it are
exclusive: an apply that arrives while an earlier one converges supersedes that.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from pathlib import Path

import msgspec

from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.core import Event
from fsmv2.core.state.paths import encode
from fsmv2.errors import FsmError, StoreError, UnknownGenerationError
from fsmv2.escaping import printable_line
from fsmv2.host.in_thread import in_thread
from fsmv2.operate.changes import apply_refusal
from fsmv2.operate.changes.apply_data import (
    ApplyAnswer,
    ApplyProgress,
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.convergence_watch import ConvergenceWatch
from fsmv2.operate.changes.running_document import CurrentDocument, RunningDocument
from fsmv2.operate.changes.thread_planner import PlannedChange, plan_change
from fsmv2.operate.changes.touched_workers import Touched, decoded, encoded, touched_by
from fsmv2.operate.generations import digest_of, digests_of
from fsmv2.operate.run_record import RunRecord, renew_record
from fsmv2.operate.tree_notifications import TreeNotifications
from fsmv2.operate.tree_readiness import readiness_of
from fsmv2.plant import Plant, log_levels
from fsmv2.runtime import Runtime
from fsmv2.runtime.log.other_events import (
    GenerationApplied,
    GenerationConverged,
    GenerationNotConverged,
    GenerationSuperseded,
)
from fsmv2.store import Generation, Head, PendingApply, SqliteStore, Store
from fsmv2.worker import WorkerFactory

REMEMBERED = 20
"""Generations of which is remembered what became of them, beside those that the store keeps."""

MOST_NAMED = 50
"""Workers that are named in an event."""

BASELINE_EVERY = 1.0
"""Seconds between two looks at whether a tree that was started is what its document asks for."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change to be committed. `rollback_of`: 0 for an apply."""

    planned: PlannedChange
    files: Mapping[str, bytes]
    who: str
    reason: str
    timeout: float | None
    rollback: bool
    rollback_of: int = 0
    automatic: bool = False


class DocumentChanges:
    """Those of one tree. All but `progress` on its loop, which `TreeHandle` sees to."""

    def __init__(
        self,
        current: CurrentDocument,
        runtime: Runtime,
        factory: WorkerFactory,
        notifications: TreeNotifications,
        ready: MutableMapping[str, BridgeSections],
        *,
        leaving: Callable[[], bool],
    ) -> None:
        """`ready`: what bridges take over of a reading of their document."""
        self._current = current
        self._runtime = runtime
        self._factory = factory
        self._notifications = notifications
        self._ready = ready
        self._leaving = leaving
        self._commits = asyncio.Lock()
        self._watch: ConvergenceWatch | None = None
        self._known: dict[int, ConvergenceWatch] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._resumed = asyncio.Event()

    # ---- from start to end of the tree ------------------------------------------------------

    def start(self) -> None:
        """Go on waiting for what was pending when the last run ended, or was killed."""
        if self._current.now.generation is None:
            self._resumed.set()
        else:
            self._run(self._resume())

    async def _resume(self) -> None:
        running, pending = self._current.now, None
        with contextlib.suppress(FsmError):
            pending = await self._runtime.with_store(_pending)
        self._resumed.set()  # nobody who waits for it goes on before this turn ends
        if self._current.now.number != running.number:
            return  # an apply was quicker
        if pending is not None and pending.generation == running.number:
            left = None if pending.deadline is None else pending.deadline - time.time()
            self._begin(pending, decoded(pending.touched), left, None)
        elif running.head is not None and running.head.converged != running.number:
            self._run(self._baseline(running.number))

    async def close(self) -> None:
        """Look no more."""
        if self._watch is not None:
            await self._watch.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _run(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _baseline(self, number: int) -> None:
        """Mark the generation as converged once the whole tree is what it asks for."""
        wait = BASELINE_EVERY
        while True:
            await asyncio.sleep(wait)
            if self._current.now.number != number:
                return
            began = time.monotonic()
            ready = readiness_of(self._runtime.core, self._factory).ready
            wait = max(BASELINE_EVERY, 100 * (time.monotonic() - began))
            if ready:
                with contextlib.suppress(FsmError):
                    await self._converged(number)
                    return

    # ---- what may be asked ------------------------------------------------------------------

    async def plan(self, document: DocumentText) -> ChangePlan:
        """What this document would change. DocumentError: all that is wrong with it."""
        running = self._current.now
        planned = await plan_change(self._runtime, running, document.files, document.source)
        return planned.plan

    async def apply(
        self, request: ApplyRequest, *, who: str, wait: float, dry_run: bool
    ) -> ApplyAnswer:
        """Make a document the one that runs; see `TreeHandle.apply`."""
        running = self._checked(request)
        document = request.document
        await in_thread(lambda: apply_refusal.refuse_unless_followed(running, document))
        if running.generation is not None and running.generation.digest == digest_of(
            document.files
        ):
            return await self._same_text(running, document, dry_run=dry_run, wait=wait)
        planned = await plan_change(self._runtime, running, document.files, document.source)
        apply_refusal.refuse_plan(request, planned.plan)
        change = Change(
            planned=planned,
            files=document.files,
            who=printable_line(who),
            reason=printable_line(request.reason),
            timeout=request.timeout,
            rollback=request.rollback,
        )
        return await self._answered(change, wait=wait, dry_run=dry_run)

    async def rollback(
        self, request: RollbackRequest, *, who: str, wait: float, dry_run: bool
    ) -> ApplyAnswer:
        """Make an older generation run again; see `TreeHandle.rollback`."""
        running = self._checked(request)
        number = request.generation if request.generation is not None else running.number - 1
        old = await self._kept(number)
        if running.generation is not None and old.digest == running.generation.digest:
            document = DocumentText(source=old.source, files=dict(old.files))
            return await self._same_text(running, document, dry_run=dry_run, wait=wait, pin=True)
        change = await self._return_to(
            running,
            old,
            who=printable_line(who),
            reason=printable_line(request.reason),
            timeout=request.timeout,
            rollback=request.rollback,
        )
        return await self._answered(change, wait=wait, dry_run=dry_run)

    def watch_of(self, generation: int) -> ConvergenceWatch | None:
        """What waits for a generation, or did in this run; from any thread."""
        return self._known.get(generation)

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
        converged = running.head is not None and running.head.converged == number
        return ApplyProgress(generation=number, state="converged" if converged else "converging")

    # ---- steps ------------------------------------------------------------------------------

    def _checked(self, request: ApplyRequest | RollbackRequest) -> RunningDocument:
        """What runs, if it may be changed at all now."""
        running = self._current.now
        apply_refusal.refuse_endless_wait(request)
        apply_refusal.refuse_unless_serving(self._runtime, leaving=self._leaving())
        apply_refusal.refuse_unless_kept(self._runtime, running)
        apply_refusal.refuse_unless_based_on(running, request.based_on)
        return running

    async def _kept(self, number: int) -> Generation:
        found = await self._runtime.with_store(lambda store: _generation(store, number))
        if found is not None:
            return found
        known = await self._runtime.with_store(_numbers) or ()
        raise UnknownGenerationError(
            f"generation {number} of the document is not kept.",
            fix=f"Kept are: {known[0]} to {known[-1]}." if known else "None is kept.",
        )

    async def _return_to(
        self,
        running: RunningDocument,
        old: Generation,
        *,
        who: str,
        reason: str,
        timeout: float | None = None,
        rollback: bool = False,
        automatic: bool = False,
    ) -> Change:
        """What it takes to make an older generation run again, with the secrets of today."""
        planned = await plan_change(self._runtime, running, old.files, old.source)
        apply_refusal.refuse_unread_secrets(old.number, planned.plant)
        apply_refusal.refuse_restart_keys(planned.plan)
        return Change(
            planned=planned,
            files=old.files,
            who=who,
            reason=reason,
            timeout=timeout,
            rollback=rollback,
            rollback_of=old.number,
            automatic=automatic,
        )

    async def _same_text(
        self,
        running: RunningDocument,
        document: DocumentText,
        *,
        dry_run: bool,
        wait: float,
        pin: bool = False,
    ) -> ApplyAnswer:
        """The text is that which runs: no generation is made. Whether it is pinned may change."""
        plan = ChangePlan(
            generation=running.number,
            digest=digest_of(document.files),
            source=document.source,
            same_text=True,
            untouched=len(self._runtime.core.by_path),
        )
        text = f"generation {running.number} runs, and has this text already"
        if running.head is not None and running.pinned != pin:
            text += ", now pinned" if pin else ", no longer pinned"
            if not dry_run:
                async with self._commits:
                    await self._pin(running, pin=pin)
        progress = await self.progress(None, wait=wait)
        return ApplyAnswer(
            generation=running.number, plan=plan, text=text, changed=False, progress=progress
        )

    async def _pin(self, running: RunningDocument, *, pin: bool) -> None:
        now = self._current.now
        apply_refusal.refuse_unless_based_on(now, running.number)
        assert now.head is not None  # noqa: S101  (`running` has one, and is what runs)
        head = msgspec.structs.replace(now.head, pinned=pin)
        await self._runtime.with_store(lambda store: _mark(store, head))
        self._current.replace(msgspec.structs.replace(self._current.now, head=head))

    async def _answered(self, change: Change, *, wait: float, dry_run: bool) -> ApplyAnswer:
        plan, number = change.planned.plan, change.planned.plan.generation + 1
        what = f"generation {number}"
        if change.rollback_of:
            what += f", which is generation {change.rollback_of} again,"
        if dry_run:
            return ApplyAnswer(
                generation=plan.generation,
                plan=plan,
                text=f"{what} would run: {plan.summary}",
                changed=False,
                progress=await self.progress(None, wait=0.0),
            )
        # Whoever asked may go away in the middle: between the commit and the declaration nothing
        # may come.
        watch = await asyncio.shield(asyncio.ensure_future(self._commit(change)))
        pinned = " and is pinned" if change.rollback_of else ""
        return ApplyAnswer(
            generation=number,
            plan=plan,
            text=f"{what} runs{pinned}: {plan.summary}",
            changed=True,
            progress=await watch.wait(wait),
        )

    async def _commit(self, change: Change) -> ConvergenceWatch:
        """Make it durable and declare it, in one turn."""
        plan = change.planned.plan
        async with self._commits:
            running = self._current.now
            apply_refusal.refuse_unless_based_on(running, plan.generation)
            apply_refusal.refuse_unless_kept(self._runtime, running)
            touched = await self._runtime.look(lambda core: touched_by(plan, core))
            apply_refusal.refuse_unless_serving(self._runtime, leaving=self._leaving())
            new, head = _next(running, change), _next_head(running, change)
            pending = _next_pending(running, change, touched)
            await self._runtime.with_store(
                lambda store: _committed(store, new, head, running.number, pending)
            )
            return self._declare(running, change, new, head, pending, touched)

    def _declare(
        self,
        running: RunningDocument,
        change: Change,
        new: Generation,
        head: Head,
        pending: PendingApply,
        touched: Touched,
    ) -> ConvergenceWatch:
        """It is durable: have it run. Nothing in here waits."""
        read, secrets = change.planned.plant, change.planned.plant.vault
        plant = msgspec.structs.replace(running.as_asked(read), vault=running.plant.vault)
        self._hand_over(plant, touched)
        declared = self._runtime.declare_document(
            plant.root,
            secrets=secrets,
            settings=plant.settings,
            who=f"{change.who}, generation {new.number}",
        )
        self._current.replace(
            RunningDocument(
                source=Path(new.source),
                directory=running.directory,
                plant=plant,
                generation=new,
                head=head,
                record=RunRecord(new.source, new.at, digests_of(new.files)),
                detect_only=running.detect_only,
            )
        )
        self._notifications.change(plant)
        self._runtime.change_log_levels(log_levels(plant.log))
        self._report_applied(running, change, new)
        self._supersede(new.number, automatic=change.automatic)
        self._run(self._write_record())
        return self._begin(pending, touched, change.timeout, declared)

    def _hand_over(self, plant: Plant, touched: Touched) -> None:
        """Let bridges that are made anew go on with what the reading has found out already."""
        root = encode(plant.root.name)
        self._ready.clear()
        self._ready.update(
            {
                name: sections
                for name, sections in plant.ready.items()
                if f"{root}/{encode(name)}" in touched
            }
        )

    def _report_applied(self, running: RunningDocument, change: Change, new: Generation) -> None:
        summary = change.planned.plan.summary
        what = f"generation {new.number} runs"
        if change.rollback_of:
            what += f", which is generation {change.rollback_of} again, pinned"
        why = f" ({change.reason})" if change.reason else ""
        self._runtime.report_apply(
            GenerationApplied(
                generation=new.number,
                previous=running.number,
                who=change.who,
                why=change.reason,
                rollback_of=change.rollback_of,
                automatic=change.automatic,
                summary=summary,
            ),
            f"{what}, applied by {change.who}{why}: {summary}",
        )

    def _supersede(self, by: int, *, automatic: bool) -> None:
        """Cancel the deadline and the rollback of what still converges, and answer who waits."""
        before = self._watch
        if before is None or not before.converging:
            return
        if automatic:
            before.end("rolled back", by)
            return
        before.end("superseded", by)
        self._runtime.report_apply(
            GenerationSuperseded(generation=before.generation, by=by),
            f"generation {before.generation} is superseded by {by}",
        )

    async def _write_record(self) -> None:
        """What other commands read of this run. Its latest state: two of these may overlap."""
        current = self._current
        await in_thread(lambda: renew_record(current.now.directory, current.now.record))

    # ---- convergence ------------------------------------------------------------------------

    def _begin(
        self,
        pending: PendingApply,
        touched: Touched,
        left: float | None,
        declared: Event | None,
    ) -> ConvergenceWatch:
        async def ended(watch: ConvergenceWatch) -> None:
            await self._ended(watch, pending)

        watch = ConvergenceWatch(
            self._runtime,
            self._factory,
            pending.generation,
            touched,
            left=left,
            declared=declared,
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
                watch.end("converged")
            return
        self._report_not_converged(watch)
        if pending.rollback and pending.rollback_to != number:
            # On a task of its own: the commit of the rollback ends what is waited for here.
            await asyncio.shield(asyncio.ensure_future(self._roll_back(watch, pending)))
        else:
            watch.end("not converged")
            with contextlib.suppress(FsmError):
                await self._runtime.with_store(lambda store: _end(store, number, converged=False))
            self._run(self._baseline(number))

    async def _roll_back(self, watch: ConvergenceWatch, pending: PendingApply) -> None:
        """Return once to the last generation that has converged."""
        number = watch.generation
        try:
            old = await self._kept(pending.rollback_to)
            change = await self._return_to(
                self._current.now,
                old,
                who="fsmv2",
                reason=f"generation {number} had not converged at its deadline",
                automatic=True,
            )
            if watch.converging:
                await self._commit(change)
        except FsmError as error:
            if watch.converging:
                watch.end("not converged")
                self._runtime.report_apply(
                    GenerationNotConverged(
                        generation=number, pending=dict(watch.pending), workers=len(watch.pending)
                    ),
                    f"generation {number} cannot be rolled back: {error.message}",
                )

    def _report_not_converged(self, watch: ConvergenceWatch) -> None:
        pending = watch.pending
        named = dict(list(pending.items())[:MOST_NAMED])
        first = "; ".join(f"{path}: {why}" for path, why in list(named.items())[:3])
        more = f"; and {len(pending) - 3} more" if len(pending) > 3 else ""
        self._runtime.report_apply(
            GenerationNotConverged(
                generation=watch.generation, pending=named, workers=len(pending)
            ),
            f"generation {watch.generation} has not converged in time: {first}{more}",
        )

    async def _converged(self, number: int) -> None:
        """Keep that it has, for a later rollback to return to."""
        await self._runtime.with_store(lambda store: _end(store, number, converged=True))
        now = self._current.now
        if now.head is not None:
            head = msgspec.structs.replace(now.head, converged=number)
            self._current.replace(msgspec.structs.replace(now, head=head))


# ---- made of a change -----------------------------------------------------------------------


def _next(running: RunningDocument, change: Change) -> Generation:
    who, _, tool = change.who.partition(" (")
    plan = change.planned.plan
    return Generation(
        number=running.number + 1,
        at=time.time(),
        who=who,
        tool=tool.removesuffix(")"),
        why=change.reason,
        source=plan.source,
        digest=plan.digest,
        rollback_of=change.rollback_of,
        files=change.files,
    )


def _next_head(running: RunningDocument, change: Change) -> Head:
    before = running.head
    return Head(
        number=running.number + 1,
        managed=running.managed,
        pinned=bool(change.rollback_of),
        converged=0 if before is None else before.converged,
    )


def _next_pending(running: RunningDocument, change: Change, touched: Touched) -> PendingApply:
    converged = 0 if running.head is None else running.head.converged
    return PendingApply(
        generation=running.number + 1,
        deadline=None if change.timeout is None else time.time() + change.timeout,
        rollback=change.rollback,
        rollback_to=converged or running.number,
        touched=encoded(touched),
    )


# ---- on the thread of the store -------------------------------------------------------------


def _sqlite(store: Store) -> SqliteStore:
    if not isinstance(store, SqliteStore):
        raise StoreError("this store keeps no generations.", fix="Use a SqliteStore.")
    return store


def _pending(store: Store) -> PendingApply | None:
    return _sqlite(store).pending()


def _generation(store: Store, number: int) -> Generation | None:
    return _sqlite(store).generation(number)


def _numbers(store: Store) -> tuple[int, ...]:
    return tuple(one.number for one in _sqlite(store).history())


def _mark(store: Store, head: Head) -> None:
    _sqlite(store).mark(head)


def _end(store: Store, number: int, *, converged: bool) -> None:
    _sqlite(store).end_pending(number, converged=converged)


def _committed(
    store: Store, new: Generation, head: Head, based_on: int, pending: PendingApply
) -> None:
    _sqlite(store).commit(new, head, based_on=based_on, pending=pending)
