"""Conditions: what is unusual about a supervisor, each with a reason an operator understands.

Only what is not as it should be is kept, so an undisturbed worker carries none.
"""

from __future__ import annotations

from fsmv2.view import condition

DERIVED = "Derived"
FRESH = "Fresh"
OBSERVED = "Observed"
CREATED = "Created"
CHILDREN = "ChildrenAccepted"
MAPPED = "Mapped"
CIRCUIT = "CircuitClosed"
BREAKER = "BreakerClosed"
STEPS = "StepsRun"
SETTLED = "Settled"
ACTION = "ActionEnds"
WAITING = "WaitsEnd"
STORED = "Stored"
DEPENDENCIES = "DependenciesOrdered"
PURE = "Pure"
UNBLOCKING = "LoopFree"
SECRETS = "SecretsRead"
STATE_DIRECTORY = "StateKept"
MANAGED = condition.MANAGED
RECOVERS = condition.RECOVERS
NOTIFICATIONS = "NotificationsSent"
CONVERGED = "Converged"
APPLIED = "Applied"

OF_THE_PATH = (MANAGED, RECOVERS, STATE_DIRECTORY, NOTIFICATIONS)
"""Those that hold for a path, whichever instance runs there."""

NO_HARM_TO_HEALTH = (MANAGED, CONVERGED, APPLIED, RECOVERS, NOTIFICATIONS)
"""Of a parent all others that are False do. The first three were asked for: a pause, what
`detect_only` leaves undone, and a change that waits for the end of another's pause; the fourth
stays until five *healthy* minutes have passed; and that somebody cannot be notified of a plant says
nothing of the plant."""

OF_THE_WORKER = (DERIVED, OBSERVED, CREATED, CHILDREN, MAPPED, ACTION)
"""Those that are an error of the worker itself, its code or its declaration."""

TOLD_BY_OTHERS = (CIRCUIT, RECOVERS, STEPS)
"""Those that the log has as events of their own: a circuit that opens, an escalation, an error."""
