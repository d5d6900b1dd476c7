"""What happened lately in a tree that has no store, as that of a demo: kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from fsmv2.core import Report
from fsmv2.runtime.group_commit import event_record
from fsmv2.store import Batch, MemoryStore, StoredEvent

KEPT = 5_000
"""Events; some three megabytes."""


class RecentEvents:
    """Takes reports on the supervision loop, and is asked from any thread."""

    def __init__(self, epoch: Callable[[], float]) -> None:
        """`epoch`: the core's time 0 in Unix seconds."""
        self._epoch = epoch
        self._kept = MemoryStore(events_kept=KEPT)
        self._lock = Lock()

    def add_event(self, report: Report) -> None:
        """Keep a report."""
        batch = Batch(events=(event_record(report, self._epoch()),))
        with self._lock:
            self._kept.write(batch)

    def events(
        self, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """The last of them, oldest first; see `Store.events`."""
        with self._lock:
            return self._kept.events(path=path, after=after, since=since, limit=limit)
