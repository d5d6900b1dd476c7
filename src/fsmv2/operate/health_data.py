"""What a health check is told, as data: of fsmv2 itself, and of its tree."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["ok", "degraded", "stuck"]


class PartHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One part. `age`: seconds since it proved to make progress; null: there is nothing to do yet.

    The age of the store is for how long the oldest of what is to be written waits.
    """

    status: Status
    age: float | None
    reason: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`stuck`: restart the process. `degraded`: look at the reasons; a restart helps none of them.

    `supervision` decides; on the loop `workers` run all collections and actions, on `flows` all
    data flows. `silent`: workers whose observations do not come, at most 20 of `silent_total`.
    """

    status: Status
    supervision: PartHealth
    workers: PartHealth
    flows: PartHealth
    store: PartHealth
    silent: tuple[str, ...]
    silent_total: int

    @property
    def reasons(self) -> tuple[str, ...]:
        """What is in the way, as sentences."""
        parts = (self.supervision, self.workers, self.flows, self.store)
        return tuple(part.reason for part in parts if part.reason)


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """`reason`: why not, empty when it is. `workers`: how many there are.

    `unsettled`: by path, state and reason of those that should run and do not, or not well; at most
    50 of `unsettled_total`, and of a worker and one below it only that below.
    """

    ready: bool
    reason: str
    workers: int
    unsettled: dict[str, str]
    unsettled_total: int


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """Both, as `/healthz` and `/readyz` answer, and how the document differs from what runs.

    A document that is newer makes a tree neither unhealthy nor less ready: it is what was asked for
    last, and not what somebody may think that runs.
    """

    health: Health
    readiness: Readiness
    document_change: str = ""
