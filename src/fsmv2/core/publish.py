"""Tell others what changed: the parent and the dependents read a worker's status, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core import ending, siblings
from fsmv2.core.conditions import DERIVED
from fsmv2.core.control import asked_to_stop
from fsmv2.core.records import Cause
from fsmv2.core.stop_order import hand_on, tell_above, tell_upstream
from fsmv2.worker import ChildStatus, Phase

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def publish(core: Core, s: Supervisor) -> None:
    """Renew the published status of `s`; whoever reads it becomes dirty if it changed (H25)."""
    phase = s.definition.states[s.state].phase
    stands = phase is Phase.STOPPED
    escalated = s.attempts is not None and s.attempts.escalated and phase is not Phase.RUNNING
    if escalated and not (stands and asked_to_stop(s)):
        # A person was called; the parent's policy should see that. But who was asked to stop and
        # has stopped is what it should be, and its parent may wait for that.
        phase = Phase.FAILED
    reason = s.reason
    if s.gate:
        reason = s.gate
    elif s.ended is not None and stands:
        reason = s.ended.reason
    elif s.desired is None and s.conditions is not None and DERIVED in s.conditions:
        reason = s.conditions[DERIVED].reason
    healthy = phase is Phase.RUNNING and s.fresh
    trouble = _in_trouble(s, phase, stands)
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
            core.set_timer(s, "prove", core.now + s.backoff.ceiling(s.attempts.count))
        if healthy and "settle" not in s.timers:
            core.set_timer(s, "settle", core.now + s.backoff.reset_after)
        elif not healthy and not (s.ended is not None and s.ended.planned):
            s.timers.pop("settle", None)
    if old.phase is not phase and s.parent is not None and s.parent.groups:
        ending.wake_group(core, s)
    if core.pace.under_way and s.stop is None and _has_come_up(s, phase):
        core.pace.done(s.path)
    tell(core, s)


def _in_trouble(s: Supervisor, phase: Phase, stands: bool) -> bool:
    """Whether it needs a look; by facts, so that a retry alone is no good news."""
    if phase in (Phase.DEGRADED, Phase.FAILED):
        return True
    if s.ended is not None and not s.ended.normally and s.ended.by_itself:
        return True
    if stands and (asked_to_stop(s) or (s.ended is not None and s.ended.until is None)):
        return False
    attempts = s.attempts
    if attempts is not None and attempts.count and not attempts.proven:
        return True
    if phase is Phase.STARTING:
        return any(child.in_trouble for child in s.statuses.values())
    return phase is Phase.RUNNING and not s.fresh


def _has_come_up(s: Supervisor, phase: Phase) -> bool:
    """Whether a new instance is where it will be for a while, in order or not."""
    if s.control == s.definition.stop_state:
        return phase is Phase.STOPPED
    return phase in (Phase.RUNNING, Phase.DEGRADED, Phase.FAILED)


def tell(core: Core, s: Supervisor) -> None:
    """Mark the parent and the dependents of `s`, and what `s` keeps from stopping before it."""
    cause = Cause("status", f"of {s.path}: {s.state}", core.tick_id)
    parent = s.parent
    if parent is not None and parent.children.get(s.name) is s:
        parent.statuses[s.name] = s.status
        core.mark(parent, cause)
        hand_on(core, parent, cause)
    if core.dependents and s.path in core.dependents:
        for dependent in core.dependents[s.path].values():
            core.mark(dependent, cause)
        siblings.hand_on_waiting(core, s, cause)
    if s.upstream:
        tell_upstream(core, s, cause)


def goes_on(core: Core, s: Supervisor) -> None:
    """`s` is no longer to stop: tell those that wait for its stop before they stop themselves."""
    cause = Cause("status", f"of {s.path}: it goes on", core.tick_id)
    tell_above(core, s, cause)
    tell_upstream(core, s, cause)
