"""Something that happened to a worker, as every interface gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from fsmv2.store import StoredEvent


class RecordedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened; `at` in Unix seconds. Ids grow, and are never given twice."""

    id: int
    at: float
    path: str
    kind: str
    level: str
    state: str
    text: str

    @classmethod
    def of(cls, stored: StoredEvent) -> RecordedEvent:
        """What the store keeps of it."""
        event = stored.event
        return cls(
            id=stored.id,
            at=event.at,
            path=event.path,
            kind=event.kind,
            level=event.level,
            state=event.state,
            text=event.text,
        )
