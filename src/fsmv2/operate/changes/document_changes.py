"""Applies and rollbacks of one running tree: planned, refused or committed, and watched.

plan → refuse → commit → declare → converge. Only the commit and the declaration after it are
exclusive: an apply that arrives while an earlier one converges supersedes that.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path

import msgspec

from fsmv2.builtin.bridge_sections import BridgeSections
from fsmv2.core.state.paths import encode
from fsmv2.errors import (
    FsmError,
    GenerationConflictError,
    RequestRefusedError,
    StoreError,
    UnknownGenerationError,
)
from fsmv2.escaping import printable_line
from fsmv2.host.in_thread import in_thread
from fsmv2.operate.changes import apply_refusal
from fsmv2.operate.changes.apply_data import (
    ApplyAnswer,
    ApplyRequest,
    DocumentText,
    RollbackRequest,
)
from fsmv2.operate.changes.change_commit import (
    Change,
    commit,
    generation_in,
    mark_head,
    next_generation_of,
    next_head,
    next_pending,
    number_before,
    numbers_in,
    remember_broker_ports,
)
from fsmv2.operate.changes.change_plan import ChangePlan
from fsmv2.operate.changes.convergence_watch import ConvergenceWatch
from fsmv2.operate.changes.generation_convergence import GenerationConvergence
from fsmv2.operate.changes.kept_credentials import refuse_masks
from fsmv2.operate.changes.pin_history import pin_text
from fsmv2.operate.changes.planner import PlannedChange, plan_change
from fsmv2.operate.changes.running_document import CurrentDocument, RunningDocument
from fsmv2.operate.changes.touched_workers import Touched, touched_by
from fsmv2.operate.generations import digest_of, digests_of
from fsmv2.operate.run_record import RunRecord, renew_record
from fsmv2.operate.tree_notifications import TreeNotifications
from fsmv2.plant import Plant, log_levels
from fsmv2.runtime import Runtime
from fsmv2.runtime.log.other_events import (
    GenerationApplied,
    GenerationNotConverged,
    GenerationPinned,
)
from fsmv2.store import Generation, GenerationInfo, Head, Outcome, PendingApply
from fsmv2.worker import WorkerFactory


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
        self._notifications = notifications
        self._ready = ready
        self._leaving = leaving
        self._commits = asyncio.Lock()
        self.convergence = GenerationConvergence(current, runtime, factory, self._roll_back)
        """Whether what was applied has converged."""

    # ---- what may be asked ------------------------------------------------------------------

    async def plan(self, document: DocumentText) -> ChangePlan:
        """What this document would change. DocumentError: all that is wrong with it."""
        running = self._current.now
        planned = await plan_change(self._runtime, running, document.files, document.source)
        refused = await self._why_refused(running, ApplyRequest(document=document), planned)
        return msgspec.structs.replace(planned.plan, refused=refused)

    async def apply(
        self, request: ApplyRequest, *, who: str, wait: float, dry_run: bool
    ) -> ApplyAnswer:
        """Make a document the one that runs; see `TreeHandle.apply`."""
        with self._counting_refusals(dry_run=dry_run):
            return await self._apply(request, who=who, wait=wait, dry_run=dry_run)

    async def _apply(
        self, request: ApplyRequest, *, who: str, wait: float, dry_run: bool
    ) -> ApplyAnswer:
        running = await self._admitted(request)
        document = request.document
        if running.generation is not None and running.generation.digest == digest_of(
            document.files
        ):
            return await self._same_text(running, request, document, who, dry_run, wait)
        planned = await plan_change(self._runtime, running, document.files, document.source)
        apply_refusal.refuse_planned(running, request, planned)
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
        with self._counting_refusals(dry_run=dry_run):
            return await self._rollback(request, who=who, wait=wait, dry_run=dry_run)

    async def _rollback(
        self, request: RollbackRequest, *, who: str, wait: float, dry_run: bool
    ) -> ApplyAnswer:
        running = self._checked(request)
        old = await self._kept(await self._number_meant(running, request))
        if running.generation is not None and old.digest == running.generation.digest:
            document = DocumentText(source=old.source, files=dict(old.files))
            return await self._same_text(running, request, document, who, dry_run, wait)
        change = await self._return_to(
            running,
            old,
            who=printable_line(who),
            reason=printable_line(request.reason),
            timeout=request.timeout,
            rollback=request.rollback,
        )
        return await self._answered(change, wait=wait, dry_run=dry_run)

    @contextlib.contextmanager
    def _counting_refusals(self, *, dry_run: bool) -> Iterator[None]:
        try:
            yield
        except FsmError:
            self.convergence.outcomes["refused"] += not dry_run
            raise

    # ---- steps ------------------------------------------------------------------------------

    def _checked(self, request: ApplyRequest | RollbackRequest) -> RunningDocument:
        """What runs, if it may be changed at all now."""
        running = self._current.now
        apply_refusal.refuse_endless_wait(request)
        apply_refusal.refuse_unless_serving(self._runtime, leaving=self._leaving())
        apply_refusal.refuse_unless_kept(self._runtime, running)
        apply_refusal.refuse_unless_based_on(running, request.based_on)
        return running

    async def _admitted(self, request: ApplyRequest) -> RunningDocument:
        """What runs, if the document may be taken for the next one."""
        running = self._checked(request)
        apply_refusal.refuse_reload_while_pinned(running, request)
        await in_thread(lambda: refuse_masks(request.document))
        await in_thread(lambda: apply_refusal.refuse_unless_followed(running, request.document))
        return running

    async def _why_refused(
        self, running: RunningDocument, request: ApplyRequest, planned: PlannedChange
    ) -> str:
        """What an apply of this would answer, if not that it is applied."""
        try:
            await self._admitted(request)
            if not planned.plan.refused:
                apply_refusal.refuse_planned(running, request, planned)
        except FsmError as error:
            text = error.message.removeprefix("cannot apply: ")
            return text.removesuffix(apply_refusal.NOTHING_CHANGED).strip()
        return planned.plan.refused

    async def _number_meant(self, running: RunningDocument, request: RollbackRequest) -> int:
        if request.generation is not None:
            return request.generation
        assert running.generation is not None  # noqa: S101  (`_checked` refuses one without)
        about: GenerationInfo = running.generation
        number = await self._runtime.with_store(lambda store: number_before(store, about))
        if not number:
            again = f", which is generation {about.rollback_of} again" if about.rollback_of else ""
            raise RequestRefusedError(
                f"cannot roll back: no generation is known that ran before generation "
                f"{about.number}{again}. {apply_refusal.NOTHING_CHANGED}",
                fix="Name one that `fsmv2 history` lists.",
            )
        return number

    async def _kept(self, number: int) -> Generation:
        found = await self._runtime.with_store(lambda store: generation_in(store, number))
        if found is not None:
            return found
        known = await self._runtime.with_store(numbers_in) or ()
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
        request: ApplyRequest | RollbackRequest,
        document: DocumentText,
        who: str,
        dry_run: bool,
        wait: float,
    ) -> ApplyAnswer:
        """The text is that which runs: no generation is made. Whether it is pinned may change."""
        pin = isinstance(request, RollbackRequest)
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
                self._report_pin(running.number, printable_line(who), request, pin=pin)
        progress = await self.convergence.progress(None, wait=wait)
        return ApplyAnswer(
            generation=running.number, plan=plan, text=text, changed=False, progress=progress
        )

    async def _pin(self, running: RunningDocument, *, pin: bool) -> None:
        now = self._current.now
        apply_refusal.refuse_unless_based_on(now, running.number)
        assert now.head is not None  # noqa: S101  (`running` has one, and is what runs)
        head = msgspec.structs.replace(now.head, pinned=pin)
        await self._runtime.with_store(lambda store: mark_head(store, head))
        self._current.replace(msgspec.structs.replace(self._current.now, head=head))

    def _report_pin(
        self, number: int, who: str, request: ApplyRequest | RollbackRequest, *, pin: bool
    ) -> None:
        why = printable_line(request.reason)
        event = GenerationPinned(generation=number, pinned=pin, who=who, why=why)
        self._runtime.report_apply(
            event, f"{pin_text(number, pinned=pin)}{who}{f' ({why})' if why else ''}"
        )

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
                progress=await self.convergence.progress(None, wait=0.0),
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
            pending = await self._possible(running, next_pending(running, change, touched))
            new, head = next_generation_of(running, change), next_head(running, change)
            await in_thread(lambda: remember_broker_ports(change))
            before: Outcome = "rolled back" if change.automatic else "superseded"
            try:
                await self._runtime.with_store(
                    lambda store: commit(store, new, head, running.number, pending, before=before)
                )
            except GenerationConflictError:
                raise
            except StoreError as error:
                raise apply_refusal.store_fails(error.message) from error
            return self._declare(running, change, new, head, pending, touched)

    async def _possible(self, running: RunningDocument, pending: PendingApply) -> PendingApply:
        """Return to what runs now where the last one that converged is kept no more."""
        if not pending.rollback or pending.rollback_to == running.number:
            return pending
        kept = await self._runtime.with_store(numbers_in) or ()
        if pending.rollback_to in kept:
            return pending
        return msgspec.structs.replace(pending, rollback_to=running.number)

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
        self.convergence.supersede(new.number, automatic=change.automatic)
        self.convergence.run(self._write_record())
        return self.convergence.begin(pending, touched, change.timeout, declared)

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

    async def _write_record(self) -> None:
        """What other commands read of this run. Its latest state: two of these may overlap."""
        current = self._current
        await in_thread(lambda: renew_record(current.now.directory, current.now.record))

    async def _roll_back(self, watch: ConvergenceWatch, pending: PendingApply) -> None:
        """Return once to the last generation that has converged."""
        number = watch.generation
        try:
            old = await self._kept(pending.rollback_to)
            change = await self._return_to(
                self._current.now,
                old,
                who="fsmv2 (automatic rollback)",
                reason=f"generation {number} had not converged at its deadline",
                automatic=True,
            )
            if watch.converging:
                await self._commit(change)
        except FsmError as error:
            if watch.converging:
                self.convergence.over(watch, "not converged")
                self._runtime.report_apply(
                    GenerationNotConverged(
                        generation=number, pending=dict(watch.pending), workers=len(watch.pending)
                    ),
                    f"generation {number} cannot be rolled back: {error.message}",
                )
