"""What the core does about each event, each kind of timer, and what is done for many at once.

Read it as the table of contents of this room: whatever happens begins with one of these functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fsmv2.containment import ANY_RAISED
from fsmv2.core.contract.events import (
    AcknowledgeRequested,
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
    Declared,
    ForceRequested,
    LeaveRequested,
    LogLevelEndRequested,
    LogLevelRequested,
    LoopBlocked,
    LoopFreed,
    NotificationsFailing,
    Observed,
    PauseRequested,
    Released,
    RestartRequested,
    ResumeRequested,
    RetryRequested,
    Saved,
    SaveFailed,
    SecretsUnread,
    SetVariableRequested,
    SignalRequested,
    SignalSent,
    SilenceRequested,
    SlowCode,
    StartPathRequested,
    StateDirectoryLost,
    StopPathRequested,
    StopRequested,
    Uncontained,
    UnsetVariableRequested,
    UnsilenceRequested,
)
from fsmv2.core.life import create, recreate, release, requests, restart_policy, stop
from fsmv2.core.phases import circuit, freshness, reconcile
from fsmv2.core.policy import (
    actions,
    author_errors,
    durable,
    escalation,
    livelock,
    mapping,
    notification_failures,
    overrides,
    secret_changes,
    stall,
)
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Do, Tree


def _wake(tree: Tree, supervisor: Supervisor) -> None:
    tree.mark(supervisor, Cause("timer"))


TIMERS: dict[str, Callable[[Tree, Supervisor], None]] = {
    "wake": _wake,
    "check": _wake,
    "retry": _wake,
    "calm": _wake,
    "create": create.retry_create,
    "stale": freshness.check_age,
    "awaiting": actions.give_up_awaiting,
    "cancel": actions.give_up_cancelled,
    "breaker": author_errors.try_again,
    "repair": circuit.repair,
    "restart": restart_policy.restart_ended,
    "prove": escalation.prove,
    "settle": escalation.settle,
    "stop": stop.deadline_reached,
    "final": stop.give_up_final,
    "store": durable.unanswered,
    "recreate": recreate.begin,
    "claims": recreate.claims_due,
    "override": requests.end_overrides,
    "absent override": requests.end_absent_overrides,
}


def _mark(tree: Tree, s: Supervisor, cause: Cause) -> None:
    tree.mark(s, cause)


def _derive(tree: Tree, s: Supervisor, cause: Cause) -> None:
    tree.derive_again(s, cause)


def _contained(do: Do) -> Do:
    """`do` for one of many: what it raises is counted there, and the others still get it."""

    def contained(tree: Tree, s: Supervisor, cause: Cause) -> None:
        try:
            do(tree, s, cause)
        except ANY_RAISED as error:
            author_errors.count(tree, s, "a change that concerns many", error)

    return contained


FOR_EACH: dict[str, Do] = {
    "mark": _contained(_mark),
    "derive": _contained(_derive),
    "map": _contained(mapping.map_again),
    "retry": _contained(requests.try_now),
    "go on": _contained(overrides.go_on),
    "asked": _contained(livelock.asked_by_operator),
}

HANDLERS: dict[type, Callable[[Tree, Any], None]] = {
    Declared: reconcile.declare,
    Observed: freshness.observe,
    ActionEnded: actions.ended,
    ActionRefused: actions.refused,
    ActionOverdue: actions.overdue,
    ActionQueued: actions.queued,
    ActionUnstuck: actions.unstuck,
    Released: release.released,
    Saved: durable.saved,
    SaveFailed: durable.failed,
    StateDirectoryLost: durable.state_directory_lost,
    NotificationsFailing: notification_failures.failing,
    SecretsUnread: secret_changes.unread,
    StopRequested: stop.stop_all,
    ForceRequested: stop.force_all,
    LeaveRequested: stop.leave_all,
    RestartRequested: requests.restart,
    RetryRequested: requests.retry,
    PauseRequested: requests.pause,
    ResumeRequested: requests.resume,
    StopPathRequested: requests.stop_path,
    StartPathRequested: requests.start_path,
    SetVariableRequested: requests.set_variable,
    UnsetVariableRequested: requests.unset_variable,
    SilenceRequested: requests.silence,
    UnsilenceRequested: requests.unsilence,
    LogLevelRequested: requests.log_level,
    LogLevelEndRequested: requests.end_log_level,
    AcknowledgeRequested: requests.acknowledge,
    SignalRequested: requests.signal,
    SignalSent: requests.signal_sent,
    LoopBlocked: stall.blocked,
    LoopFreed: stall.freed,
    SlowCode: stall.slow,
    Uncontained: stall.uncontained,
}
