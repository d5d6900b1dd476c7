"""Detect only: a subtree is observed and decided about, and what would be done is only said."""

from __future__ import annotations

from fsmv2.core.state.conditions import CONVERGED
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree
from fsmv2.worker import Act


def detects(s: Supervisor) -> bool:
    """Whether nothing may be done for `s`: by the settings, its own child spec, or one above."""
    if s.tree.settings.detect_only:
        return True
    above: Supervisor | None = s
    while above is not None:
        if above.declared.detect_only:
            return True
        above = above.parent
    return False


def report_drift(tree: Tree, s: Supervisor, answer: Act) -> str:
    """Say what the step asked for, instead of doing it; returns that as words."""
    drift = f"detect only: would run {answer.action}: {answer.reason}"
    if s.conditions is None or CONVERGED not in s.conditions:
        tree.counters.drifts += 1
    tree.set_condition(s, CONVERGED, drift)
    return drift
