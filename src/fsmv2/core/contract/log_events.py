"""What the core says for the log: one struct an event, whose name and fields never change.

The fields that every line has (path, state, ...) are added where it is written. Each event knows
its level; times are seconds, since the core knows no other. `docs/reference/log-events.md` is made
from here: the docstring says when the event is logged, the text of a field what it means.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from fsmv2.worker import Outcome

Level = Literal["debug", "info", "warning", "error"]


def _field(text: str, unit: str = "") -> msgspec.Meta:
    return msgspec.Meta(description=text, extra_json_schema={"unit": unit} if unit else None)


Count = Annotated[int, msgspec.Meta(ge=0)]
Child = Annotated[str, _field("name of the child")]
Failed = Annotated[str, _field("name of the child, or path of the dependency, at fault")]
Error = Annotated[str, _field("what went wrong")]
Downtime = Annotated[float, _field("since the first failure, or the opening of the circuit", "s")]
Attempt = Annotated[Count, _field("attempts since the last long healthy time")]
NextRetry = Annotated[float | None, _field("until the next attempt; null: none is planned", "s")]
MaxAttempts = Annotated[Count, _field("the attempt at which it escalates")]


class LogEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True, tag_field="event"):
    """One event; its tag is its name."""

    @property
    def level(self) -> Level:
        """How much it matters."""
        return "info"

    @property
    def name(self) -> str:
        """The static name of the event."""
        return str(self.__struct_config__.tag)


class CircuitOpened(LogEvent, frozen=True, kw_only=True, tag="circuit_opened"):
    """A check of a parent failed twice: the children it affects start nothing."""

    failed_child: Failed
    check: Annotated[str, _field("name of the check that failed")]
    error: Error
    error_scope: Literal["infrastructure"] = "infrastructure"
    impact: Literal["subtree"] = "subtree"
    withheld: Annotated[Count, _field("workers that start nothing meanwhile", "workers")]
    retry_attempt: Attempt
    next_retry_in: NextRetry = None
    max_attempts: MaxAttempts

    @property
    def level(self) -> Level:
        """An error."""
        return "error"


RecoveryStatus = Annotated[
    Literal["attempting_recovery", "persistent_failure", "escalation_imminent"],
    _field("up to half of the attempts; fewer than all; from the one that escalates on"),
]


class CircuitOpen(LogEvent, frozen=True, kw_only=True, tag="circuit_open"):
    """A circuit is still open: at each retry, and at least every 30 s."""

    failed_child: Failed
    retry_attempt: Attempt
    max_attempts: MaxAttempts
    elapsed_downtime: Downtime
    next_retry_in: NextRetry = None
    recovery_status: RecoveryStatus

    @property
    def level(self) -> Level:
        """A warning."""
        return "warning"


class CircuitClosed(LogEvent, frozen=True, kw_only=True, tag="circuit_closed"):
    """The check is healthy again, or the one at fault is gone."""

    child_name: Failed
    total_downtime: Downtime
    attempts: Attempt


class RestartPlanned(LogEvent, frozen=True, kw_only=True, tag="restart_planned"):
    """A child at fault is restarted after its backoff."""

    retry_attempt: Attempt
    max_attempts: MaxAttempts
    next_retry_in: NextRetry
    error: Error

    @property
    def level(self) -> Level:
        """A warning."""
        return "warning"


class EscalationWarning(LogEvent, frozen=True, kw_only=True, tag="escalation_warning"):
    """One attempt is left before it escalates."""

    child_name: Child
    attempts_remaining: Attempt
    total_downtime: Downtime
    error: Error

    @property
    def level(self) -> Level:
        """A warning."""
        return "warning"


class EscalationRequired(
    LogEvent, frozen=True, kw_only=True, tag="escalation_required", omit_defaults=False
):
    """Retries do not help; whoever `notify:` names is notified. Once until healthy for long."""

    child_name: Child
    max_attempts: MaxAttempts
    total_downtime: Downtime
    error: Error
    runbook_url: Annotated[str, _field("what to do, of this worker type")]
    explain: Annotated[str, _field("the command that prints such a page")]
    manual_steps: Annotated[tuple[str, ...], _field("what to do, in order, by its type")]

    @property
    def level(self) -> Level:
        """An error."""
        return "error"


class WorkerError(LogEvent, frozen=True, kw_only=True, tag="worker_error"):
    """A worker's own error: its code raised, it cannot be observed, derived, created or stopped.

    At debug while it merely waits: for another worker, an open circuit, or its own stop.
    """

    error: Error
    source: Annotated[str, _field("where: a condition's type, or the call that raised")]
    error_scope: Literal["worker"] = "worker"
    impact: Literal["single_worker"] = "single_worker"
    waits: Annotated[bool, _field("whether it merely waits")] = False

    @property
    def level(self) -> Level:
        """A warning, unless it waits."""
        return "debug" if self.waits else "warning"


class ConditionChanged(LogEvent, frozen=True, kw_only=True, tag="condition_changed"):
    """Something about a worker is not as it should be, or is again."""

    condition: Annotated[str, _field("type of the condition, as in `fsmv2 status`")]
    status: Annotated[Literal["True", "False", "Unknown"], _field("True: as it should be")]
    reason: Annotated[str, _field("why; empty when it is as it should be")] = ""

    @property
    def level(self) -> Level:
        """A warning, unless all is well again."""
        return "info" if self.status == "True" else "warning"


class ChildrenReconciled(
    LogEvent, frozen=True, kw_only=True, tag="children_reconciled", omit_defaults=False
):
    """The children of a worker were made what it declares, and something had to be changed."""

    added: Annotated[Count, _field("children created", "workers")] = 0
    updated: Annotated[Count, _field("children that go on with what changed", "workers")] = 0
    removed: Annotated[Count, _field("children asked to stop, to be removed", "workers")] = 0
    recreated: Annotated[Count, _field("children to be replaced by a new instance", "workers")] = 0
    duration_ms: Annotated[
        float | None, _field("from the first look to the last change; null in a replay", "ms")
    ] = None


class ActionStarted(LogEvent, frozen=True, kw_only=True, tag="action_started"):
    """A step asked for an action, which is queued or runs now."""

    action_type: Annotated[str, _field("name of the action")]


class ActionCompleted(
    LogEvent, frozen=True, kw_only=True, tag="action_completed", omit_defaults=False
):
    """An action ended, in whatever way.

    Info when it succeeded or was cancelled, a warning when it failed, an error when it timed out.
    """

    action_type: Annotated[str, _field("name of the action")]
    success: Annotated[bool, _field("whether it succeeded")]
    outcome: Annotated[Outcome, _field("stuck: given up long after its timeout")]
    duration_ms: Annotated[float, _field("from the request to the end, waiting included", "ms")]
    attempt: Annotated[Count, _field("how often it was tried in a row, this time included")]
    backoff_delay: Annotated[
        float | None, _field("until the same may be tried again; null: no retry", "s")
    ] = None
    error: Annotated[str, _field("what it raised; empty when it succeeded")] = ""

    @property
    def level(self) -> Level:
        """By the outcome."""
        if self.outcome in (Outcome.TIMED_OUT, Outcome.STUCK):
            return "error"
        return "warning" if self.outcome is Outcome.FAILED else "info"


class StateChanged(LogEvent, frozen=True, kw_only=True, tag="state_changed"):
    """A worker went into another state; a warning when that one is failed or degraded."""

    from_state: Annotated[str, _field("the state before; `state` is the new one")]
    phase: Annotated[str, _field("phase of the new state")]
    reason: Annotated[str, _field("the reason that the step gave")]

    @property
    def level(self) -> Level:
        """By the phase."""
        return "warning" if self.phase in ("failed", "degraded") else "info"


class VariablesPropagated(LogEvent, frozen=True, kw_only=True, tag="variables_propagated"):
    """The variables of a worker changed, and its children derive from them."""

    depth: Annotated[Count, _field("levels above this worker", "levels")]
    variables: Annotated[Count, _field("user variables it has now", "variables")]
    children: Annotated[Count, _field("children that inherit them", "workers")]

    @property
    def level(self) -> Level:
        """For debugging."""
        return "debug"


class TemplateRendered(LogEvent, frozen=True, kw_only=True, tag="template_rendered"):
    """A derive rendered templates; those whose inputs are unchanged are not rendered."""

    templates: Annotated[Count, _field("texts and structures rendered", "templates")]

    @property
    def level(self) -> Level:
        """For debugging."""
        return "debug"


class Ticked(LogEvent, frozen=True, kw_only=True, tag="tick"):
    """One look at one worker."""

    causes: Annotated[tuple[str, ...], _field("why it was looked at")]
    more_causes: Annotated[Count, _field("causes beyond those", "causes")] = 0
    control: Annotated[str, _field("the state that it is to be in")]
    decisions: Annotated[tuple[str, ...], _field("transitions and actions, in order")] = ()
    reason: Annotated[str, _field("the reason for its state")]
    gate: Annotated[str, _field("why steps were withheld; empty: they were not")] = ""

    @property
    def level(self) -> Level:
        """For debugging."""
        return "debug"
