"""The core's side of actions: at most one for each worker, retries, and results by incarnation.

The executor of the runtime gives out slots, times and cancels; whether an action is asked for,
again or no longer, is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fsmv2.core import detecting, siblings
from fsmv2.core.conditions import ACTION, CONVERGED
from fsmv2.core.events import ActionEnded, ActionOverdue, ActionQueued, ActionRefused, ActionUnstuck
from fsmv2.core.instructions import CancelAction, Collect, RunAction
from fsmv2.core.records import Cause
from fsmv2.worker import Act, ActionDefinition, ActionResult, Outcome

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor

REFUSED_DELAY = 1.0
"""Seconds until an action that found the queue full is asked for again."""


class Running:
    """The action that is queued or running now. `urgent`: begun to stop or to hold.

    `queued`: it has waited for a slot for so long that it is reported.
    """

    __slots__ = (
        "args",
        "cancelled",
        "circuit_opened_at",
        "definition",
        "id",
        "queued",
        "since",
        "stops",
        "urgent",
    )

    def __init__(
        self,
        id_: int,
        definition: ActionDefinition,
        args: Mapping[str, Any],
        urgent: bool,
        since: float,
        *,
        stops: bool,
    ) -> None:
        self.id = id_
        self.definition = definition
        self.args = args
        self.urgent = urgent
        self.stops = stops
        self.since = since
        self.cancelled = self.queued = False
        self.circuit_opened_at: float | None = None


class Asked:
    """The action last asked for, how its tries went, and when the next one is due."""

    __slots__ = ("args", "due", "failures", "name", "successes")

    def __init__(self, name: str, args: Mapping[str, Any]) -> None:
        self.name = name
        self.args = args
        self.failures = 0
        self.successes = 0
        self.due = 0.0


def ask(core: Core, s: Supervisor, answer: Act, *, urgent: bool) -> str:
    """Start what a step asked for, unless it waits for a retry; returns what was decided."""
    if s.action is not None:
        s.reason = f"{answer.reason}; waits for {s.action.definition.name} to end"
        return ""
    asked = s.repeat
    if asked is None or asked.name != answer.action or asked.args != answer.args:
        asked = s.repeat = Asked(answer.action, answer.args)
    if core.now < asked.due:
        core.set_timer(s, "retry", asked.due)
        s.reason = answer.reason
        return ""
    if detecting.detects(s):
        detecting.report_drift(core, s, answer)
        return ""
    if s.conditions is not None:
        core.clear_condition(s, CONVERGED)
    definition = s.definition.actions[answer.action]
    stops = s.control == s.definition.stop_state
    running = Running(core.serial(), definition, answer.args, urgent, core.now, stops=stops)
    s.action = running
    s.reason = answer.reason
    if not s.acted:
        s.acted = True
        if s.path in core.dependents:  # who requires it knows now that it was not there
            siblings.wake_waiting(core, s, Cause("dependency", f"{s.path} acts", core.tick_id))
    core.counters.actions += 1
    repairing = not urgent and s.attempts is not None and s.attempts.count > 0
    core.emit(
        RunAction(
            s.path,
            s.incarnation,
            running.id,
            definition,
            answer.args,
            urgent,
            core.tick_id,
            answer.reason,
            repairing,
        )
    )
    core.report("action", s, f"{answer.action}: {answer.reason}")
    return f"action {answer.action}"


def cancel(core: Core, s: Supervisor) -> None:
    """Cancel an action that is not part of the stop or hold; waited for at most the grace (H7)."""
    running = s.action
    if running is None or running.cancelled or running.stops:
        return
    if running.urgent and s.control != s.definition.stop_state:
        return  # begun for the hold; a stop would end it
    running.cancelled = True
    core.emit(CancelAction(s.path, s.incarnation, running.id))
    core.set_timer(s, "cancel", core.now + core.settings.cancel_grace)


def give_up_cancelled(core: Core, s: Supervisor) -> None:
    """The grace of a cancelled action is over: go on without it; its result will be ignored."""
    running = s.action
    if running is None or not running.cancelled:
        return
    _stuck(core, s, running.id, running.definition.name, "did not end when cancelled")
    s.action = None
    core.mark(s, Cause("action", f"{running.definition.name} given up"))
    _unblock(core, s, running)


def ended(core: Core, event: ActionEnded) -> None:
    """An action ended: free its place, keep its result or plan a retry, ask for a fresh look."""
    s = core.find(event.path, event.incarnation, "the result of an action")
    if s is None:
        return
    if s.stuck == event.action_id:
        if event.outcome is not Outcome.STUCK:  # else given up twice, and still running
            _free(core, s)
        return
    running = s.action
    if running is None or running.id != event.action_id:
        core.counters.dropped += 1
        return
    s.action = None
    s.timers.pop("cancel", None)
    name, failed = running.definition.name, event.outcome is not Outcome.SUCCEEDED
    hidden = _plan_retry(core, s, running, event)
    if not hidden:
        s.last_action = ActionResult(name, event.outcome, core.now, event.error, event.result)
    if event.outcome is Outcome.STUCK:
        _stuck(core, s, event.action_id, name, "did not end long after its time-out")
    elif s.stuck is None:
        core.clear_condition(s, ACTION)  # it was overdue, and has ended after all
    text = f"{name} {event.outcome.value}" + (f": {event.error}" if event.error else "")
    if running.circuit_opened_at is not None:
        after = core.now - running.circuit_opened_at
        core.counters.seconds_after_opening += after
        text += f" ({after:.1f} s after the circuit opened)"
    core.report("action", s, text, level="warning" if failed else "info")
    s.settled_at = s.awaiting = core.now
    core.emit(Collect(s.path, s.incarnation))
    core.set_timer(s, "awaiting", core.now + s.definition.observe_timeout)
    core.mark(s, Cause("action", text, running.id))
    _unblock(core, s, running)


def _unblock(core: Core, s: Supervisor, running: Running) -> None:
    """Wake those below whose steps were withheld while the action was queued or running."""
    if running.definition.blocks_children:
        cause = Cause("action", f"of {s.path} ended", running.id)
        core.spread.each(core, s.children.values(), "mark", cause, below=True)


def _plan_retry(core: Core, s: Supervisor, running: Running, event: ActionEnded) -> bool:
    """Note when the same action may run again; True while its failure is hidden from the FSM."""
    asked = s.repeat
    if asked is None or asked.name != running.definition.name or asked.args != running.args:
        return False
    if event.outcome is Outcome.SUCCEEDED:
        asked.failures = 0
        # Asked again although it succeeded: once at once, then ever slower, never in a hot loop.
        asked.due = core.now if not asked.successes else _later(core, s, asked.successes - 1)
        asked.successes += 1
        return False
    if event.outcome is Outcome.CANCELLED:
        s.repeat = None
        return False
    asked.due = _later(core, s, asked.failures)
    asked.failures += 1
    return not event.permanent and (
        event.outcome is not Outcome.STUCK and asked.failures <= running.definition.retries
    )


def _later(core: Core, s: Supervisor, attempt: int) -> float:
    return core.now + s.backoff.delay(attempt)


def refused(core: Core, event: ActionRefused) -> None:
    """The queue was full: the action stays due."""
    s = core.find(event.path, event.incarnation, "the result of an action")
    if s is not None and s.action is not None and s.action.id == event.action_id:
        running, s.action = s.action, None
        core.set_timer(s, "retry", core.now + REFUSED_DELAY)
        _unblock(core, s, running)


def queued(core: Core, event: ActionQueued) -> None:
    """An action waits for a slot, or does so no longer; that it runs would be untrue till then."""
    s = core.find(event.path, event.incarnation, "the place of an action in the queue")
    if s is not None and s.action is not None and s.action.id == event.action_id:
        s.action.queued = event.waits
        word = "waits for a slot" if event.waits else "has got its slot"
        core.mark(s, Cause("action", f"{s.action.definition.name} {word}"))


def overdue(core: Core, event: ActionOverdue) -> None:
    """An action ignores its cancellation: said before it is given up (H22)."""
    s = core.find(event.path, event.incarnation, "the result of an action")
    if s is not None and s.action is not None and s.action.id == event.action_id:
        core.set_condition(s, ACTION, f"the action {s.action.definition.name} {event.text}")


def unstuck(core: Core, event: ActionUnstuck) -> None:
    """A given-up action has ended at last; the worker may act again."""
    s = core.find(event.path, event.incarnation, "the result of an action")
    if s is not None and s.stuck == event.action_id:
        _free(core, s)


def _free(core: Core, s: Supervisor) -> None:
    s.stuck = None
    core.clear_condition(s, ACTION)
    core.mark(s, Cause("action", "given up before, has ended"))


def _stuck(core: Core, s: Supervisor, id_: int, name: str, why: str) -> None:
    s.stuck = id_
    core.set_condition(s, ACTION, f"the action {name} {why}; its late result will be ignored")
