"""The rows of all workers of a running tree, as they are now, for whoever asks for many of them.

They are kept from one question to the next and brought up to date, which costs milliseconds where
10,000 new ones would cost a fifth of a second, part of it on the thread of supervision.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import msgspec

from fsmv2.core import Core
from fsmv2.operate.changed_workers import TRIES, WorkerChanges
from fsmv2.operate.worker_row import WorkerRow
from fsmv2.runtime.shared_view import fresh_for
from fsmv2.worker import WorkerFactory


class TreeRows(msgspec.Struct, frozen=True):
    """All rows of a tree, parents before children, in the order of a view.

    Their ages are of when each changed last: see `worker_row.aged`.
    """

    rows: tuple[WorkerRow, ...]


class CurrentRows:
    """Those of one tree, each look shared by whom it suits; from any thread."""

    def __init__(self, core: Core, factory: WorkerFactory) -> None:
        self._core = core
        self._changes = WorkerChanges(core, factory)
        self._lock = threading.Lock()
        self._last: TreeRows | None = None
        self._began = 0.0
        self._fresh_for = fresh_for(0.0)

    def fresh(self, *, since: float = 0.0) -> TreeRows | None:
        """Those of the last look, if that began after `since`, by `time.monotonic`, and just now.

        Waits for nothing.
        """
        last, began = self._last, self._began
        return last if began > max(since, time.monotonic() - self._fresh_for) else None

    def look(self, *, since: float = 0.0) -> TreeRows:
        """Rows of a look that began after `since`, and just now; the first takes the longest."""
        with self._lock:
            found = self.fresh(since=since)
            if found is not None:  # somebody else has looked meanwhile
                return found
            began = time.monotonic()
            found = TreeRows(tuple(self._looked_at()))
            self._fresh_for = fresh_for(time.monotonic() - began)
            self._last, self._began = found, began
            return found

    def _looked_at(self) -> Sequence[WorkerRow]:
        for left in reversed(range(TRIES)):
            try:
                self._changes.look()
                break
            except RuntimeError:  # something grew while it was read
                if not left:
                    raise
        rows, ordered = self._changes.rows, list[WorkerRow]()
        todo = [self._core.root] if self._core.root is not None else []
        while todo:
            s = todo.pop()
            row = rows.get(s.path)
            if row is not None:  # else it is newer than the look
                ordered.append(row)
                todo.extend(reversed(list(s.children.values())))
        return ordered
