"""Who measures how long the core takes: the core itself has no clock.

A runtime hands one in. A replay and a simulation have none, since how long something took then, or
on a virtual clock, says nothing; what the core decides never depends on it.
"""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Takes durations, in seconds; called on the thread of the core, and must be quick."""

    next_tick: int
    """Once there have been so many ticks, the next is measured: not all are, as they are many."""

    def now(self) -> float:
        """Seconds by any clock that is precise."""

    def ticked(self, ticks: int, seconds: float) -> None:
        """One tick took so long; `ticks` have been so far."""

    def reconciled(self, type_: str, seconds: float) -> None:
        """Looking at the children of a worker of this type took so long."""

    def merged(self, seconds: float) -> None:
        """Overlaying the variables of a parent took so long."""
