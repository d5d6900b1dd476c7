"""Detect only: a subtree is observed and decided about, and what would be done is only said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core.conditions import CONVERGED
from fsmv2.worker import Act

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def detects(s: Supervisor) -> bool:
    """Whether nothing may be done for `s`: by the settings, its own child spec, or one above."""
    if s.core.settings.detect_only:
        return True
    above: Supervisor | None = s
    while above is not None:
        if above.declared.detect_only:
            return True
        above = above.parent
    return False


def report_drift(core: Core, s: Supervisor, answer: Act) -> None:
    """Say what the step asked for, instead of doing it."""
    s.reason = f"detect only: would run {answer.action}: {answer.reason}"
    if s.conditions is None or CONVERGED not in s.conditions:
        core.counters.drifts += 1
    core.set_condition(s, CONVERGED, s.reason)
