"""Paces recreations: at most so many at once and so many a second, in one tree."""

from __future__ import annotations

from fsmv2.core.settings import EngineSettings


class Pace:
    """A token bucket of one second's worth, and the set of paths now being recreated."""

    __slots__ = ("_at_once", "_per_second", "_tokens", "_when", "under_way")

    def __init__(self, settings: EngineSettings) -> None:
        self._at_once = settings.restarts_at_once
        self._per_second = settings.restarts_per_second
        self._tokens = settings.restarts_per_second
        self._when = 0.0
        self.under_way: set[str] = set()

    def admit(self, path: str, now: float) -> float:
        """0.0 and a place taken if `path` may be recreated now, else seconds until to ask again."""
        self._tokens = min(self._per_second, self._tokens + (now - self._when) * self._per_second)
        self._when = now
        if path in self.under_way:
            return 0.0
        if len(self.under_way) >= self._at_once:
            return 0.1
        if self._tokens < 1.0:
            return (1.0 - self._tokens) / self._per_second
        self._tokens -= 1.0
        self.under_way.add(path)
        return 0.0

    def done(self, path: str) -> None:
        """The recreation of `path` has ended, or is no longer wanted."""
        self.under_way.discard(path)
