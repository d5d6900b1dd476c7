"""Finds the workers of a running tree that are another way than at the look before.

A look compares what each worker has published, by identity: 10,000 that have not changed cost about
a millisecond, on the thread of whoever looks. So supervision does nothing for those who watch.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from fsmv2.core import Core, Supervisor
from fsmv2.operate.trouble import row_of
from fsmv2.operate.worker_row import RANKS, WorkerRow
from fsmv2.runtime.view import view_node
from fsmv2.worker import WorkerFactory

TRIES = 3
"""How often a worker that changes while it is read is read again; the next look finds it, too."""


class FoundChanges(msgspec.Struct, frozen=True):
    """What one look found. `gone`: paths at which nobody is any more."""

    rows: list[WorkerRow]
    gone: list[str]


class WorkerChanges:
    """The rows of one tree, brought up to date at each look; from one thread, whichever it is."""

    def __init__(self, core: Core, factory: WorkerFactory) -> None:
        self._core = core
        self._factory = factory
        self._seen: dict[str, tuple[Any, ...]] = {}
        self._troubled: Counter[str] = Counter()  # by path, the workers in trouble below it
        self._overrides: dict[str, tuple[Any, ...]] = {}
        self.rows: dict[str, WorkerRow] = {}
        """By path, parents before children."""

    def look(self) -> FoundChanges:
        """Find what has changed; the first look finds everybody."""
        supervisors = list(self._core.by_path.values())
        overrides = _overrides_of(self._core)
        if overrides != self._overrides:
            self._forget_below(overrides)
            self._overrides = overrides
        touched: dict[str, None] = {}
        seen = self._seen
        for s in supervisors:
            if not _is_as_seen(s, seen.get(s.path)):
                seen[s.path] = _fingerprint(s)
                self._renew(s, touched)
        gone: list[str] = []
        if len(self.rows) != len(supervisors):
            there = {s.path for s in supervisors}
            gone = [path for path in self.rows if path not in there]
            for path in gone:
                seen.pop(path, None)
                self._replace(path, None, touched)
        for path in gone:
            touched.pop(path, None)
        return FoundChanges([self.rows[path] for path in touched], gone)

    def _forget_below(self, overrides: dict[str, tuple[Any, ...]]) -> None:
        """Have those looked at again at and below which something else is overridden: what is in
        force above a worker is in its row.
        """
        before = self._overrides
        paths = {*before, *overrides}
        tops = {path for path in paths if before.get(path) != overrides.get(path)}
        below = tuple(f"{top}/" for top in tops)
        for path in [one for one in self._seen if one in tops or one.startswith(below)]:
            del self._seen[path]

    def _renew(self, s: Supervisor, touched: dict[str, None]) -> None:
        for _ in range(TRIES):
            try:
                row = row_of(view_node(s), self._factory)
                break
            except RuntimeError:  # its conditions changed while they were read
                continue
        else:
            self._seen.pop(s.path, None)
            return
        before = self.rows.get(row.path)
        row = self._placed(row)
        if before is None or not _same(before, row):
            self._replace(row.path, row, touched)

    def _replace(self, path: str, row: WorkerRow | None, touched: dict[str, None]) -> None:
        """Take a row over, and see to those above that are affected by it, or no longer."""
        before = self.rows.pop(path, None) if row is None else self.rows.get(path)
        if row is not None:
            self.rows[path] = row
        touched[path] = None
        change = _counts(row) - _counts(before)
        above = path.rpartition("/")[0] if change else ""
        while above:
            was = self._troubled[above] > 0
            self._troubled[above] += change
            if (self._troubled[above] > 0) is not was and above in self.rows:
                placed = self._placed(self.rows[above])
                if placed is not self.rows[above]:
                    self.rows[above] = placed
                    touched[above] = None
            above = above.rpartition("/")[0]

    def _placed(self, row: WorkerRow) -> WorkerRow:
        """The same row, which knows whether the cause of its trouble is below it."""
        below = row.trouble not in (None, "escalated") and self._troubled[row.path] > 0
        return row if row.below is below else msgspec.structs.replace(row, below=below)


def _fingerprint(s: Supervisor) -> tuple[Any, ...]:
    conditions = s.conditions
    return (
        s,
        s.status,
        s.decision,
        s.overrides,
        s.incarnation,
        () if conditions is None else tuple(conditions.values()),
    )


def _is_as_seen(s: Supervisor, seen: tuple[Any, ...] | None) -> bool:
    """By identity: what a worker publishes is replaced when it changes, never changed in place."""
    if seen is None or s.status is not seen[1] or s is not seen[0] or s.decision is not seen[2]:
        return False
    if s.overrides is not seen[3] or s.incarnation != seen[4]:
        return False
    conditions = s.conditions
    if conditions is None:
        return not seen[5]
    try:
        return bool(tuple(conditions.values()) == seen[5])
    except RuntimeError:  # they change just now
        return False


def _overrides_of(core: Core) -> dict[str, tuple[Any, ...]]:
    if not core.overrides:
        return {}
    return {path: tuple(one.each()) for path, one in list(core.overrides.items())}


def _same(before: WorkerRow, row: WorkerRow) -> bool:
    return msgspec.structs.replace(before, age=row.age) == row


def _counts(row: WorkerRow | None) -> int:
    """1 for one in trouble that affects those above it."""
    if row is None or row.trouble is None:
        return 0
    return int(RANKS[row.trouble] <= RANKS["not_converged"])
