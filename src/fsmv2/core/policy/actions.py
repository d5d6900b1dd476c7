"""The core's side of actions: at most one for each worker, retries, and results by incarnation.

The executor of the runtime gives out slots, times and cancels; whether an action is asked for,
again or no longer, is decided here.
"""

from __future__ import annotations

from fsmv2.core.contract.events import (
    ActionEnded,
    ActionOverdue,
    ActionQueued,
    ActionRefused,
    ActionUnstuck,
)
from fsmv2.core.contract.instructions import CancelAction, Collect, RunAction
from fsmv2.core.contract.log_events import ActionCompleted, ActionStarted
from fsmv2.core.policy import detect_only, ordering
from fsmv2.core.state.conditions import ACTION, CONVERGED
from fsmv2.core.state.parts import RequestedAction, RunningAction
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.worker import Act, ActionResult, Outcome

REFUSED_DELAY = 1.0
"""Seconds until an action that found the queue full is asked for again."""


def request(tree: Tree, s: Supervisor, answer: Act, *, urgent: bool) -> tuple[str, str]:
    """Start what a step asked for, unless it waits for a retry.

    Returns what was decided, empty if nothing, and the reason as words.
    """
    if s.action is not None:
        return "", f"{answer.reason}; waits for {s.action.definition.name} to end"
    asked = s.repeat
    if asked is None or asked.name != answer.action or asked.args != answer.args:
        asked = s.repeat = RequestedAction(answer.action, answer.args)
    if tree.now < asked.due:
        tree.set_timer(s, "retry", asked.due)
        return "", answer.reason
    if detect_only.detects(s):
        return "", detect_only.report_drift(tree, s, answer)
    if s.conditions is not None:
        tree.clear_condition(s, CONVERGED)
    definition = s.definition.actions[answer.action]
    stops = s.control == s.definition.stop_state
    running = RunningAction(tree.serial(), definition, answer.args, urgent, tree.now, stops=stops)
    s.action = running
    if not s.acted:
        s.acted = True
        if s.path in tree.dependents:  # who requires it knows now that it was not there
            ordering.wake_waiting(tree, s, Cause("dependency", f"{s.path} acts", tree.deciding))
    tree.counters.actions += 1
    repairing = not urgent and s.attempts is not None and s.attempts.count > 0
    tree.emit(
        RunAction(
            s.path,
            s.incarnation,
            running.id,
            definition,
            answer.args,
            urgent,
            tree.tick_id,
            answer.reason,
            repairing,
        )
    )
    event = ActionStarted(action_type=answer.action)
    tree.report("action", s, f"{answer.action}: {answer.reason}", event=event)
    return f"action {answer.action}", answer.reason


def cancel(tree: Tree, s: Supervisor) -> None:
    """Cancel an action that is not part of the stop or hold; waited for at most the grace (H7)."""
    running = s.action
    if running is None or running.cancelled or running.stops:
        return
    if running.urgent and s.control != s.definition.stop_state:
        return  # begun for the hold; a stop would end it
    running.cancelled = True
    tree.emit(CancelAction(s.path, s.incarnation, running.id))
    tree.set_timer(s, "cancel", tree.now + tree.settings.cancel_grace)


def give_up_cancelled(tree: Tree, s: Supervisor) -> None:
    """The grace of a cancelled action is over: go on without it; its result will be ignored."""
    running = s.action
    if running is None or not running.cancelled:
        return
    _stuck(tree, s, running.id, running.definition.name, "did not end when cancelled")
    s.action = None
    tree.mark(s, Cause("action", f"{running.definition.name} given up"))
    _unblock(tree, s, running)


def ended(tree: Tree, event: ActionEnded) -> None:
    """An action ended: free its place, keep its result or plan a retry, ask for a fresh look."""
    s = tree.find(event.path, event.incarnation, "the result of an action")
    if s is None:
        return
    if s.stuck == event.action_id:
        if event.outcome is not Outcome.STUCK:  # else given up twice, and still running
            _free(tree, s)
        return
    # By its id: a result may come after the action was given up and another one began.
    running = s.action
    if running is None or running.id != event.action_id:
        tree.counters.dropped += 1
        return
    s.action = None
    s.timers.pop("cancel", None)
    name, failed = running.definition.name, event.outcome is not Outcome.SUCCEEDED
    failures = s.repeat.failures if s.repeat is not None else 0
    hidden = _plan_retry(tree, s, running, event)
    if not hidden:
        s.last_action = ActionResult(name, event.outcome, tree.now, event.error, event.result)
    if event.outcome is Outcome.STUCK:
        _stuck(tree, s, event.action_id, name, "did not end long after its timeout")
    elif s.stuck is None:
        tree.clear_condition(s, ACTION)  # it was overdue, and has ended after all
    text = f"{name} {event.outcome.value}" + (f": {event.error}" if event.error else "")
    if running.circuit_opened_at is not None:
        after = tree.now - running.circuit_opened_at
        tree.counters.seconds_after_opening += after
        tree.tallies.outlasted_circuit(s.definition.name, after)
        text += f" ({after:.1f} s after the circuit opened)"
    waits = failed and s.repeat is not None and not event.permanent
    completed = ActionCompleted(
        action_type=name,
        success=not failed,
        outcome=event.outcome,
        duration_ms=round(1000 * (tree.now - running.since), 1),
        attempt=failures + 1,
        backoff_delay=_seconds(s.repeat.due - tree.now) if waits and s.repeat else None,
        error=event.error,
    )
    tree.report("action", s, text, level="warning" if failed else "info", event=completed)
    # What was seen before the action ended may show the world as it was: a step that decided by it
    # would ask for the same action again. So it waits for an observation that began after this.
    s.settled_at = s.awaiting = tree.now
    tree.emit(Collect(s.path, s.incarnation))
    tree.set_timer(s, "awaiting", tree.now + s.definition.observe_timeout)
    tree.mark(s, Cause("action", text, running.id))
    _unblock(tree, s, running)


def _unblock(tree: Tree, s: Supervisor, running: RunningAction) -> None:
    """Wake those below whose steps were withheld while the action was queued or running."""
    if running.definition.blocks_children:
        cause = Cause("action", f"of {s.path} ended", running.id)
        tree.for_each(s.children.values(), "mark", cause, below=True)


def _plan_retry(tree: Tree, s: Supervisor, running: RunningAction, event: ActionEnded) -> bool:
    """Note when the same action may run again; True while its failure is hidden from the FSM."""
    asked = s.repeat
    if asked is None or asked.name != running.definition.name or asked.args != running.args:
        return False
    if event.outcome is Outcome.SUCCEEDED:
        asked.failures = 0
        # Asked again although it succeeded: once at once, then ever slower, never in a hot loop.
        asked.due = tree.now if not asked.successes else _later(tree, s, asked.successes - 1)
        asked.successes += 1
        return False
    if event.outcome is Outcome.CANCELLED:
        s.repeat = None
        return False
    asked.due = _later(tree, s, asked.failures)
    asked.failures += 1
    return not event.permanent and (
        event.outcome is not Outcome.STUCK and asked.failures <= running.definition.retries
    )


def _seconds(seconds: float) -> float:
    """As a log shows them."""
    return round(max(0.0, seconds), 3)


def _later(tree: Tree, s: Supervisor, attempt: int) -> float:
    return tree.now + s.backoff.delay(attempt)


def refused(tree: Tree, event: ActionRefused) -> None:
    """The queue was full: the action stays due."""
    s = tree.find(event.path, event.incarnation, "the result of an action")
    if s is not None and s.action is not None and s.action.id == event.action_id:
        running, s.action = s.action, None
        tree.set_timer(s, "retry", tree.now + REFUSED_DELAY)
        _unblock(tree, s, running)


def queued(tree: Tree, event: ActionQueued) -> None:
    """An action waits for a slot, or does so no longer; that it runs would be untrue till then."""
    s = tree.find(event.path, event.incarnation, "the place of an action in the queue")
    if s is not None and s.action is not None and s.action.id == event.action_id:
        s.action.queued = event.waits
        if not event.waits:
            s.action.started = tree.now  # its time-out counts from here
        word = "waits for a slot" if event.waits else "has got its slot"
        tree.mark(s, Cause("action", f"{s.action.definition.name} {word}"))


def overdue(tree: Tree, event: ActionOverdue) -> None:
    """An action ignores its cancellation: said before it is given up (H22)."""
    s = tree.find(event.path, event.incarnation, "the result of an action")
    if s is not None and s.action is not None and s.action.id == event.action_id:
        tree.set_condition(s, ACTION, f"the action {s.action.definition.name} {event.text}")


def unstuck(tree: Tree, event: ActionUnstuck) -> None:
    """A given-up action has ended at last; the worker may act again."""
    s = tree.find(event.path, event.incarnation, "the result of an action")
    if s is not None and s.stuck == event.action_id:
        _free(tree, s)


def _free(tree: Tree, s: Supervisor) -> None:
    s.stuck = None
    tree.clear_condition(s, ACTION)
    tree.mark(s, Cause("action", "given up before, has ended"))


def _stuck(tree: Tree, s: Supervisor, id_: int, name: str, why: str) -> None:
    s.stuck = id_
    tree.set_condition(s, ACTION, f"the action {name} {why}; its late result will be ignored")


def observed_since(s: Supervisor) -> None:
    """The observation that its step waits for after an action is there."""
    s.awaiting = None
    s.timers.pop("awaiting", None)


def give_up_awaiting(tree: Tree, s: Supervisor) -> None:
    """The look after an action did not come; a stop goes on without it, a start keeps waiting."""
    if s.awaiting is None:
        return
    if s.stop is not None or s.holding or s.control == s.definition.stop_state:
        s.awaiting = None
        tree.mark(s, Cause("timer", "observation after the action did not come"))
    else:
        tree.set_timer(s, "awaiting", tree.now + s.definition.observe_timeout)


def reset_repeats(s: Supervisor) -> None:
    """It has left the state that asked: how often the same was tried no longer counts."""
    s.repeat = None
