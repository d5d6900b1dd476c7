"""What any store does. Synchronous: the runtime calls it on a thread where waiting is allowed."""

from __future__ import annotations

from typing import Protocol

from fsmv2.store.stored import Batch, Identity, StoredEvent, StoredOverrides, StoredPath

EVENTS_KEPT = 50_000
"""Events kept unless a store is set otherwise: some weeks of a calm plant, an hour of a storm."""


class Store(Protocol):
    """Identity, desired and observed state per path, and events of bounded number.

    One user at a time; every call from the thread that opened it. Tests of a store of your own:
    tests/store/test_store_conformance.py shows what is expected.
    """

    @property
    def place(self) -> str:
        """Where it keeps what it is given, for messages."""

    def open(self) -> tuple[Identity, ...]:
        """Open it and read which paths it knows.

        Raises StoreError when somebody else uses it, or when it cannot be read or is newer than
        this program; then it is left as it was.
        """

    def overrides(self) -> tuple[StoredOverrides, ...]:
        """What operators asked of which paths, those included at which there is no worker."""

    def write(self, batch: Batch) -> None:
        """Write all of `batch` or nothing; all but what was observed is durable when it returns.

        What is the same as before is not written, and keeps its version. Raises StoreError; the
        same batch may then be written again. StoreLostError: nothing written before is left.
        """

    def read(self, path: str) -> StoredPath | None:
        """All that is stored of one path; None if it is not known."""

    def events(
        self, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """The last `limit` events with an id above `after`, oldest first.

        `path`: those of it and of what is below it, not of all; `since`: Unix seconds, not earlier.
        """

    def close(self) -> None:
        """Let go of it; calling this twice is harmless."""
