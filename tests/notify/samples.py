"""Notifications and reports for tests, and a way to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fsmv2.core import Report
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
    return report("EscalationRequired: 5 attempts", "escalation", path, "critical")


def recovered(path: str = "edge/a") -> Report:
    return report("Recovers=True", "condition", path, "info", "running")


def eventually(condition: Callable[[], Any]) -> Any:
    """Wait until it holds, for as long as a busy machine may take."""
    limit = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < limit, "it never came to that"
        time.sleep(0.01)
    return found
