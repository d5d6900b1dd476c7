"""Many notifications as one: how many of what, and the first of them. Its size is bounded."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec

from fsmv2.notify.notification import Notification, notification
from fsmv2.notify.notify_settings import LEVELS

LINES = 20
"""Notifications that are quoted."""

MOST_IDS = 10_000
"""Notifications that are known to be in a summary; of more, an escalation may be sent again."""


class Summarised(msgspec.Struct, kw_only=True):
    """What is to be summarised. `ids` are those of the notifications in it, `only` the only one."""

    counts: dict[str, int] = {}
    level: str = "info"
    lines: list[str] = []
    ids: list[str] = []
    only: Notification | None = None

    def __post_init__(self) -> None:
        """Also of one that is read from a file, where ValueError makes the file unreadable."""
        if self.level not in LEVELS or (self.counts and not (self.lines or self.only)):
            raise ValueError("it has no such level, or nothing in it")

    def __bool__(self) -> bool:
        return bool(self.counts)

    @property
    def total(self) -> int:
        """How many are in it."""
        return sum(self.counts.values())

    def add(self, one: Notification, ids: Iterable[str] = ()) -> None:
        """Take one in; `ids` of what is in it, if it is a summary."""
        self.only = None if self.counts else one
        self.counts[one.event] = self.counts.get(one.event, 0) + 1
        self._note(one.level, [f"{one.time} {one.text}"], ids or (one.id,))

    def include(self, other: Summarised) -> None:
        """Take in all of another one."""
        self.only = other.only if not self.counts else None if other.counts else self.only
        for event, count in other.counts.items():
            self.counts[event] = self.counts.get(event, 0) + count
        self._note(other.level, other.lines, other.ids)

    def _note(self, level: str, lines: Iterable[str], ids: Iterable[str]) -> None:
        self.level = max(self.level, level, key=LEVELS.index)
        self.lines = [*self.lines, *lines][:LINES]
        self.ids.extend(islice(ids, max(0, MOST_IDS - len(self.ids))))

    def summary(self, *, plant: str, at: float, why: str) -> Notification:
        """All of them as one; a single one as it is. `why` they were not sent one by one."""
        if self.only is not None:
            return self.only
        total = self.total
        counted = ", ".join(f"{count} × {event}" for event, count in sorted(self.counts.items()))
        return notification(
            event="summary",
            level=self.level,
            at=at,
            plant=plant,
            message=f"{total} notifications {why}: {counted}. The first: {self.lines[0]}",
            counts=dict(self.counts),
            lines=tuple(self.lines),
        )
