"""Who measures how long rendering takes, if anybody does: the model has no clock.

A context variable, as several trees in one process render on threads of their own.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol


class RenderWatch(Protocol):
    """Takes the seconds that each rendering took."""

    def now(self) -> float:
        """Seconds by any clock that is precise."""

    def rendered(self, seconds: float) -> None:
        """One structure was rendered, or could not be, in so long."""


RENDER_WATCH: ContextVar[RenderWatch | None] = ContextVar("render watch", default=None)
