"""What a step may see: one frozen picture of its own worker, and the status of its children."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic

import msgspec
from typing_extensions import TypeVar

from fsmv2.model import DesiredState, ObservedState, UserSpec
from fsmv2.view.phase import Phase
from fsmv2.worker.step_result import Step

S = TypeVar("S", bound=UserSpec, default=Any)
# S, O and R stand for spec, observed and resources, everywhere.
O = TypeVar("O", bound=ObservedState, default=Any)  # noqa: E741

T = TypeVar("T", default=Any)
W = TypeVar("W")

NO_STATUS: Mapping[str, ChildStatus] = MappingProxyType({})


class ChildStatus(msgspec.Struct, frozen=True, gc=False):
    """What a parent or dependent sees of a worker.

    `healthy` is true in a running phase with a fresh observation, and of a parent only while none
    of its conditions is False but those that were asked for (paused, detect-only). `reason` is the
    sentence the worker gave for being as it is, or what is wrong with a parent. `since` is when it
    entered its state, on the clock of `Snapshot.now`. `in_trouble`: it needs a look. It is degraded
    or failed, it waits for its next try or is starting after a failure, it starts above a worker in
    trouble, it runs and is not healthy, or it runs again and has not run for as long as its next
    delay would be: one that keeps failing does not stop being in trouble each time it comes up for
    a moment.
    """

    type: str
    """The name of its worker type."""
    state: str
    """The FSM state it is in."""
    phase: Phase
    """What that state means."""
    healthy: bool
    fresh: bool
    """Whether its last observation is recent enough to decide by."""
    reason: str
    since: float = 0.0
    in_trouble: bool = False

    def at(self, *states: Callable[..., Step]) -> bool:
        """Whether it is in one of these states, given as the methods of its class.

        `s.children["device"].at(Connection.up)`: a type checker finds the state that is none.
        """
        return any(self.state == state.__name__ for state in states)


class Outcome(enum.StrEnum):
    """How an action ended."""

    SUCCEEDED = "succeeded"
    """It returned."""
    FAILED = "failed"
    """It raised."""
    TIMED_OUT = "timed out"
    """It took longer than its `timeout` and was cancelled."""
    CANCELLED = "cancelled"
    """It was cancelled, because a step no longer asked for it or its worker ends."""
    STUCK = "stuck"
    """It was cancelled and did not end for three times its `timeout`; it may be running still."""


class ActionResult(msgspec.Struct, Generic[T], frozen=True):
    """The last action that ended: `ended_at` in seconds of the same clock as `Snapshot.now`.

    `result` is what the action returned; `error` says why it did not succeed. While a failed
    action is still being retried the FSM does not see it here; it sees the last try's result.
    """

    action: str
    """The name of the method."""
    outcome: Outcome
    """How it ended."""
    ended_at: float
    error: str = ""
    result: T | None = None

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
    """Where the worker is in the tree: `edge/filler`."""
    state: str
    """The state whose step this is."""
    spec: S
    """The spec, with all variables of the worker in `spec.variables`."""
    desired: DesiredState | None
    """What its own derive answered last; None until it has."""
    control: str
    """The state asked of it: by its desired state, its parent or an operator."""
    should_stop: bool
    """Whether that is the stop state of its type."""
    observed: O
    """What was seen last."""
    observed_at: float | None
    """When that look began; None before the first observation."""
    fresh: bool
    """Whether it is recent enough to decide by."""
    observe_error: str
    """Why the last look failed; empty when it did not."""
    last_action: ActionResult[Any] | None
    """How the last action ended; None before the first."""
    now: float
    """The time of this step; it stands still while the step decides."""
    since: float
    """When `state` was entered."""
    children: Mapping[str, ChildStatus] = NO_STATUS
    """The status of each child, by its name."""
    dependencies: Mapping[str, ChildStatus] = NO_STATUS
    """The status of each worker in `depends_on` that exists, by its path."""
    attempt: int = 0
    retry_at: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since this state was entered."""
        return self.now - self.since

    def last(self, action: Callable[..., Awaitable[W]]) -> ActionResult[W] | None:
        """How the last action ended, if it was this one: `s.last(self.measure)`.

        Its `result` has the type that the action returns.
        """
        found = self.last_action
        return found if found is not None and found.action == action.__name__ else None
