"""What a report is, by one name: escalations told apart, everything else by its kind."""

from __future__ import annotations

from fsmv2.core import Report

REQUIRED = "escalation_required"
ACKNOWLEDGED = "escalation_acknowledged"
ENDED = "escalation_ended"
WARNING = "escalation_warning"

OF_ESCALATIONS = (REQUIRED, ACKNOWLEDGED, ENDED)
"""What a target is sent of every escalation at its paths."""

OWN_CONDITION = "NotificationsSent="
"""How reports begin that say how notifications themselves fare."""


def event_of(report: Report) -> str:
    """The name of what happened; '' for what says the same as another report."""
    if report.kind == "escalation":
        if report.text.startswith("EscalationRequired"):
            return REQUIRED
        return ACKNOWLEDGED if report.text.startswith("acknowledged by ") else WARNING
    if report.kind == "condition" and report.text.startswith("Recovers="):
        return ENDED if report.text == "Recovers=True" else ""
    return report.kind
