"""What a program may ask of the store of a running tree; answered on the thread of the store."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import TypeVar

from fsmv2.runtime.recent_events import RecentEvents
from fsmv2.runtime.store_writer import StoreWriter
from fsmv2.store import Store, StoredEvent, StoredPath

T = TypeVar("T")


class StoreQuestions(abc.ABC):
    """The questions that a runtime hands on to its store."""

    async def with_store(self, function: Callable[[Store], T]) -> T | None:
        """What `function` makes of the store, on its thread, between two commits; None without one.

        Raises StoreError when it fails.
        """
        writer = self._writer()
        return None if writer is None else await writer.call(function)

    async def stored(self, path: str) -> StoredPath | None:
        """What the store holds of one path; None when it does not know it, or there is no store."""
        writer = self._writer()
        return None if writer is None else await writer.call(lambda store: store.read(path))

    async def events(
        self, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """The last stored events with an id above `after`, oldest first; see `Store.events`.

        Those of the last moments may not be stored yet. Without a store the last of this run.
        Raises StoreError when it cannot be read.
        """
        writer = self._writer()
        if writer is None:
            recent = self._recent_events()
            return recent.events(path=path, after=after, since=since, limit=limit)
        return await writer.call(
            lambda store: store.events(path=path, after=after, since=since, limit=limit)
        )

    @abc.abstractmethod
    def _recent_events(self) -> RecentEvents:
        """Who keeps events where there is no store."""

    @abc.abstractmethod
    def _writer(self) -> StoreWriter | None:
        """Who has the store; None without one. FsmError: the tree does not run."""
