"""The control state: the one state that counts for the FSM now, and who decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.worker import Phase

if TYPE_CHECKING:
    from fsmv2.core.supervisor import Supervisor


def decide_control(s: Supervisor) -> None:
    """Strongest first: stop, disabled or ended, its own hold, a sibling, the mapping, its wish."""
    declared = s.declared
    s.disabled = (
        not declared.enabled or s.ended is not None or (s.parent is not None and s.parent.disabled)
    )
    desired = s.desired
    if s.stop is not None or s.disabled or desired is None:
        s.control = s.definition.stop_state
    elif desired.hold_reason:
        # First that it holds, then the state, and below the other way round: `permission` reads
        # both from other threads, and must never see a worker free between one hold and the next.
        s.holding = True
        s.control = desired.state
        return
    elif declared.requires and unmet(s):
        s.control = s.definition.stop_state
    elif s.asked is not None:
        s.control = s.asked
    else:
        s.control = desired.state
    s.holding = False


def asked_to_stop(s: Supervisor) -> bool:
    """Whether something else than its own end asks `s` to be stopped."""
    stop_state, desired = s.definition.stop_state, s.desired
    if s.ended is None:
        return s.control == stop_state
    if s.stop is not None or not s.declared.enabled or (s.parent is not None and s.parent.disabled):
        return True
    if s.asked is not None and (desired is None or not desired.hold_reason):
        return s.asked == stop_state
    return desired is not None and desired.state == stop_state


def unmet(s: Supervisor) -> str:
    """The first sibling that `s` requires and that does not run, as words; empty: all do.

    One that has finished for good is as good as one that runs: it has done its part.
    """
    siblings = s.parent.children if s.parent is not None else {}
    for name in s.declared.requires:
        other = siblings.get(name)
        if other is None:
            return f"requires {name}, which is not there"
        if other.ended is not None and other.ended.normally and other.ended.until is None:
            continue
        phase = other.definition.states[other.state].phase
        stops = other.control == other.definition.stop_state
        if stops or phase not in (Phase.RUNNING, Phase.DEGRADED):
            return f"requires {other.path}, which is {'to stop' if stops else other.state}"
    return ""


def why_control(s: Supervisor) -> str:
    """The same decision as words, for `why` and for reasons shown beside it."""
    desired = s.desired
    if s.stop is not None:
        return s.stop.reason
    if s.disabled:
        if s.ended is not None:
            return s.ended.reason
        if not s.declared.enabled or s.parent is None:
            return "disabled"
        return f"{s.parent.path} is disabled"
    if desired is None:
        return "no desired state could be derived yet"
    if desired.hold_reason:
        return f"held: {desired.hold_reason}"
    if s.declared.requires:
        why = unmet(s)
        if why:
            return why
    if s.asked is not None and s.parent is not None:
        return f"{s.parent.path} is {s.parent.state} and asks for it"
    return "its own desired state"
