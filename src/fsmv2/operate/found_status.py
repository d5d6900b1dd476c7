"""Finds what a worker of a core is, why, and what it will do next."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fsmv2.core import Supervisor, TickRecord
from fsmv2.core.policy.escalation import explain_command, runbook_url
from fsmv2.core.state.conditions import RECOVERS
from fsmv2.operate.current_action import CurrentAction, action_text
from fsmv2.operate.path_version import worker_version
from fsmv2.operate.worker_status import DUE, WorkerStatus
from fsmv2.runtime.view import history, view_node

MOST = 8
"""Decisions of late that are kept in a status."""


def status_of(
    s: Supervisor,
    *,
    process: str,
    later: float = 0.0,
    missing: str = "",
    past: str = "",
    document: str = "",
    below: bool = True,
) -> WorkerStatus:
    """The status of a worker; on the loop of its core, or of a core that nobody runs.

    `later`: seconds that have passed since the last event, in which nothing has changed.
    `below`: with its children, which may be thousands.
    """
    node = view_node(s)
    records = history(s)
    escalated = RECOVERS in (s.conditions or {})
    return WorkerStatus(
        at=s.tree.wall() + later,
        process=process,
        missing=missing,
        past=past,
        document=document,
        node=msgspec.structs.replace(
            node,
            age=node.age + later,
            observed_age=None if node.observed_age is None else node.observed_age + later,
            retry_in=max(0.0, node.retry_in - later),
        ),
        due={
            kind: max(0.0, due - s.tree.now - later)
            for kind, due in sorted(s.timers.items(), key=lambda item: item[1])
            if kind in DUE
        },
        withheld=records[-1].gate if records else "",
        below=[view_node(child) for child in s.children.values()] if below else [],
        lately=[one for record in records for one in _decided(s, record)][-MOST:],
        version=worker_version(s),
        action=_action_of(s, s.tree.now + later),
        manual_steps=s.definition.manual_steps if escalated else (),
        explain=explain_command(s.definition) if escalated else "",
        runbook=runbook_url(s.tree.settings, s.definition) if escalated else "",
    )


def _action_of(s: Supervisor, now: float) -> CurrentAction | None:
    running = s.action
    if running is None:
        return None
    name, timeout = running.definition.name, running.definition.timeout
    age, queued = now - running.started, running.queued
    return CurrentAction(
        name=name,
        age=age,
        timeout=timeout,
        queued=queued,
        cancelled=running.cancelled,
        text=action_text(name, age, timeout, queued=queued, cancelled=running.cancelled),
    )


def _decided(s: Supervisor, record: TickRecord) -> Iterator[tuple[float, str]]:
    """When, and what; a transition has its own reason, an action that of its tick."""
    for number, text in enumerate(record.decisions, start=1):
        explained = text.startswith("goto ") or number < len(record.decisions) or not record.reason
        reason = "" if explained else f": {record.reason}"
        yield s.tree.epoch + record.at, text + reason
