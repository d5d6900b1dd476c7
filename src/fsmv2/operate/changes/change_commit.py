"""A change as it is committed: the next generation, its head, and what is waited for then."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fsmv2.builtin.agent import AgentSpec
from fsmv2.builtin.broker.ports import remember_ports
from fsmv2.errors import StoreError
from fsmv2.operate.changes.planner import PlannedChange
from fsmv2.operate.changes.running_document import RunningDocument
from fsmv2.operate.changes.touched_workers import Touched, encoded
from fsmv2.store import (
    Generation,
    GenerationInfo,
    Head,
    Outcome,
    PendingApply,
    SqliteStore,
    Store,
)


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


def next_generation_of(running: RunningDocument, change: Change) -> Generation:
    """The generation that a change makes."""
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


def next_head(running: RunningDocument, change: Change) -> Head:
    """What is kept of it; an older one that runs again is pinned."""
    before = running.head
    return Head(
        number=running.number + 1,
        managed=running.managed,
        pinned=bool(change.rollback_of),
        converged=0 if before is None else before.converged,
    )


def next_pending(running: RunningDocument, change: Change, touched: Touched) -> PendingApply:
    """What is waited for, and what is done at the deadline."""
    converged = 0 if running.head is None else running.head.converged
    return PendingApply(
        generation=running.number + 1,
        deadline=None if change.timeout is None else time.time() + change.timeout,
        rollback=change.rollback,
        rollback_to=converged or running.number,
        touched=encoded(touched),
    )


def remember_broker_ports(change: Change) -> None:
    """Have the next start choose the ports that the plan chose for an embedded broker; blocks."""
    spec = change.planned.plant.root.user_spec
    broker = spec.broker if isinstance(spec, AgentSpec) else None
    if broker is not None and broker.embedded and broker.state_dir:
        # Where nothing can be written, the store refuses the apply in a moment, and says why.
        with contextlib.suppress(OSError):
            remember_ports(Path(broker.state_dir), broker.port, broker.mqtt_port)


# ---- on the thread of the store -------------------------------------------------------------


def _sqlite(store: Store) -> SqliteStore:
    if not isinstance(store, SqliteStore):
        raise StoreError("this store keeps no generations.", fix="Use a SqliteStore.")
    return store


def pending_in(store: Store) -> PendingApply | None:
    """What was waited for when the last run ended."""
    return _sqlite(store).pending()


def generation_in(store: Store, number: int) -> Generation | None:
    """One generation; None: it is not kept."""
    return _sqlite(store).generation(number)


def numbers_in(store: Store) -> tuple[int, ...]:
    """Those that are kept."""
    return tuple(one.number for one in _sqlite(store).history())


def mark_head(store: Store, head: Head) -> None:
    """Change what the head says beside its generation."""
    _sqlite(store).mark(head)


def end_pending(store: Store, number: int, *, converged: bool) -> None:
    """Wait for a generation no longer."""
    _sqlite(store).end_pending(number, converged=converged)


def commit(
    store: Store,
    new: Generation,
    head: Head,
    based_on: int,
    pending: PendingApply,
    *,
    before: Outcome,
) -> None:
    """Make it the generation that runs; GenerationConflictError unless `based_on` does now.

    `before`: what became of the one that ran, if it still converged.
    """
    _sqlite(store).commit(new, head, based_on=based_on, pending=pending, before=before)


def number_before(store: Store, running: GenerationInfo) -> int:
    """The generation that ran before the text which runs now was first applied; 0: none did.

    Of one that was made to run again it is the one before that, so that a rollback, repeated, goes
    further back, and not to and fro.
    """
    known = {one.number: one for one in _sqlite(store).history()}
    first: GenerationInfo | None = running
    number = running.number
    while first is not None and first.rollback_of:
        number = first.rollback_of
        first = known.get(number)
    return number - 1
