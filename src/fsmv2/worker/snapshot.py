"""What a step may see: one frozen picture of its own worker, and the status of its children."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Generic

import msgspec
from typing_extensions import TypeVar

from fsmv2.spec import DesiredState, ObservedState, UserSpec
from fsmv2.worker.phase import Phase

S = TypeVar("S", bound=UserSpec, default=Any)
O = TypeVar("O", bound=ObservedState, default=Any)  # noqa: E741  (S and O: spec and observed)

NO_STATUS: Mapping[str, ChildStatus] = MappingProxyType({})


class ChildStatus(msgspec.Struct, frozen=True, gc=False):
    """What a parent or dependent sees of a worker.

    `healthy` is true in a running phase with a fresh observation. `reason` is the sentence the
    worker gave for being as it is.
    """

    type: str
    state: str
    phase: Phase
    healthy: bool
    fresh: bool
    reason: str


class Outcome(enum.StrEnum):
    """How an action ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    STUCK = "stuck"


class ActionResult(msgspec.Struct, frozen=True):
    """The last action that ended: `ended_at` in seconds of the same clock as `Snapshot.now`.

    `result` is what the action returned; `error` says why it did not succeed. While a failed
    action is still being retried the FSM does not see it here; it sees the last try's result.
    """

    action: str
    outcome: Outcome
    ended_at: float
    error: str = ""
    result: Any = None

    @property
    def succeeded(self) -> bool:
        """Whether the action did what it was asked."""
        return self.outcome is Outcome.SUCCEEDED


class Snapshot(msgspec.Struct, Generic[S, O], frozen=True, kw_only=True):
    """All that a step may know. Times are seconds of one monotonic clock; only differences count.

    Before the first observation `observed` is `ObservedType()`, with `fresh` false; a step is
    asked then only to stop or to hold. `attempt` counts the failures since the last five healthy
    minutes and `retry_at` is when the next try is due; both move when a state of phase *failed*
    is entered and when the engine restarts the worker.
    """

    path: str
    state: str
    spec: S
    desired: DesiredState | None
    control: str
    should_stop: bool
    observed: O
    observed_at: float | None
    fresh: bool
    observe_error: str
    last_action: ActionResult | None
    now: float
    since: float
    children: Mapping[str, ChildStatus] = NO_STATUS
    dependencies: Mapping[str, ChildStatus] = NO_STATUS
    attempt: int = 0
    retry_at: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since this state was entered."""
        return self.now - self.since
