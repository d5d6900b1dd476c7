"""The control state: the one state that counts for the FSM now, and who decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsmv2.core.supervisor import Supervisor


def decide_control(s: Supervisor) -> None:
    """Strongest first: stop asked, disabled, the worker's own hold, the mapping, its own wish."""
    s.disabled = not s.declared.enabled or (s.parent is not None and s.parent.disabled)
    desired = s.desired
    s.holding = False
    if s.stop is not None or s.disabled or desired is None:
        s.control = s.definition.stop_state
    elif desired.hold_reason:
        s.control = desired.state
        s.holding = True
    elif s.asked is not None:
        s.control = s.asked
    else:
        s.control = desired.state


def why_control(s: Supervisor) -> str:
    """The same decision as words, for `why` and for reasons shown beside it."""
    desired = s.desired
    if s.stop is not None:
        return s.stop.reason
    if s.disabled:
        own = not s.declared.enabled
        return "disabled" if own else f"{s.parent.path if s.parent else ''} is disabled"
    if desired is None:
        return "no desired state could be derived yet"
    if desired.hold_reason:
        return f"held: {desired.hold_reason}"
    if s.asked is not None and s.parent is not None:
        return f"{s.parent.path} is {s.parent.state} and asks for it"
    return "its own desired state"
