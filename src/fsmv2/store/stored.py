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
    """Where it is in the tree."""
    created_at: float
    """When it was first declared."""


class StoredOverrides(msgspec.Struct, frozen=True, gc=False):
    """What operators asked of a path, as the engine wrote it down; kept also without the path.

    Empty when there is nothing any more.
    """

    path: str
    """Whom they concern."""
    overrides: str
    """JSON of the engine's own; not for other readers."""


class DesiredRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What should be at a path: its child spec, and the desired state it derived."""

    path: str
    """Where it is in the tree."""
    created_at: float
    """When the path was first declared."""
    at: float
    """When this was derived."""
    worker_type: str
    """The name of its type."""
    declared: bytes
    """Its child spec, as JSON."""
    desired: bytes
    """What it derived, as JSON."""


class ObservedRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was at a path when it was last seen to differ; `state` is the FSM state then."""

    path: str
    """Where it is in the tree."""
    at: float
    """When the look began that saw this."""
    incarnation: int
    """Which instance of this path looked."""
    state: str
    """The FSM state it was in."""
    observed: bytes
    """What was seen, as JSON."""


class EventRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that happened: a transition, an action, a condition, what somebody applied."""

    at: float
    """When it happened."""
    path: str
    """Whom it concerns; empty: the whole tree."""
    kind: str
    """What kind of thing: `transition`, `action`, `condition`, `escalation`, ..."""
    level: str
    """How serious, as in the log: `info`, `warning`, `error`."""
    state: str
    """The FSM state the worker was in."""
    text: str
    """What happened, in a sentence."""
    tick: int = 0
    """The number of the decision it belongs to; 0: none."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One group commit. `deleted` are paths deleted with all below them, before the rest."""

    deleted: tuple[str, ...] = ()
    desired: tuple[DesiredRecord, ...] = ()
    """What should be, where it changed."""
    overrides: tuple[StoredOverrides, ...] = ()
    """What operators asked for, where it changed."""
    observed: tuple[ObservedRecord, ...] = ()
    """What was seen, where it changed."""
    events: tuple[EventRecord, ...] = ()
    """What happened, oldest first."""

    def __bool__(self) -> bool:
        return bool(self.deleted or self.desired or self.overrides or self.observed or self.events)


class StoredDesired(msgspec.Struct, frozen=True, kw_only=True):
    """A desired record as stored; `version` counts how often it has differed from the one before.

    The first version is 1.
    """

    version: int
    at: float
    """When it was derived."""
    worker_type: str
    """The name of the type."""
    declared: bytes
    """The child spec, as JSON."""
    desired: bytes
    """What was derived, as JSON."""


class StoredObserved(msgspec.Struct, frozen=True, kw_only=True):
    """An observed record as stored; `version` as for the desired state."""

    version: int
    at: float
    """When the look began that saw this."""
    incarnation: int
    """Which instance of the path looked."""
    state: str
    """The FSM state it was in."""
    observed: bytes
    """What was seen, as JSON."""


class StoredPath(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored of one path."""

    identity: Identity
    """The path itself."""
    desired: StoredDesired | None
    """What should be there; None before the first derive."""
    observed: StoredObserved | None
    """What was seen there; None before the first observation."""


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as stored; `id` grows with time and is never given twice."""

    id: int
    event: EventRecord
    """What happened."""
