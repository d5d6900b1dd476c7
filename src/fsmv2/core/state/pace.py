"""Paces recreations: at most so many at once and so many a second, in one tree.

A recreation is over when the new instance has come up, not when the old one has stopped: else a
change of all would have everybody down at once who takes longer to start than to stop.
"""

from __future__ import annotations

import math

from fsmv2.core.contract.settings import EngineSettings

PATIENCE = 30.0
"""Seconds for which a new instance that does not come up keeps its place: it must not hold up a
change of all others for good."""

UNLIMITED = 10**18
"""A finite number, so that seconds times it are one, too."""


class Pace:
    """A token bucket of one second's worth, one at least, and the paths now being recreated.

    `under_way` gives for each until when it keeps its place at most, by the core's clock.
    """

    __slots__ = ("_at_once", "_burst", "_per_second", "_tokens", "_when", "under_way")

    def __init__(self, settings: EngineSettings) -> None:
        self.change(settings)
        self._tokens = self._burst
        self._when = 0.0
        self.under_way: dict[str, float] = {}

    def change(self, settings: EngineSettings) -> None:
        """Keep this pace from now on."""
        self._at_once = settings.restarts_at_once
        self._per_second = settings.restarts_per_second
        self._burst = max(1.0, settings.restarts_per_second)

    def admit(self, path: str, now: float) -> float:
        """0.0 and a place taken if `path` may be recreated now, else seconds until to ask again."""
        self._tokens = min(self._burst, self._tokens + (now - self._when) * self._per_second)
        self._when = now
        if path in self.under_way:
            return 0.0
        # Looked through only when it is full: each look costs as much as there are, and in a tree
        # at rest nobody asks for a place.
        if len(self.under_way) >= self._at_once:
            self.under_way = {p: until for p, until in self.under_way.items() if until > now}
        if len(self.under_way) >= self._at_once:
            # To be asked again soon, instead of a queue of those that wait: a queue would have to
            # be kept right through every removal, stop and change of type, and be part of a
            # checkpoint.
            return 0.1
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / self._per_second
        self._tokens -= 1.0
        self.under_way[path] = math.inf  # its stop has a deadline
        return 0.0

    def lift(self) -> None:
        """Admit everybody at once from now on: to foresee who is recreated, not when."""
        self._at_once = self._per_second = self._burst = self._tokens = UNLIMITED

    def started(self, path: str, now: float) -> None:
        """The new instance of `path` begins, in the place of the old one."""
        self.under_way[path] = now + PATIENCE

    def done(self, path: str) -> None:
        """The recreation of `path` has ended, or is no longer wanted."""
        self.under_way.pop(path, None)
