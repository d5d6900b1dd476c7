"""Escalate to people when retries do not help, and start over after a healthy while."""

from __future__ import annotations

from fsmv2.core.contract.log_events import (
    EscalationRequired,
    EscalationWarning,
    RestartPlanned,
)
from fsmv2.core.contract.settings import EngineSettings
from fsmv2.core.policy import detect_only, overrides
from fsmv2.core.policy.attempts import count_failure, forget_failures
from fsmv2.core.state.conditions import RECOVERS
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.worker import WorkerDefinition

ACKNOWLEDGED = " — acknowledged by "
"""Between what an escalation says and who has taken it over."""

RUNBOOK = "docs/runbook"
"""Where the runbook of fsmv2 is, unless the settings say otherwise."""

OWN_PAGE = "fsmv2:"
"""`fsmv2:bridge` as the runbook of a type: the page `bridge` of the runbook of fsmv2."""

ANY_TYPE = "escalation"
"""The page for a type that names none."""


def escalate(tree: Tree, s: Supervisor, reason: str) -> None:
    """Warn at the fourth attempt, escalate at the fifth; once until healthy (H42)."""
    attempts, settings = s.attempts, tree.settings
    if attempts is None:
        return
    if tree.log is not None:
        tree.log.failed(s, attempts.count)
    if attempts.count >= settings.warn_at and not attempts.warned:
        attempts.warned = True
        left = settings.escalate_at - attempts.count
        tree.report(
            "escalation",
            s,
            f"{left} attempt left before it escalates: {reason}",
            level="warning",
            event=EscalationWarning(
                child_name=s.name,
                attempts_remaining=left,
                total_downtime=_downtime(tree, s),
                error=reason,
            ),
        )
    if attempts.count >= settings.escalate_at and not attempts.escalated:
        attempts.escalated = True
        tree.counters.escalations += 1
        tree.tallies.escalations[s.type_name] += 1
        said_why, backoff = reason.rstrip("."), s.backoff
        text = (
            f"EscalationRequired: {attempts.count} attempts without {backoff.reset_after:.0f} "
            f"healthy seconds: {said_why}. Retries continue, at most "
            f"{backoff.cap:.0f} s apart." + _what_to_do(tree, s.definition)
        )
        event = EscalationRequired(
            child_name=s.name,
            max_attempts=settings.escalate_at,
            total_downtime=_downtime(tree, s),
            error=reason,
            runbook_url=runbook_url(settings, s.definition),
            explain=explain_command(s.definition),
            manual_steps=s.definition.manual_steps,
        )
        tree.report("escalation", s, text, level="critical", event=event)
        tree.set_condition(s, RECOVERS, _in_short(s, attempts.count, said_why), reported=True)
        parent = s.parent
        wanted = parent.desired if parent is not None else None
        if parent is not None and wanted is not None and wanted.escalation == "restart":
            plan_repair(tree, parent, f"{s.name} failed {attempts.count} times")


def plan_repair(tree: Tree, s: Supervisor, reason: str) -> None:
    """Have `s` restarted after its backoff, and count the attempt."""
    if s.stop is not None or s.ended is not None or "repair" in s.timers:
        return
    if detect_only.detects(s) or overrides.paused_by(s):
        return
    due = count_failure(tree, s)
    assert s.attempts is not None  # noqa: S101  (`count_failure` has just set it)
    tree.set_timer(s, "repair", due)
    tree.report(
        "repair",
        s,
        f"restart {s.attempts.count} in {due - tree.now:.1f} s: {reason}",
        level="warning",
        event=RestartPlanned(
            retry_attempt=s.attempts.count,
            max_attempts=tree.settings.escalate_at,
            next_retry_in=round(due - tree.now, 3),
            error=reason,
        ),
    )
    escalate(tree, s, reason)


def runbook_url(settings: EngineSettings, definition: WorkerDefinition) -> str:
    """Where somebody reads what to do: the address that the type names, else a page of a runbook.

    That is the one at the settings' address, which has a page for each type, or that of fsmv2.
    """
    page = _own_page(definition)
    if definition.runbook and not page:
        return definition.runbook
    base = settings.runbook_url.rstrip("/")
    return f"{base}/{page or definition.name}" if base else f"{RUNBOOK}/{page or ANY_TYPE}.md"


def explain_command(definition: WorkerDefinition) -> str:
    """The command that prints what fsmv2 has to say of an escalation of this type."""
    return f"fsmv2 explain {_own_page(definition) or ANY_TYPE}"


def _own_page(definition: WorkerDefinition) -> str:
    own = definition.runbook.startswith(OWN_PAGE)
    return definition.runbook.removeprefix(OWN_PAGE) if own else ""


def _downtime(tree: Tree, s: Supervisor) -> float:
    return 0.0 if tree.log is None else tree.log.downtime(s)


def _in_short(s: Supervisor, attempts: int, why: str) -> str:
    """What stands in a list of workers: the cause, and the command that shows the steps."""
    definition = s.definition
    of_its_author = definition.manual_steps or definition.runbook
    more = explain_command(definition)
    if of_its_author and not _own_page(definition):
        more = f"fsmv2 describe {s.path}"
    retries = f"Retries continue, at most {s.backoff.cap:.0f} s apart"
    return f"failed {attempts} times: {why}. {retries}. What to do: {more}"


def _what_to_do(tree: Tree, definition: WorkerDefinition) -> str:
    """The type's own word to whoever is notified, and where there is more."""
    steps = "".join(f" ({n}) {step}" for n, step in enumerate(definition.manual_steps, 1))
    url = runbook_url(tree.settings, definition)
    where = "" if url.startswith(f"{RUNBOOK}/") else f" Runbook: {url}"
    known = f" `{explain_command(definition)}` has more."
    return (f" What to do:{steps}" if steps else "") + known + where


def acknowledge(tree: Tree, s: Supervisor, who: str, note: str) -> None:
    """Note who has taken it over; shown until it is healthy for long enough."""
    found = (s.conditions or {}).get(RECOVERS)
    text = who + (f": {note}" if note else "")
    tree.report("escalation", s, f"acknowledged by {text}")
    if found is not None:
        said = found.reason.partition(ACKNOWLEDGED)[0]
        tree.set_condition(s, RECOVERS, f"{said}{ACKNOWLEDGED}{text}", reported=True)


def prove(tree: Tree, s: Supervisor) -> None:
    """Healthy for as long as its next delay would be: it is in trouble no more."""
    if s.attempts is not None:
        s.attempts.proven = True
        tree.mark(s, Cause("timer", "healthy for as long as its next delay"))


def settle(tree: Tree, s: Supervisor) -> None:
    """Healthy for long enough: past attempts are forgotten (H49)."""
    forget_failures(s)
    tree.clear_condition(s, RECOVERS)
    tree.mark(s, Cause("timer", "healthy for long enough"))
