"""The gates that withhold a step.

Gates withhold what starts things, never what stops them: a step whose control state is the stop
state, or a hold, passes all but two. One is the observation after an action, without which the step
would only ask for the same action again; for a stop it is bounded. The other is a livelock that
came with the stop.
"""

from __future__ import annotations

from fsmv2.core.life.release import fenced
from fsmv2.core.phases import circuit
from fsmv2.core.policy import claims, livelock, ordering, overrides
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree


def before_it_begins(tree: Tree, s: Supervisor) -> str:
    """Whom `s` has to wait for before it is watched, as a sentence; empty when nobody."""
    if s.watched_at is not None:
        return ""
    return fenced(tree, s) or claims.withheld(tree, s)


def withholding(tree: Tree, s: Supervisor, *, passes: bool) -> str:
    """Why a step of `s` is withheld now, as a sentence; empty when it is not."""
    running = s.action
    if running is not None and not (passes and running.cancelled):
        does = "waits for a free slot" if running.queued else "is running"
        return f"the action {running.definition.name} {does}"
    if s.awaiting is not None:
        return "waits for an observation that started after its action"
    if passes and s.slowed_passing and tree.now < s.unsettled_until:
        return livelock.IN_A_LIVELOCK
    if passes:
        return ""
    if tree.overrides:
        paused = overrides.paused_by(s)
        if paused:
            return paused
    if s.observed_at is None:
        return before_it_begins(tree, s) or "waits for its first observation"
    if not s.fresh:
        return "its observation is stale"
    if tree.now < s.unsettled_until:
        return livelock.IN_A_LIVELOCK
    if s.stuck is not None:
        return "an action that ignores cancellation is still running"
    above = s.parent
    while above is not None:
        if above.action is not None and above.action.definition.blocks_children:
            return f"{above.path} is running its action {above.action.definition.name}"
        above = above.parent
    if s.upstream or (s.parent is not None and s.parent.groups):
        sibling = ordering.withheld(tree, s)
        if sibling:
            return sibling
    return circuit.withheld_by(tree, s) if tree.open_circuits else ""
