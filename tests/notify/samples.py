"""Notifications and reports for tests, and a way to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fsmv2.core import Report
from fsmv2.core.contract.log_events import EscalationRequired
from fsmv2.notify import Notification
from fsmv2.notify.notification import notification

PATIENCE = 30.0


def told(
    message: str = "it failed",
    *,
    event: str = "condition",
    level: str = "warning",
    path: str = "edge/a",
    at: float = 0.0,
) -> Notification:
    return notification(
        event=event, level=level, at=at, plant="edge", message=message, path=path, state="failed"
    )


def report(
    text: str,
    kind: str = "condition",
    path: str = "edge/a",
    level: str = "warning",
    state: str = "failed",
) -> Report:
    return Report(kind, path, text, 0.0, 0, level, state)  # type: ignore[arg-type]


def escalated(path: str = "edge/a") -> Report:
    text = "EscalationRequired: 5 attempts"
    event = EscalationRequired(
        child_name=path.rpartition("/")[2],
        max_attempts=5,
        total_downtime=9.5,
        error="no current",
        runbook_url="https://runbook.example/a",
        explain="fsmv2 explain escalation",
        manual_steps=("Look at the fuse.",),
    )
    return Report("escalation", path, text, 0.0, 0, "critical", "failed", "lamp", event)


def acknowledged(path: str = "edge/a") -> Report:
    return report("acknowledged by jo: on my way", "escalation", path, "info")


def recovered(path: str = "edge/a") -> Report:
    return report("Recovers=True", "condition", path, "info", "running")


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait until it holds, for as long as a busy machine may take."""
    limit = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < limit, "it never came to that"
        time.sleep(0.01)
    return found
