"""The control state: the one state that counts for the FSM now, who decided it, and why.

Strongest first: a stop, its own end, disabled, nothing derived yet, its own hold, a sibling that it
requires, what its parent asks, what it wants itself.
"""

from __future__ import annotations

from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.parts import ControlDecision, DecidedBy
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.model import DesiredState
from fsmv2.worker import Phase

# Bound once: a member of an enum is found by way of its metaclass, which takes a tenth of a
# microsecond in Python 3.11, and this is asked in every tick.
OWN, STOP = DecidedBy.OWN, DecidedBy.STOP


def decide_control(s: Supervisor) -> None:
    """Write down whether `s` is disabled, and what is decided for it now."""
    s.disabled = (
        switched_off(s) or s.ended is not None or (s.parent is not None and s.parent.disabled)
    )
    # The old object is kept when it says the same: another thread may be reading it, and a
    # hundred thousand quiet workers would otherwise keep a new one each.
    decision = _decide(s)
    if decision is not s.decision and decision != s.decision:
        s.decision = decision


def _decide(s: Supervisor) -> ControlDecision:
    """The order of precedence, which stands here alone."""
    stopped, desired = s.definition.stop_state, s.desired
    old = s.decision  # nearly always still right, and a look costs less than another object
    if s.stop is not None:
        if old.by is STOP and old.reason is s.stop.reason:
            return old
        return ControlDecision(stopped, STOP, s.stop.reason)
    if s.ended is not None:
        return ControlDecision(stopped, DecidedBy.ENDED, s.ended.reason)
    if s.disabled:
        return ControlDecision(stopped, DecidedBy.DISABLED, _why_disabled(s))
    if desired is None:
        return ControlDecision(
            stopped, DecidedBy.NOT_DERIVED, "no desired state could be derived yet"
        )
    if desired.hold_reason:
        return ControlDecision(desired.state, DecidedBy.HOLD, f"held: {desired.hold_reason}")
    if s.declared.requires and (why := unmet(s)):
        return ControlDecision(stopped, DecidedBy.REQUIREMENT, why)
    if s.asked is not None:
        parent = s.parent
        asks = f"{parent.path} is {parent.state} and asks for it" if parent is not None else ""
        return ControlDecision(s.asked, DecidedBy.PARENT, asks)
    if old.by is OWN and old.state == desired.state:
        return old
    return ControlDecision(desired.state, OWN, "its own desired state")


def _wished(s: Supervisor, desired: DesiredState) -> str:
    """The state of `s` where nothing stronger decides: as its parent asks, or as it wants."""
    return desired.state if s.asked is None else s.asked


def _why_disabled(s: Supervisor) -> str:
    if not s.declared.enabled:
        return "disabled"
    if s.overrides is not None and s.overrides.stop is not None:
        return s.overrides.stop.describe("stopped")
    return f"{s.parent.path} is disabled" if s.parent is not None else "disabled"


def switched_off(s: Supervisor) -> bool:
    """Whether `s` itself is not to run: so it is declared, or an operator asked for it."""
    found = s.overrides
    return not s.declared.enabled or (found is not None and found.stop is not None)


def asked_to_stop(s: Supervisor) -> bool:
    """Whether something else than its own end asks `s` to be stopped."""
    stopped, desired = s.definition.stop_state, s.desired
    if s.ended is None:
        return s.control == stopped
    if s.stop is not None or switched_off(s) or (s.parent is not None and s.parent.disabled):
        return True
    if desired is None:
        return s.asked == stopped
    return (desired.state if desired.hold_reason else _wished(s, desired)) == stopped


def unmet(s: Supervisor) -> str:
    """The first sibling that `s` requires and that does not run, as words; empty: all do.

    One that has finished for good is as good as one that runs: it has done its part. One of which
    nothing is known yet is not down: see `undecided`.
    """
    for name in s.declared.requires:
        other = _sibling(s, name)
        if _is_met(other) or _is_undecided(s, other):
            continue
        if other is None:
            return f"requires {name}, which does not exist"
        stops = other.control == other.definition.stop_state
        return f"requires {other.path}, which is {'to stop' if stops else other.state}"
    return ""


def undecided(s: Supervisor) -> str:
    """The first sibling that `s` requires and of which nothing is known yet, as words; or empty.

    Only before `s` itself has begun. What stands there now may be its own, of an earlier run of
    the program: were it ended because the required one has not been looked at, a restart of the
    program would end half a plant that runs. So `s` neither starts nor ends anything until the
    required one is up, or found down.
    """
    for name in s.declared.requires:
        other = _sibling(s, name)
        if not _is_met(other) and _is_undecided(s, other):
            if other is not None and _phase(other) is Phase.STARTING:
                return f"requires {other.path}, which is {other.state}"
            path = name if other is None else other.path
            return f"requires {path}, and whether that runs is not known yet"
    return ""


def lacking(s: Supervisor) -> list[Supervisor | None]:
    """The siblings that `s` requires and that are not up; None for one that is not there."""
    required = (_sibling(s, name) for name in s.declared.requires)
    return [other for other in required if not _is_met(other)]


def held_back(s: Supervisor) -> bool:
    """Whether only what it requires keeps `s` stopped: it would run if that did."""
    if s.disabled or s.desired is None or _decide(s).by is not DecidedBy.REQUIREMENT:
        return False
    return _wished(s, s.desired) != s.definition.stop_state


def _sibling(s: Supervisor, name: str) -> Supervisor | None:
    return s.parent.children.get(name) if s.parent is not None else None


def _is_met(other: Supervisor | None) -> bool:
    if other is None:
        return False
    if other.ended is not None and other.ended.normally and other.ended.until is None:
        return True
    if other.control == other.definition.stop_state:
        return False
    return _phase(other) in (Phase.RUNNING, Phase.DEGRADED)


def _is_undecided(s: Supervisor, other: Supervisor | None) -> bool:
    if s.acted or s.state != s.definition.initial:
        return False
    if other is None:  # its turn to be created may be still to come
        return s.parent is not None and s.parent.children_due
    if other.definition is NOT_CREATED.definition or (other.desired is None and other.derive_due):
        return True
    if other.control == other.definition.stop_state:
        return False
    # Who finds what it is for there, takes it over without an action. One that had to act found it
    # down; but one that may finish may have done its part in an earlier run, and do it once more.
    down = other.acted and other.declared.restart == "permanent"
    return not down and _phase(other) in (Phase.INITIAL, Phase.STOPPED, Phase.STARTING)


def _phase(s: Supervisor) -> Phase:
    return s.definition.states[s.state].phase
