"""Describes one worker of a core, with all there is to know of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import yaml

from fsmv2.core import Core, Supervisor
from fsmv2.core.policy.escalation import explain_command, runbook_url
from fsmv2.operate.credential_masks import masked
from fsmv2.operate.found_status import status_of
from fsmv2.operate.trouble import rows_of
from fsmv2.operate.worker_description import (
    ConditionText,
    Decision,
    DueText,
    WorkerDescription,
)
from fsmv2.operate.worker_status import DUE
from fsmv2.runtime.view import view_node
from fsmv2.worker import WorkerFactory

MOST_CHILDREN = 20
"""Children with a line of their own; the others are counted."""

EVENTS = 8
"""Events that are shown of what happened to it."""

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def description_of(
    core: Core,
    s: Supervisor,
    factory: WorkerFactory,
    *,
    process: str,
    later: float = 0.0,
    missing: str = "",
    past: str = "",
    document_change: str = "",
    recorded: bool = False,
) -> WorkerDescription:
    """Describe a worker, without events; on the loop of its core, or of one that nobody runs.

    `later`: seconds that have passed since the last event, in which nothing has changed.
    """
    status = status_of(s, process=process, later=later, below=False)
    node, now = status.node, s.tree.now + later
    # Of thousands of children only those that are shown are looked at: this is on the loop of
    # supervision.
    children = sorted(s.children.values(), key=lambda child: child.status.healthy)
    shown = rows_of([view_node(child) for child in children[:MOST_CHILDREN]], factory)
    return WorkerDescription(
        at=status.at,
        process=process,
        recorded=recorded,
        missing=missing,
        past=past,
        document_change=document_change,
        path=node.path,
        type=node.type,
        state=node.state,
        phase=node.phase.value,
        healthy=node.healthy,
        reason=node.reason,
        since=node.since,
        age=node.age,
        incarnation=node.incarnation,
        control=node.control,
        control_reason=node.control_reason,
        goal=s.definition.goal,
        states={name: one.phase.value for name, one in s.definition.states.items()},
        held=node.held,
        paused=node.paused,
        ended=node.ended,
        withheld=status.withheld,
        conditions=tuple(
            ConditionText(type=c.type, status=c.status, reason=c.reason, age=now - c.since)
            for c in node.conditions
        ),
        checks=dict(node.checks),
        overrides=node.overrides,
        action=status.action,
        observed=node.observed,
        observed_age=node.observed_age,
        fresh=node.fresh,
        attempts=node.attempts,
        retry_in=node.retry_in,
        next_delays=node.next_delays,
        due=tuple(
            DueText(kind=kind, text=DUE[kind], seconds=seconds)
            for kind, seconds in status.due.items()
        ),
        children=tuple(sorted(shown, key=lambda row: row.rank)),
        more_children=dict(Counter(child.type_name for child in children[MOST_CHILDREN:])),
        config=_config_text(s),
        lately=tuple(Decision(at=at, text=text) for at, text in status.lately),
        events=(),
        runbook=runbook_url(core.settings, s.definition),
        explain=explain_command(s.definition),
        manual_steps=s.definition.manual_steps,
        version=status.version,
    )


def _config_text(s: Supervisor) -> str:
    """Its rendered config; secrets are tokens in it already, and what looks like one is masked."""
    if s.desired is None or s.desired.config is None:
        return ""
    data = msgspec.to_builtins(s.desired.config, enc_hook=str)
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=100)
    return masked(text)
