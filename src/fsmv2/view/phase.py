"""What an FSM state means to everyone but its author; declared for each state, read by health."""

from __future__ import annotations

import enum


class Phase(enum.StrEnum):
    """The meaning of an FSM state. Health and ordering read phases, never the names of states."""

    INITIAL = "initial"
    """Nothing is known of it yet: it has not been observed."""
    STOPPED = "stopped"
    """It does not run, and is not meant to."""
    STARTING = "starting"
    """It is on its way to running."""
    RUNNING = "running"
    """It does what it should; the only phase in which a worker is healthy."""
    DEGRADED = "degraded"
    """It runs, and something about it is wrong. Nothing is restarted for that alone."""
    STOPPING = "stopping"
    """It is on its way to stopped."""
    FAILED = "failed"
    """It is down and needs another try: entering this phase counts as a failed attempt, and the
    next try waits for the backoff."""
