"""What the core does about each event, each kind of timer, and each word of what concerns many.

Read it as the table of contents of this room: whatever happens begins with one of these functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fsmv2.core import (
    acting,
    breaker,
    circuit,
    commands,
    create,
    durable,
    ending,
    escalation,
    freshness,
    lifecycle,
    mapping,
    pausing,
    reconcile,
    recreate,
    secrets,
    stall,
)
from fsmv2.core.events import (
    AcknowledgeAsked,
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
    Declared,
    ForceAsked,
    LoopBlocked,
    LoopFreed,
    Observed,
    PauseAsked,
    PlaceLost,
    Released,
    RestartAsked,
    ResumeAsked,
    RetryAsked,
    Saved,
    SaveFailed,
    SecretsUnread,
    SlowCode,
    StopAsked,
    Uncontained,
)
from fsmv2.core.records import Cause
from fsmv2.core.spread import Do

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def _wake(core: Core, supervisor: Supervisor) -> None:
    core.mark(supervisor, Cause("timer"))


TIMERS: dict[str, Callable[[Core, Supervisor], None]] = {
    "wake": _wake,
    "check": _wake,
    "retry": _wake,
    "calm": _wake,
    "create": create.retry_create,
    "stale": freshness.check_age,
    "awaiting": freshness.give_up_awaiting,
    "cancel": acting.give_up_cancelled,
    "breaker": breaker.try_again,
    "repair": circuit.repair,
    "again": ending.forgive,
    "prove": escalation.prove,
    "settle": escalation.settle,
    "stop": lifecycle.deadline_reached,
    "final": lifecycle.give_up_final,
    "store": durable.unanswered,
    "recreate": recreate.begin,
}


def _mark(core: Core, s: Supervisor, cause: Cause) -> None:
    core.mark(s, cause)


def _derive(core: Core, s: Supervisor, cause: Cause) -> None:
    core.derive_again(s, cause)


WORDS: dict[str, Do] = {
    "mark": _mark,
    "derive": _derive,
    "map": mapping.map_again,
    "retry": commands.try_now,
    "go on": pausing.go_on,
}

HANDLERS: dict[type, Callable[[Core, Any], None]] = {
    Declared: reconcile.declare,
    Observed: freshness.observe,
    ActionEnded: acting.ended,
    ActionRefused: acting.refused,
    ActionOverdue: acting.overdue,
    ActionQueued: acting.queued,
    ActionUnstuck: acting.unstuck,
    Released: lifecycle.released,
    Saved: durable.saved,
    SaveFailed: durable.failed,
    PlaceLost: durable.place_lost,
    SecretsUnread: secrets.unread,
    StopAsked: lifecycle.stop_all,
    ForceAsked: lifecycle.force_all,
    RestartAsked: commands.restart,
    RetryAsked: commands.retry,
    PauseAsked: commands.pause,
    ResumeAsked: commands.resume,
    AcknowledgeAsked: commands.acknowledge,
    LoopBlocked: stall.blocked,
    LoopFreed: stall.freed,
    SlowCode: stall.slow,
    Uncontained: stall.uncontained,
}
