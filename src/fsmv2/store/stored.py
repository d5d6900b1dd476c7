"""What is stored: what a store is handed, and what it gives back.

The runtime makes the first, readers see both.
Times are Unix seconds. `declared`, `desired` and `observed` are JSON, as `fsmv2.model.to_json`
writes it: without internal variables, secrets as tokens. A store never looks inside.
"""

from __future__ import annotations

import msgspec


class Identity(msgspec.Struct, frozen=True, gc=False):
    """A path, and when it was first declared; kept until the path is removed."""

    path: str
    created_at: float


class StoredOverrides(msgspec.Struct, frozen=True, gc=False):
    """What operators asked of a path, as the engine wrote it down; kept also without the path.

    Empty when there is nothing any more.
    """

    path: str
    overrides: str


class DesiredRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What should be at a path: its child spec, and the desired state it derived."""

    path: str
    created_at: float
    at: float
    worker_type: str
    declared: bytes
    desired: bytes


class ObservedRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was at a path when it was last seen to differ; `state` is the FSM state then."""

    path: str
    at: float
    incarnation: int
    state: str
    observed: bytes


class EventRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened: a transition, an action, a condition, what somebody applied."""

    at: float
    path: str
    kind: str
    level: str
    state: str
    text: str
    tick: int = 0


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One group commit. `deleted` are paths deleted with all below them, before the rest."""

    deleted: tuple[str, ...] = ()
    desired: tuple[DesiredRecord, ...] = ()
    overrides: tuple[StoredOverrides, ...] = ()
    observed: tuple[ObservedRecord, ...] = ()
    events: tuple[EventRecord, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.deleted or self.desired or self.overrides or self.observed or self.events)


class StoredDesired(msgspec.Struct, frozen=True, kw_only=True):
    """A desired record as stored; `version` counts how often it has differed from the one before.

    The first version is 1.
    """

    version: int
    at: float
    worker_type: str
    declared: bytes
    desired: bytes


class StoredObserved(msgspec.Struct, frozen=True, kw_only=True):
    """An observed record as stored; `version` as for the desired state."""

    version: int
    at: float
    incarnation: int
    state: str
    observed: bytes


class StoredPath(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored of one path."""

    identity: Identity
    desired: StoredDesired | None
    observed: StoredObserved | None


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as stored; `id` grows with time and is never given twice."""

    id: int
    event: EventRecord
