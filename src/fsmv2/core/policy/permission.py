"""Whether a worker may change anything in the world now, asked by author code right before it does.

Steps and actions pass gates, but what an action has started goes on by itself: a flow that writes
what it is sent, a connection that is kept. It asks here, from any thread and at any moment, so
nothing is stored that could lag behind: each look reads what the core decides by.
"""

from __future__ import annotations

from fsmv2.core.state.parts import DecidedBy
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree

GONE = "it is no longer supervised"
DETECT_ONLY = "detect only: nothing is done, only reported"


def refusal(tree: Tree, path: str, incarnation: int) -> str:
    """Why this incarnation may change nothing now, for an operator; empty when it may.

    Whatever holds a worker above it holds it too: a pause, a stop and a hold are decided at once
    there, and passed down only in the ticks that follow. A pause is named before all else, as it
    may be the reason why a worker below it has not been started.
    """
    s = tree.by_path.get(path)
    if s is None or s.incarnation != incarnation:
        return GONE
    if tree.settings.detect_only:
        return DETECT_ONLY
    found = ""
    above: Supervisor | None = s
    while above is not None:
        at = "" if above is s else f" (at {above.path})"
        if asked := _left_alone(above):
            return f"{asked}{at}"
        if not found and (reason := _held(above)):
            found = f"{reason}{at}"
        above = above.parent
    return found


def _left_alone(s: Supervisor) -> str:
    """Whether an operator wants `s` itself left alone; each attribute is read once, as below."""
    found = s.overrides
    if found is not None and found.pause is not None:
        return found.pause.describe("paused")
    if found is not None and found.stop is not None:
        return found.stop.describe("stopped")
    return DETECT_ONLY if s.declared.detect_only else ""


def _held(s: Supervisor) -> str:
    """What holds `s` itself; each attribute is read once, as the core may be at work meanwhile."""
    stop = s.stop
    if stop is not None:
        return f"it is being stopped: {stop.reason}"
    decision = s.decision
    if decision.by is DecidedBy.HOLD or decision.state == s.definition.stop_state:
        return f"it is to be {decision.state}: {decision.reason}"
    return ""
