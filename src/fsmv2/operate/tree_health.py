"""Whether fsmv2 itself works: the proofs of progress of its parts, judged for a health check.

Only supervision that is stuck asks for a restart of the process. A full disk, a device that does
not answer, author code that blocks its loop: a restart repairs none of them, and would interrupt a
plant. They make a tree *degraded*, which is for people and alerts.
"""

from __future__ import annotations

import msgspec

from fsmv2.operate.health_data import Health, PartHealth, Status
from fsmv2.runtime.liveness import Liveness

STUCK_AFTER = 10.0
"""Seconds without a decision after which supervision is stuck. It decides at least once a second
when nothing happens; a busy machine may be late by some seconds, and is not to be restarted."""

LATE_AFTER = 3.0
"""Seconds without proof of progress after which a part is degraded."""

STORE_LATE_AFTER = 10.0
"""Seconds for which something waits to be stored after which the store is degraded: a commit on a
slow disk takes a second or two."""

MOST_NAMED = 20
"""Paths that are named; of ten thousand nobody reads more."""


def health_of(found: Liveness, *, flows_age: float | None = None, stopped: bool = False) -> Health:
    """Judge the proofs of progress; `stopped`: the tree has come to its end, and decides no more.

    `flows_age`: seconds since the loop of the flows came round; None: there is none.
    """
    supervision = _supervision(found, stopped=stopped)
    workers = _loop("the loop of all workers", found.work_age)
    if found.silent and not workers.reason:
        named = ", ".join(found.silent[:5])
        more = f" and {len(found.silent) - 5} more" if len(found.silent) > 5 else ""
        reason = f"no observation comes from {named}{more}"
        workers = msgspec.structs.replace(workers, status="degraded", reason=reason)
    flows = _loop("the loop of all flows", flows_age)
    store = _store(found)
    worst: Status = "ok"
    if any(part.status != "ok" for part in (supervision, workers, flows, store)):
        worst = "degraded"
    return Health(
        status="stuck" if supervision.status == "stuck" else worst,
        supervision=supervision,
        workers=workers,
        flows=flows,
        store=store,
        silent=found.silent[:MOST_NAMED],
        silent_total=len(found.silent),
    )


def _supervision(found: Liveness, *, stopped: bool) -> PartHealth:
    age = round(found.supervision_age, 3)
    if stopped or age <= LATE_AFTER:
        return PartHealth(status="ok", age=age)
    status: Status = "stuck" if age > STUCK_AFTER else "degraded"
    reason = f"supervision has not decided anything for {age:.1f} s"
    if found.blocking:
        reason += f"; blocked by {found.blocking}"
    return PartHealth(status=status, age=age, reason=reason)


def _loop(name: str, age: float | None) -> PartHealth:
    if age is None or age <= LATE_AFTER:
        return PartHealth(status="ok", age=None if age is None else round(age, 3))
    reason = f"{name} has not run for {age:.1f} s"
    return PartHealth(status="degraded", age=round(age, 3), reason=reason)


def _store(found: Liveness) -> PartHealth:
    behind = found.store_behind
    age = None if behind is None else round(behind, 3)
    if found.store_failing:
        reason = f"the store cannot be written: {found.store_failing}"
        return PartHealth(status="degraded", age=age, reason=reason)
    if found.journal_failing:
        reason = f"what happens is not recorded in the journal: {found.journal_failing}"
        return PartHealth(status="degraded", age=age, reason=reason)
    if age is not None and age > STORE_LATE_AFTER:
        reason = f"the oldest of what is to be stored has been waiting for {age:.1f} s"
        return PartHealth(status="degraded", age=age, reason=reason)
    return PartHealth(status="ok", age=age)
