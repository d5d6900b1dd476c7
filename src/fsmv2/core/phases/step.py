"""Run the FSM: a transition, or an action, or nothing; unless a gate withholds the step."""

from __future__ import annotations

import math
from types import MappingProxyType

from fsmv2.containment import ANY_RAISED
from fsmv2.core.contract.log_events import StateChanged
from fsmv2.core.life import restart_policy
from fsmv2.core.phases import gates
from fsmv2.core.policy import actions, author_errors, claims, durable, livelock, wait_cycles
from fsmv2.core.policy.attempts import count_failure
from fsmv2.core.policy.escalation import escalate
from fsmv2.core.policy.mapping import map_children
from fsmv2.core.policy.stop_order import stop_blocker
from fsmv2.core.state.conditions import CONVERGED, STEPS
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.parts import DecidedBy
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree
from fsmv2.errors import DefinitionError
from fsmv2.name_suggestions import suggest
from fsmv2.worker import NO_STATUS, Act, ChildStatus, Goto, Phase, Snapshot, Stay, Step

SOONEST = 0.01
"""Least seconds of `wake_after`: a step that always wants to be asked at once is no busy loop."""

# Bound once: a member of an enum is found by way of its metaclass, which takes a tenth of a
# microsecond in Python 3.11, and these are asked in every tick.
HOLD, REQUIREMENT = DecidedBy.HOLD, DecidedBy.REQUIREMENT
STOPPED, STOPPING, FAILED = Phase.STOPPED, Phase.STOPPING, Phase.FAILED

READY = (Phase.RUNNING, Phase.DEGRADED)
WORKS = (Phase.STARTING, *READY)
"""Phases from which a worker that stops unasked has finished."""


def run_steps(tree: Tree, s: Supervisor) -> list[str]:
    """Step while the FSM transitions; returns the decisions, for the record."""
    decisions: list[str] = []
    s.gate = ""
    if s.definition is NOT_CREATED.definition:
        return decisions
    decision = s.decision
    passes = decision.by is HOLD or decision.state == s.definition.stop_state
    if passes:
        actions.cancel(tree, s)
    if s.breaker is not None and s.breaker.open:
        s.gate = "its breaker is open"
        return decisions
    visited, ended = [s.state], s.ended
    for _ in range(tree.settings.transitions_per_tick):
        s.gate = gates.withholding(tree, s, passes=passes)
        if s.gate:
            if s.watched_at is None and (waits := gates.before_it_begins(tree, s)):
                s.reason = waits  # its parent reads that, and has no other reason to show
            return decisions
        tree.counters.steps += 1
        try:
            answer = getattr(s.worker, s.state)(snapshot(tree, s))
            decided = _carry_out(tree, s, answer, passes)
        except ANY_RAISED as error:  # author code; contained and counted
            author_errors.count(tree, s, f"step {s.state}", error)
            s.reason = author_errors.describe(f"step {s.state}", error)
            tree.set_condition(s, STEPS, s.reason, reported=True)
            return decisions
        if s.conditions is not None:
            tree.clear_condition(s, STEPS)
        if decided:
            decisions.append(decided)
        if not decided.startswith("goto "):
            if s.unsettled:
                livelock.calm_down(tree, s)
            return decisions
        if s.ended is not ended:
            return decisions  # its control state is another one now: for the next tick
        visited.append(s.state)
        if livelock.is_restless(tree, s):
            break
    livelock.slow_down(tree, s, visited, passes=passes)
    s.gate = livelock.IN_A_LIVELOCK
    return decisions


def impure_step(tree: Tree, s: Supervisor) -> str:
    """What a second step from one snapshot answers that the first did not; for the guard."""
    if s.definition is NOT_CREATED.definition or s.gate or s.observed_at is None:
        return ""
    picture, ask = snapshot(tree, s), getattr(s.worker, s.state)
    if ask(picture) != ask(picture):
        return f"the step of state {s.state} gave two answers to one snapshot"
    return ""


def snapshot(tree: Tree, s: Supervisor) -> Snapshot:
    """The frozen picture that a step is handed."""
    attempts, control = s.attempts, s.decision.state
    return Snapshot(
        path=s.path,
        state=s.state,
        spec=s.live_spec if s.live_spec is not None else s.declared.user_spec,
        desired=s.desired,
        control=control,
        should_stop=control == s.definition.stop_state,
        observed=s.observed,
        observed_at=s.observed_at,
        fresh=s.fresh,
        observe_error=s.observe_error,
        last_action=s.last_action,
        now=tree.now,
        since=s.since,
        children=MappingProxyType(s.statuses) if s.statuses else NO_STATUS,
        dependencies=_dependencies(tree, s) if s.declared.depends_on else NO_STATUS,
        attempt=attempts.count if attempts else 0,
        retry_at=attempts.retry_at if attempts else 0.0,
    )


def _dependencies(tree: Tree, s: Supervisor) -> dict[str, ChildStatus]:
    found = {}
    for path in s.declared.depends_on:
        upstream = tree.by_path.get(path)
        if upstream is not None:
            found[path] = upstream.status
    return found


def _carry_out(tree: Tree, s: Supervisor, answer: Step, passes: bool) -> str:
    if isinstance(answer, Stay):
        s.reason = answer.reason
        if tree.claims.changed:
            claims.carried_out(tree, s)
        if s.conditions is not None:
            tree.clear_condition(s, CONVERGED)
        if answer.wake_after is not None:
            _wake_after(tree, s, answer.wake_after)
        if answer.waits_for or s.waits_for:
            wait_cycles.waits(tree, s, answer.waits_for)
        return ""
    if s.waits_for:
        wait_cycles.waits(tree, s, ())
    if isinstance(answer, Act):
        return _act(tree, s, answer, passes)
    if isinstance(answer, Goto):
        return _goto(tree, s, answer)
    raise DefinitionError(
        f"state {s.state} of {s.definition.name} returned {type(answer).__name__}; "
        "a step returns goto(...), act(...) or stay(...)"
    )


def _wake_after(tree: Tree, s: Supervisor, seconds: float) -> None:
    if not seconds > -math.inf:  # NaN, which no comparison holds for
        raise DefinitionError(
            f"state {s.state} of {s.definition.name} asks to be woken after {seconds} seconds"
        )
    if seconds < math.inf:
        tree.set_timer(s, "wake", tree.now + max(SOONEST, seconds))


def _goto(tree: Tree, s: Supervisor, answer: Goto) -> str:
    d, target = s.definition, answer.state
    allowed = d.states[s.state].to
    if target not in allowed:
        raise DefinitionError(
            f"state {s.state} of {d.name} went to '{target}', which its to= does not name. "
            + suggest(target, allowed)
        )
    phase = d.states[target].phase
    if phase is STOPPED and _must_stop_later(tree, s):
        return ""
    reason = answer.reason
    if phase is STOPPING and s.decision.by is REQUIREMENT and s.state != d.stop_state:
        reason = f"{reason}: {s.decision.reason}"  # its state knows no more than that it is to
    tree.counters.transitions += 1
    livelock.count_transition(tree, s, target)
    old, s.state, s.since, s.reason = s.state, target, tree.now, reason
    tree.tallies.transitions[d.name, old, target] += 1
    unasked = d.states[old].phase in WORKS and s.control != d.stop_state
    s.timers.pop("wake", None)
    actions.reset_repeats(s)
    event = StateChanged(from_state=old, phase=phase.value, reason=reason)
    tree.report("transition", s, f"{old} → {target}: {reason}", event=event)
    if phase is FAILED:
        count_failure(tree, s)
        s.timers.pop("settle", None)  # which outlasts planned ends, and no failure
        escalate(tree, s, reason)
        restart_policy.failed(tree, s, reason)
    elif phase is STOPPED and unasked:
        was_ready = d.states[old].phase in READY
        restart_policy.finished(tree, s, reason, planned=was_ready)
    if s.children:
        map_children(tree, s)
    return f"goto {target}: {reason}"  # the reason of the tick is of what came next


def _act(tree: Tree, s: Supervisor, answer: Act, passes: bool) -> str:
    if answer.action not in s.definition.actions:
        raise DefinitionError(
            f"state {s.state} of {s.definition.name} asks for '{answer.action}', which is not "
            "marked @action. " + suggest(answer.action, s.definition.actions)
        )
    if _must_stop_later(tree, s):
        return ""
    if s.watched_at is None:
        s.reason = gates.before_it_begins(tree, s) or f"{answer.reason}; not before it is watched"
        return ""
    if tree.store is not None and not passes:
        waits = durable.withholds(tree, s)
        if waits:
            s.reason = f"{answer.reason}; {waits}"
            return ""
    decided, s.reason = actions.request(tree, s, answer, urgent=passes)
    return decided


def _must_stop_later(tree: Tree, s: Supervisor) -> bool:
    """Whether `s` is to stop, and somebody has to be stopped before it."""
    if s.control != s.definition.stop_state:
        return False
    blocker = stop_blocker(tree, s)
    if blocker is None:
        return False
    s.reason = f"stops after {blocker.path}, which is {blocker.state}"
    return True
