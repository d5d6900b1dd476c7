"""Tell others what changed: the parent and the dependents read a worker's status, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core import ending
from fsmv2.core.conditions import DERIVED
from fsmv2.core.records import Cause
from fsmv2.worker import ChildStatus, Phase

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def publish(core: Core, s: Supervisor) -> None:
    """Renew the published status of `s`; whoever reads it becomes dirty if it changed (H25)."""
    phase = s.definition.states[s.state].phase
    if s.attempts is not None and s.attempts.escalated and phase is not Phase.RUNNING:
        phase = Phase.FAILED  # a person was called; the parent's policy should see that
    reason = s.reason
    if s.gate:
        reason = s.gate
    elif s.ended is not None and phase is Phase.STOPPED:
        reason = s.ended.reason
    elif s.desired is None and s.conditions is not None and DERIVED in s.conditions:
        reason = s.conditions[DERIVED].reason
    healthy = phase is Phase.RUNNING and s.fresh
    old = s.status
    if (
        old.state == s.state
        and old.reason == reason
        and old.phase is phase
        and old.healthy is healthy
        and old.fresh is s.fresh
    ):
        return
    s.status = ChildStatus(s.definition.name, s.state, phase, healthy, s.fresh, reason)
    if old.healthy is not healthy and s.attempts is not None and s.attempts.count:
        if healthy:
            core.set_timer(s, "settle", core.now + core.settings.healthy_reset)
        else:
            s.timers.pop("settle", None)
    if old.phase is not phase and s.parent is not None and s.parent.groups:
        ending.wake_group(core, s)
    if core.pace.under_way and s.stop is None and _has_come_up(s, phase):
        core.pace.done(s.path)
    tell(core, s)


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
        _tell_above(core, parent, cause)
    if core.dependents and s.path in core.dependents:
        for dependent in core.dependents[s.path].values():
            core.mark(dependent, cause)
    if s.upstream:
        _tell_waiting(core, s, cause)


def _tell_above(core: Core, parent: Supervisor, cause: Cause) -> None:
    """Past parents that stand already: who is above those waits for what is below them to stop."""
    while _stands(parent) and parent.parent is not None:
        parent = parent.parent
        if parent.control == parent.definition.stop_state:
            core.mark(parent, cause)


def _stands(s: Supervisor) -> bool:
    stopped = s.definition.states[s.state].phase is Phase.STOPPED
    return stopped and s.control == s.definition.stop_state


def goes_on(core: Core, s: Supervisor) -> None:
    """`s` is no longer to stop: tell those that wait for its stop before they stop themselves."""
    cause = Cause("status", f"of {s.path}: it goes on", core.tick_id)
    parent = s.parent
    if parent is not None and parent.control == parent.definition.stop_state:
        core.mark(parent, cause)
    _tell_waiting(core, s, cause)


def _tell_waiting(core: Core, s: Supervisor, cause: Cause) -> None:
    for path in s.upstream:
        upstream = core.by_path.get(path)
        if upstream is not None and upstream.control == upstream.definition.stop_state:
            core.mark(upstream, cause)
