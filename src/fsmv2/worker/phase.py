"""What an FSM state means to everyone but its author; declared for each state, read by health."""

from __future__ import annotations

import enum


class Phase(enum.StrEnum):
    """The meaning of an FSM state. Health and ordering read phases, never the names of states."""

    INITIAL = "initial"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    DEGRADED = "degraded"
    STOPPING = "stopping"
    FAILED = "failed"
