"""Who measures how long the core takes: the core itself has no clock.

A runtime hands one in. A replay and a simulation have none, since how long something took then, or
on a virtual clock, says nothing; what the core decides never depends on it. Not every tick is
measured, as they are many and short: that alone would take a tenth of the time that they take.
"""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Takes durations, in seconds; called on the thread of the core, and must be quick."""

    next_turn: int
    """The number of the turn that is measured next; the core counts its turns."""

    def now(self) -> float:
        """Seconds by any clock that is precise."""

    def begin(self, type_: str) -> float:
        """A tick that is measured begins, of a worker of this type; returns `now`."""

    def ticked(self, turn: int, began: float) -> None:
        """It has ended; `next_turn` may be another one now."""

    def merged(self, seconds: float) -> None:
        """Overlaying the variables of a parent took so long, in a tick that is measured."""

    def reconciled(self, type_: str, seconds: float) -> None:
        """Looking at the children of a worker of this type took so long, in any tick."""
