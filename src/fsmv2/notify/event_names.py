"""What a report is: by the name and level that the log has for it."""

from __future__ import annotations

from collections.abc import Mapping

from fsmv2.core import Report

REQUIRED = "escalation_required"
ACKNOWLEDGED = "escalation_acknowledged"
ENDED = "escalation_ended"
RECOVERED = "Recovers=True"
"""The text of the report that an escalation is over."""

OF_ESCALATIONS = (REQUIRED, ACKNOWLEDGED, ENDED)
"""What a target is sent of every escalation at its paths."""

OWN_CONDITION = "NotificationsSent="
"""How reports begin that say how notifications themselves fare."""


def event_of(report: Report, names: Mapping[str, str]) -> str:
    """The name of what happened; '' for what says the same as another report.

    `names` are those of reports without an event of their own, by kind.
    """
    if report.kind == "condition" and report.text.startswith("Recovers="):
        return ENDED if report.text == RECOVERED else ""
    if report.event is not None:
        return report.event.name
    return names.get(report.kind, report.kind)


def level_of(report: Report) -> str:
    """How much it matters: as the log has it, and more if it is critical."""
    if report.event is None or report.level == "critical":
        return report.level
    return report.event.level
