"""What waits to be written: the latest of each path, bounded whatever the store does.

The supervision loop puts things in, the writer takes them out; not thread-safe by itself.
"""

from __future__ import annotations

import itertools
from collections import deque

import msgspec

from fsmv2.core import DeleteStored, Save, SaveObserved, SaveOverrides, StoreInstruction
from fsmv2.store import EventRecord

EVENTS_WAITING = 20_000
"""Events kept while the store does not take any; older ones are dropped, and counted."""
DELETED_WAITING = 10_000
"""Removals kept; one that is dropped is made up for at the next start, as no longer declared."""


class PendingWrites(msgspec.Struct, frozen=True):
    """One lot taken out, with the order in which things were put in."""

    saves: dict[str, tuple[int, Save]]
    overrides: dict[str, SaveOverrides]
    observed: dict[str, tuple[int, SaveObserved]]
    deleted: dict[str, int]
    events: tuple[EventRecord, ...]
    dropped: int

    def __bool__(self) -> bool:
        return bool(self.saves or self.overrides or self.observed or self.deleted or self.events)


class Backlog:
    """The latest desired and observed state of each path, removals, and events in order."""

    def __init__(self) -> None:
        self._serial = itertools.count(1)
        self._saves: dict[str, tuple[int, Save]] = {}
        self._overrides: dict[str, SaveOverrides] = {}
        self._observed: dict[str, tuple[int, SaveObserved]] = {}
        self._deleted: dict[str, int] = {}
        self._events: deque[EventRecord] = deque()
        self._dropped = 0

    @property
    def urgent(self) -> bool:
        """Whether something waits that an action or an operator may be waiting for."""
        return bool(self._saves or self._overrides)

    def __bool__(self) -> bool:
        return bool(self.urgent or self._observed or self._deleted or self._events)

    def __len__(self) -> int:
        """How many writes wait."""
        states = len(self._saves) + len(self._observed)
        return states + len(self._overrides) + len(self._deleted) + len(self._events)

    def put(self, instruction: StoreInstruction) -> None:
        """Have it written; it takes the place of what was to be written of its path before."""
        serial = next(self._serial)
        match instruction:
            case Save():
                self._saves[instruction.path] = serial, instruction
            case SaveOverrides():
                self._overrides[instruction.path] = instruction
            case SaveObserved():
                self._observed[instruction.path] = serial, instruction
            case DeleteStored():
                self._deleted[instruction.path] = serial
                if len(self._deleted) > DELETED_WAITING:
                    del self._deleted[next(iter(self._deleted))]

    def add_event(self, event: EventRecord) -> None:
        """Have an event appended."""
        self._events.append(event)
        if len(self._events) > EVENTS_WAITING:
            self._events.popleft()
            self._dropped += 1

    def take(self) -> PendingWrites:
        """All that waits, less what was removed after it was put in; nothing is left."""
        deleted = self._deleted
        saves, observed = self._saves, self._observed
        if deleted:
            # Compared here, and not when a removal is put in: that would be a walk over all that
            # waits for each of ten thousand removed paths, on the supervision loop.
            saves = {p: s for p, s in saves.items() if not _removed(p, s[0], deleted)}
            observed = {p: o for p, o in observed.items() if not _removed(p, o[0], deleted)}
        taken = PendingWrites(
            saves, self._overrides, observed, deleted, tuple(self._events), self._dropped
        )
        self._saves, self._overrides, self._observed, self._deleted = {}, {}, {}, {}
        self._events, self._dropped = deque(), 0
        return taken

    def put_back(self, taken: PendingWrites) -> None:
        """Have what could not be written wait again, behind nothing that came meanwhile."""
        # What came meanwhile stands on the right and wins: it is newer than what was taken.
        self._saves = taken.saves | self._saves
        self._overrides = taken.overrides | self._overrides
        self._observed = taken.observed | self._observed
        self._deleted = taken.deleted | self._deleted
        newer, self._events = self._events, deque(taken.events)
        self._dropped += taken.dropped
        for event in newer:
            self.add_event(event)
        while len(self._events) > EVENTS_WAITING:
            self._events.popleft()
            self._dropped += 1


def _removed(path: str, serial: int, deleted: dict[str, int]) -> bool:
    """Whether the path, or one above it, was removed after `serial`."""
    while path:
        if deleted.get(path, 0) > serial:
            return True
        path = path.rpartition("/")[0]
    return False
