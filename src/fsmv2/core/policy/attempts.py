"""What is counted of a supervisor in trouble: its failed attempts, and when the next one is due."""

from __future__ import annotations

from fsmv2.core.state.backoff import Attempts
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree


def count_failure(tree: Tree, s: Supervisor) -> float:
    """Count one more; returns when the next attempt is due, by the core's clock."""
    attempts = s.attempts
    if attempts is None:
        attempts = s.attempts = Attempts()
    elif attempts.count:
        tree.tallies.restart_failures[s.type_name] += 1
    return attempts.fail(tree.now, s.backoff)


def forget_failures(s: Supervisor) -> None:
    """It has been healthy for long enough, or is restarted with what was at fault (H49)."""
    s.attempts = None
