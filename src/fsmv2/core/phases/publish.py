"""Tell others what changed: the parent and the dependents read a worker's status, nothing else."""

from __future__ import annotations

from fsmv2.core.life import restart_policy
from fsmv2.core.policy import ordering
from fsmv2.core.policy.control import asked_to_stop
from fsmv2.core.policy.stop_order import hand_on, notify_above, notify_upstream
from fsmv2.core.state.conditions import DERIVED
from fsmv2.core.state.parts import DecidedBy
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.worker import ChildStatus, Phase

# Bound once: a member of an enum is found by way of its metaclass, which takes a tenth of a
# microsecond in Python 3.11, and these are asked in every tick.
STOPPED, STARTING, RUNNING = Phase.STOPPED, Phase.STARTING, Phase.RUNNING
DEGRADED, FAILED = Phase.DEGRADED, Phase.FAILED

NOT_ITS_OWN = (DecidedBy.REQUIREMENT, DecidedBy.DISABLED)
"""What keeps a worker stopped without a word to it: its state knows no more than that it is to."""


def publish(tree: Tree, s: Supervisor) -> None:
    """Renew the published status of `s`; whoever reads it becomes dirty if it changed (H25)."""
    phase = s.definition.states[s.state].phase
    stands = phase is STOPPED
    escalated = s.attempts is not None and s.attempts.escalated and phase is not RUNNING
    if escalated and not (stands and asked_to_stop(s)):
        # It has escalated; the parent's policy should see that. But who was asked to stop and
        # has stopped is what it should be, and its parent may wait for that.
        phase = FAILED
    reason = s.reason
    if s.gate:
        reason = s.gate
    elif s.ended is not None and stands:
        reason = s.ended.reason
    elif s.desired is None and s.conditions is not None and DERIVED in s.conditions:
        reason = s.conditions[DERIVED].reason
    elif stands and s.decision.by in NOT_ITS_OWN and s.control == s.definition.stop_state:
        reason = s.decision.reason
    impairment = s.impairment if phase is RUNNING and s.conditions is not None else ""
    if impairment and not s.gate:
        reason = impairment
    healthy = phase is RUNNING and s.fresh and not impairment
    trouble = _in_trouble(s, phase, stands, healthy=healthy)
    # Field by field, and not by making the new status to compare it: nearly all ticks change
    # nothing, and each would make an object to throw it away.
    old = s.status
    if (
        old.state == s.state
        and old.reason == reason
        and old.phase is phase
        and old.healthy is healthy
        and old.fresh is s.fresh
        and old.in_trouble is trouble
        and old.since == s.since
    ):
        return
    s.status = ChildStatus(
        s.definition.name, s.state, phase, healthy, s.fresh, reason, s.since, trouble
    )
    if old.healthy is not healthy and s.attempts is not None and s.attempts.count:
        if not healthy:
            s.timers.pop("prove", None)
        elif not s.attempts.proven:
            tree.set_timer(s, "prove", tree.now + s.backoff.ceiling(s.attempts.count))
        if healthy and "settle" not in s.timers:
            tree.set_timer(s, "settle", tree.now + s.backoff.reset_after)
        elif not healthy and not (s.ended is not None and s.ended.planned):
            s.timers.pop("settle", None)
    if old.phase is not phase and s.parent is not None and s.parent.groups:
        restart_policy.wake_group(tree, s)
    if tree.pace.under_way and s.stop is None and _has_come_up(s, phase):
        tree.pace.done(s.path)
    notify(tree, s)


def _in_trouble(s: Supervisor, phase: Phase, stands: bool, *, healthy: bool) -> bool:
    """Whether it needs a look; by facts, so that a retry alone is no good news."""
    if phase in (DEGRADED, FAILED):
        return True
    if s.ended is not None and not s.ended.normally and s.ended.by_itself:
        return True
    if stands and (asked_to_stop(s) or (s.ended is not None and s.ended.until is None)):
        return False
    attempts = s.attempts
    if attempts is not None and attempts.count and not attempts.proven:
        return True
    if phase is STARTING:
        return any(child.in_trouble for child in s.statuses.values())
    return phase is RUNNING and not healthy


def _has_come_up(s: Supervisor, phase: Phase) -> bool:
    """Whether a new instance is where it will be for a while, in order or not."""
    if s.control == s.definition.stop_state:
        return phase is STOPPED
    return phase in (RUNNING, DEGRADED, FAILED)


def notify(tree: Tree, s: Supervisor) -> None:
    """Mark the parent and the dependents of `s`, and what `s` keeps from stopping before it."""
    cause = Cause("status", f"of {s.path}: {s.state}", tree.deciding)
    parent = s.parent
    if parent is not None and parent.children.get(s.name) is s:
        parent.statuses[s.name] = s.status
        tree.mark(parent, cause)
        hand_on(tree, parent, cause)
    if tree.dependents and s.path in tree.dependents:
        for dependent in tree.dependents[s.path].values():
            tree.mark(dependent, cause)
        ordering.hand_on_waiting(tree, s, cause)
    if s.upstream:
        notify_upstream(tree, s, cause)


def goes_on(tree: Tree, s: Supervisor) -> None:
    """`s` is no longer to stop: tell those that wait for its stop before they stop themselves."""
    cause = Cause("status", f"of {s.path}: it goes on", tree.deciding)
    notify_above(tree, s, cause)
    notify_upstream(tree, s, cause)
