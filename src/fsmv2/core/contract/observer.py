"""Who measures how long the core takes: the core itself has no clock.

A runtime hands one in. A replay and a simulation have none, since how long something took then, or
on a virtual clock, says nothing; what the core decides never depends on it. Where much happens not
all is measured: that alone would take some hundredths of the time that it takes.
"""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Takes durations, in seconds; called on the thread of the core, and must be quick."""

    next_turn: int
    """The number of the turn that is measured next; the core counts its turns."""

    def now(self) -> float:
        """Seconds by any clock that is precise."""

    def ticked(self, turn: int, seconds: float) -> None:
        """The tick of that turn took so long; `next_turn` may be another one now."""

    def begin_derive(self, type_: str) -> bool:
        """A worker of this type derives; whether it is measured, and `derived` is to be called."""

    def merged(self, seconds: float) -> None:
        """Overlaying the variables of its parent took so long, in a derive that is measured."""

    def derived(self) -> None:
        """It has derived; what is rendered from now on is not for it."""

    def reconciled(self, type_: str, seconds: float) -> None:
        """Looking at the children of a worker of this type took so long."""
