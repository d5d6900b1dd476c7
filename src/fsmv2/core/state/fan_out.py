"""What concerns many supervisors at once, done for a few of them at a time, between the ticks.

A change of a variable, of a parent's state or of a pause may concern a hundred thousand: one loop
over all of them would hold up everybody else (H51). What is left to do is data, so that a
checkpoint can hold it: each entry names one of the functions of `handlers.FOR_EACH`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause

AT_ONCE = 256
"""Supervisors for which something is done between two ticks: well below a millisecond."""


class Round:
    """One function that is to be called for many: its name, why, and for whom still.

    `below`: also for all below each of them.
    """

    __slots__ = ("below", "cause", "function", "left")

    def __init__(self, function: str, cause: Cause, below: bool, left: deque[Supervisor]) -> None:
        self.function = function
        self.cause = cause
        self.below = below
        self.left = left


class FanOut:
    """The rounds that are not done yet, oldest first."""

    __slots__ = ("_rounds",)

    def __init__(self) -> None:
        self._rounds: deque[Round] = deque()

    def __bool__(self) -> bool:
        return bool(self._rounds)

    def add(self, function: str, cause: Cause, whom: Iterable[Supervisor], *, below: bool) -> bool:
        """Append a round; whether it is the only one, so that it may begin at once."""
        self._rounds.append(Round(function, cause, below, deque(whom)))
        return len(self._rounds) == 1

    @property
    def oldest(self) -> Round:
        """The round whose turn it is."""
        return self._rounds[0]

    def drop_oldest(self) -> None:
        """That round is done."""
        self._rounds.popleft()
