"""A store that lasts as long as the object: for tests, and for several runtimes in one process."""

from __future__ import annotations

from collections import deque
from itertools import islice

from fsmv2.errors import StoreError
from fsmv2.store.protocol import EVENTS_KEPT
from fsmv2.store.stored import (
    Batch,
    DesiredRecord,
    Identity,
    ObservedRecord,
    StoredDesired,
    StoredEvent,
    StoredObserved,
    StoredOverrides,
    StoredPath,
)


class MemoryStore:
    """Keeps records in dictionaries; opened again it still has what was written before."""

    place = "memory"

    def __init__(self, *, events_kept: int = EVENTS_KEPT) -> None:
        """`events_kept`: older events are dropped."""
        self._identity: dict[str, Identity] = {}
        self._overrides: dict[str, StoredOverrides] = {}
        self._desired: dict[str, StoredDesired] = {}
        self._observed: dict[str, StoredObserved] = {}
        self._events: deque[StoredEvent] = deque(maxlen=events_kept)
        self._last_event = 0
        self._open = False

    def open(self) -> tuple[Identity, ...]:
        """Which paths it knows; StoreError while another runtime uses it."""
        if self._open:
            raise StoreError(
                "this MemoryStore is in use by another runtime.", fix="Give each one its own."
            )
        self._open = True
        return tuple(self._identity.values())

    def overrides(self) -> tuple[StoredOverrides, ...]:
        """What operators asked of which paths."""
        return tuple(self._overrides.values())

    def write(self, batch: Batch) -> None:
        """Keep what differs."""
        for path in batch.deleted:
            self._forget(path)
        for observed in batch.observed:
            self._observe(observed)
        for desired in batch.desired:
            self._desire(desired)
        for overrides in batch.overrides:
            self._overrides.pop(overrides.path, None)
            if overrides.overrides:
                self._overrides[overrides.path] = overrides
        for event in batch.events:
            self._last_event += 1
            self._events.append(StoredEvent(id=self._last_event, event=event))

    def read(self, path: str) -> StoredPath | None:
        """All that is kept of one path."""
        identity = self._identity.get(path)
        if identity is None:
            return None
        return StoredPath(
            identity=identity,
            desired=self._desired.get(path),
            observed=self._observed.get(path),
        )

    def events(
        self, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """The last events, oldest first."""
        wanted = (
            e
            for e in reversed(self._events)
            if e.id > after
            and e.event.at >= since
            and (path in ("", e.event.path) or e.event.path.startswith(f"{path}/"))
        )
        return tuple(islice(wanted, limit))[::-1]

    def close(self) -> None:
        """Give it free for the next runtime."""
        self._open = False

    def _forget(self, path: str) -> None:
        below = path + "/"
        for kept in (self._identity, self._desired, self._observed):
            for known in [p for p in kept if p == path or p.startswith(below)]:
                del kept[known]

    def _desire(self, new: DesiredRecord) -> None:
        born = self._identity.get(new.path)
        created_at = new.created_at if born is None else born.created_at
        self._identity[new.path] = Identity(new.path, created_at)
        old = self._desired.get(new.path)
        if (
            old is None
            or old.worker_type != new.worker_type
            or old.declared != new.declared
            or old.desired != new.desired
        ):
            self._desired[new.path] = StoredDesired(
                version=1 if old is None else old.version + 1,
                at=new.at,
                worker_type=new.worker_type,
                declared=new.declared,
                desired=new.desired,
            )

    def _observe(self, new: ObservedRecord) -> None:
        old = self._observed.get(new.path)
        if (
            old is None
            or old.incarnation != new.incarnation
            or old.state != new.state
            or old.observed != new.observed
        ):
            self._observed[new.path] = StoredObserved(
                version=1 if old is None else old.version + 1,
                at=new.at,
                incarnation=new.incarnation,
                state=new.state,
                observed=new.observed,
            )
