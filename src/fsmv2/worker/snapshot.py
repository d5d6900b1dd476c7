"""What a step may see: one frozen picture of its own worker, and the status of its children."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, Generic

import msgspec
from typing_extensions import TypeVar

from fsmv2.model import DesiredState, ObservedState, UserSpec
from fsmv2.worker.phase import Phase
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
    state: str
    phase: Phase
    healthy: bool
    fresh: bool
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
    FAILED = "failed"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    STUCK = "stuck"


class ActionResult(msgspec.Struct, Generic[T], frozen=True):
    """The last action that ended: `ended_at` in seconds of the same clock as `Snapshot.now`.

    `result` is what the action returned; `error` says why it did not succeed. While a failed
    action is still being retried the FSM does not see it here; it sees the last try's result.
    """

    action: str
    outcome: Outcome
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
    state: str
    spec: S
    desired: DesiredState | None
    control: str
    should_stop: bool
    observed: O
    observed_at: float | None
    fresh: bool
    observe_error: str
    last_action: ActionResult[Any] | None
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

    def last(self, action: Callable[..., Awaitable[W]]) -> ActionResult[W] | None:
        """How the last action ended, if it was this one: `s.last(self.measure)`.

        Its `result` has the type that the action returns.
        """
        found = self.last_action
        return found if found is not None and found.action == action.__name__ else None
