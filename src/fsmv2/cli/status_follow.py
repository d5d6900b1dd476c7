"""`status --follow`: what changes, a line for each worker that becomes another way."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fsmv2.cli.console import put, put_json, styled
from fsmv2.cli.status_text import COLOURS, TROUBLE, Line
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.time_text import clock_text, local_times
from fsmv2.operate.watched_workers import Watched, WatchEnd, WorkersChanged, WorkersSnapshot
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow

AGAIN_AFTER = 0.5
"""Seconds after which a tree is asked again after its stream broke."""


def follow(tree: RemoteTree, which: WorkerFilter, *, as_json: bool) -> None:
    """Print what changes until the tree has stopped."""
    known: dict[str, WorkerRow] = {}
    first = True
    while True:
        for sent in tree.watch(which):
            if isinstance(sent, WatchEnd):
                if sent.reason == "ended":
                    if not as_json:
                        put("the tree has stopped")
                    return
                break
            if sent is None:
                continue
            for change in changes_in(sent, known, first=first):
                put_json(change.row) if as_json else put(*_line(change))
            first = False
        time.sleep(AGAIN_AFTER)


class RowChange(NamedTuple):
    """A worker that has become another way. `gone`: nobody is at its path any more."""

    at: float
    before: WorkerRow | None
    row: WorkerRow
    gone: bool = False

    @property
    def state(self) -> str:
        """Its state, and the one before if that was another."""
        if self.before is None or self.before.state == self.row.state:
            return self.row.state
        return f"{self.before.state} → {self.row.state}"


def changes_in(sent: Watched, known: dict[str, WorkerRow], *, first: bool) -> Iterator[RowChange]:
    """What is worth a line; `known` is brought up to date. Of the first snapshot nothing is."""
    at = sent.at if isinstance(sent, WorkersChanged) else time.time()
    if isinstance(sent, WatchEnd):
        return
    if isinstance(sent, WorkersSnapshot):
        gone: Iterable[str] = known.keys() - {row.path for row in sent.rows}
    else:
        gone = sent.gone
    for path in sorted(gone):
        if (before := known.pop(path, None)) is not None:
            yield RowChange(at, before, before, gone=True)
    for row in sent.rows:
        before = known.get(row.path)
        known[row.path] = row
        if not first and not _alike(before, row):
            yield RowChange(at, before, row)


def _alike(before: WorkerRow | None, row: WorkerRow) -> bool:
    """Whether only figures, or the words of one that is well, are other ones."""
    if before is None or (before.state, before.healthy) != (row.state, row.healthy):
        return False
    if (before.trouble, before.overrides) != (row.trouble, row.overrides):
        return False
    return row.trouble is None or row.below or before.reason == row.reason


def _line(change: RowChange) -> Line:
    row, clock = change.row, clock_text(change.at)[:8]
    if change.gone:
        return clock, "  ", styled(row.path, bold=True), "  is gone"
    if row.trouble is None:
        label, colour = "well" if row.healthy else row.phase, "green" if row.healthy else None
    else:
        label, colour = TROUBLE[row.trouble], COLOURS[row.trouble]
        label = "affected" if row.below else label
    return (
        clock,
        "  ",
        styled(f"{label:15}", fg=colour),
        "  ",
        styled(row.path, bold=True),
        f"  {change.state}",
        f": {local_times(row.reason)}" if row.reason else "",
    )
