"""The small records of a supervisor and of its tree: data that several files of the core share.

Each belongs to one file of policy, life or phases, which alone changes it; it stands here so that
a supervisor can name it without knowing what is done with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from fsmv2.core.state.stop_kind import StopKind
from fsmv2.core.state.tick_record import Cause
from fsmv2.worker import ActionDefinition, Fault


class StopRequest(msgspec.Struct, frozen=True):
    """Why a supervisor is to stop, and what for.

    `deadline` is the moment for the whole subtree that stops together, not one per level (H10).
    """

    kind: StopKind
    deadline: float
    reason: str


class DecidedBy(Enum):
    """Who decides the control state, strongest first."""

    STOP = "stop"
    ENDED = "ended"
    DISABLED = "disabled"
    NOT_DERIVED = "not derived"
    HOLD = "hold"
    REQUIREMENT = "requirement"
    PARENT = "parent"
    OWN = "own"


class ControlDecision(msgspec.Struct, frozen=True, gc=False):
    """The control state, which alone counts for the FSM; who decided it, and why, as words.

    One object, so that another thread that reads it (`permission`) never sees half of a change.
    """

    state: str
    by: DecidedBy
    reason: str


class Ended(msgspec.Struct, frozen=True):
    """Why a child does not run although it is declared and enabled.

    `normally`: it finished, or its significant children did. `by_itself`: not because of its
    group. `until`: when it is restarted, in seconds of the core's clock; None: not by itself.
    `planned`: it finished after it had been ready.
    """

    reason: str
    normally: bool
    by_itself: bool = True
    until: float | None = None
    planned: bool = False


class RunningAction:
    """The action that is queued or running now. `urgent`: begun to stop or to hold.

    `queued`: it has waited for a slot for so long that it is reported. `started`: when it got its
    slot, if that was reported, else when it was asked for, as `since`.
    """

    __slots__ = (
        "args",
        "cancelled",
        "circuit_opened_at",
        "definition",
        "id",
        "queued",
        "since",
        "started",
        "stops",
        "urgent",
    )

    def __init__(
        self,
        id_: int,
        definition: ActionDefinition,
        args: Mapping[str, Any],
        urgent: bool,
        since: float,
        *,
        stops: bool,
    ) -> None:
        self.id = id_
        self.definition = definition
        self.args = args
        self.urgent = urgent
        self.stops = stops
        self.since = self.started = since
        self.cancelled = self.queued = False
        self.circuit_opened_at: float | None = None


class RequestedAction:
    """The action last asked for, how its tries went, and when the next one is due."""

    __slots__ = ("args", "due", "failures", "name", "successes")

    def __init__(self, name: str, args: Mapping[str, Any]) -> None:
        self.name = name
        self.args = args
        self.failures = 0
        self.successes = 0
        self.due = 0.0


class Breaker:
    """The times of recent exceptions, and whether steps are stopped because of them."""

    __slots__ = ("last", "open", "openings", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.open = False
        self.openings = 0
        self.last = 0.0


class CheckState:
    """What one check said lately; `unknown`: why it could say nothing the last time, or empty."""

    __slots__ = ("fault", "first_at", "open", "opened_at", "unknown")

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.unknown = ""
        self.first_at = 0.0
        self.open = False
        self.opened_at = 0.0

    def __str__(self) -> str:
        """How it is reported."""
        if self.fault is None:
            return f"unknown: {self.unknown}" if self.unknown else "healthy"
        sure = "" if self.open else ", to be confirmed"
        found = f"{self.fault.at_fault} is at fault{sure}: {self.fault.reason}"
        return f"{found}; unknown now: {self.unknown}" if self.unknown else found


class SecretChanges:
    """What the core knows of them: those that changed, those that cannot be read."""

    __slots__ = ("causes", "changed", "unread")

    def __init__(self) -> None:
        self.changed: dict[str, str] = {}  # by source, what is reported of it
        self.unread = ""
        self.causes: list[Cause] = []  # that were found in the tick of now
