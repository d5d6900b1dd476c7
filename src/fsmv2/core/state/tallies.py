"""What the core counts by type, state, cause and the like: for metrics, and for nothing else.

Dicts by small sets, counted up where it happens, at the price of one lookup. Another thread reads
them without a lock: copying a dict is one step of the interpreter. They decide nothing, so no
checkpoint holds them, and a replay counts its own.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from fsmv2.core.contract.buckets import RECOVERY
from fsmv2.model.data.histogram import Histogram, add_to

Operation = Literal["add", "update", "remove", "recreate"]

RestartReason = Literal[
    "fault", "silence", "ended", "group", "escalation", "change", "secret", "request"
]
"""Why a worker is restarted: found at fault, silent, ended though it should run, with its group,
with a parent whose child kept failing, for a new spec or config, for a new secret, or because
somebody asked."""

OTHER = "other"

ERROR_TYPES = 50
"""Classes of errors that are counted by name; authors may make them as they run."""


class Tallies:
    """By label or labels, how often since the core was made; and durations by the core's clock."""

    __slots__ = (
        "causes",
        "check_failures",
        "checks",
        "cleanup_failures",
        "cleanups",
        "during_circuit",
        "escalations",
        "failing_templates",
        "observation_errors",
        "observations",
        "post_circuit_seconds",
        "reconciliations",
        "recoveries",
        "recovery_seconds",
        "restart_failures",
        "restarts",
        "root_changes",
        "template_errors",
        "transitions",
        "variable_errors",
        "variable_levels",
        "variable_origin",
    )

    def __init__(self) -> None:
        self.causes: defaultdict[str, int] = defaultdict(int)
        self.transitions: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self.observations: defaultdict[tuple[str, bool], int] = defaultdict(int)
        self.observation_errors: defaultdict[str, int] = defaultdict(int)
        self.checks: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        self.check_failures: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.recoveries: defaultdict[str, int] = defaultdict(int)
        self.recovery_seconds: dict[str, Histogram] = {}
        self.during_circuit: defaultdict[str, int] = defaultdict(int)
        self.post_circuit_seconds: dict[str, Histogram] = {}
        self.escalations: defaultdict[str, int] = defaultdict(int)
        self.restarts: defaultdict[tuple[str, RestartReason], int] = defaultdict(int)
        self.restart_failures: defaultdict[str, int] = defaultdict(int)
        self.reconciliations: defaultdict[tuple[str, Operation], int] = defaultdict(int)
        self.cleanups = 0
        self.cleanup_failures = 0
        self.template_errors: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.failing_templates: dict[str, str] = {}
        """By path, the type of each worker whose last derive ended with a template's error."""
        self.variable_errors = 0
        self.variable_origin = 0
        self.variable_levels = 0
        """How many levels the last change of a variable went down from where it was made."""
        self.root_changes = 0

    def recovered(self, type_: str, seconds: float) -> None:
        """A circuit closed after so long."""
        self.recoveries[type_] += 1
        add_to(self.recovery_seconds, type_, RECOVERY, seconds)

    def outlasted_circuit(self, type_: str, seconds: float) -> None:
        """An action ended so long after the circuit above its worker had opened."""
        add_to(self.post_circuit_seconds, type_, RECOVERY, seconds)

    def template_failed(self, path: str, type_: str, error: Exception) -> None:
        """A template of the worker could not be rendered."""
        key = type_, type(error).__name__
        if key not in self.template_errors and len(self.template_errors) >= ERROR_TYPES:
            key = type_, OTHER
        self.template_errors[key] += 1
        self.failing_templates[path] = type_

    def variables_changed(self, depth: int) -> None:
        """They were changed at this level, and will be passed down from there."""
        self.variable_origin, self.variable_levels = depth, 0

    def variables_passed(self, depth: int) -> None:
        """A change has come down to this level."""
        self.variable_levels = max(self.variable_levels, depth - self.variable_origin)
