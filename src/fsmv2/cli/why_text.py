"""The answer to `why`, for people: what a worker is, why, and what it will do next."""

from __future__ import annotations

from collections.abc import Iterator

from fsmv2.cli.observation_text import seen_text, tried_text
from fsmv2.operate.time_text import clock_text, date_text, duration_text, local_times
from fsmv2.operate.worker_status import DUE, WorkerStatus, reason_text
from fsmv2.view.node_view import NodeView
from fsmv2.view.phase import Phase

MOST = 8
"""Children in trouble that are shown."""


def lines_of(answer: WorkerStatus) -> Iterator[str]:
    """The answer, line by line."""
    node = answer.node
    yield f"{node.path} ({node.type}): {node.state}, for {duration_text(node.age)}"
    for name, text in (
        ("document", answer.document),
        ("because", node.reason),
        ("asked", f"{node.control}: {node.control_reason}" if node.control_reason else ""),
        ("paused", next((t for t in node.overrides if t.startswith("paused by")), node.paused)),
        *(("override", text) for text in node.overrides if not text.startswith("paused by")),
        ("held", node.held),
        ("ended", node.ended),
        ("withheld", answer.withheld),
        *(("condition", f"{c.type}: {c.reason}") for c in node.conditions),
        *(("check", f"{check}: {said}") for check, said in node.checks.items()),
        ("does", answer.action.text if answer.action is not None else ""),
        ("seen", seen_text(node.observed, node.observed_age, fresh=node.fresh)),
        ("tried", tried_text(node.attempts, node.retry_in, node.next_delays)),
        *(("next", f"in {duration_text(due)} it {DUE[kind]}") for kind, due in answer.due.items()),
        *(("to do", f"({n}) {step}") for n, step in enumerate(answer.manual_steps, 1)),
        ("runbook", ", ".join(filter(None, (answer.explain, answer.runbook)))),
        *(("below", text) for text in _below(answer.below)),
        *(("lately", f"{clock_text(at)}  {text}") for at, text in answer.lately),
    ):
        if text:
            yield f"  {name:10}{' '.join(local_times(text).split())}"
    if answer.past:
        yield answer.past
    elif answer.missing:
        yield (
            f"process {answer.process} runs it; this was so at {date_text(answer.at)}, and nothing "
            f"is recorded since: {answer.missing}"
        )
    elif answer.process:
        yield f"process {answer.process} runs it; this was so at {clock_text(answer.at)}"
    else:
        yield f"it is no longer running; this was so at {date_text(answer.at)}"


def _below(children: list[NodeView]) -> Iterator[str]:
    trouble = [c for c in children if not c.healthy and c.phase is not Phase.STOPPED]
    for child in trouble[:MOST]:
        yield f"{child.name} ({child.type}): {child.state}: {reason_text(child)}"
    if rest := len(children) - len(trouble[:MOST]):
        yield f"{rest} {'more' if trouble else 'all healthy or stopped'}"
