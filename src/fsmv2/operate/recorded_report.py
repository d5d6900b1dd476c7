"""What runs and what is broken in a tree, read from its journal."""

from __future__ import annotations

import contextlib

from fsmv2.core import Core
from fsmv2.errors import StoreError
from fsmv2.operate.active_overrides import overrides_in
from fsmv2.operate.changes.pin_history import pinned_then
from fsmv2.operate.generations import history
from fsmv2.operate.recorded_past import RecordedPast
from fsmv2.operate.recorded_tree import RecordedTree
from fsmv2.operate.row_folding import ENDLESS, Space
from fsmv2.operate.state_directory import STORE
from fsmv2.operate.tree_report import TreeHead, TreeReport, report_of
from fsmv2.operate.trouble import rows_of
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.runtime.view import view_tree


def recorded_report(
    tree: RecordedTree, core: Core, which: WorkerFilter, *, space: Space = ENDLESS
) -> TreeReport:
    """The report of a tree that does not answer."""
    number: int = 0
    pinned: bool | None = False
    with contextlib.suppress(StoreError, OSError):  # what runs is known without it
        number, pinned = _generation(tree)
    head = TreeHead(
        document=str(tree.document.absolute()),
        state_directory=str(tree.directory),
        process=tree.process,
        at=core.wall() + tree.later,
        since=None if tree.record is None or tree.past else tree.record.at,
        generation=number,
        pinned=bool(pinned),
        pin_known=pinned is not None,
        document_change=tree.change,
        recorded=True,
        missing=tree.missing,
        past=tree.past,
    )
    rows = rows_of(view_tree(core).nodes, tree.factory)
    return report_of(rows, head, overrides_in(core), which=which, space=space, factory=tree.factory)


def _generation(tree: RecordedTree) -> tuple[int, bool | None]:
    """The number of the one that runs, or ran then, and whether it was pinned; None: not known."""
    known, head = history(tree.directory)
    if isinstance(tree, RecordedPast):
        then = [one for one in known if one.at <= tree.at]
        if not then:
            return 0, False
        return then[-1].number, pinned_then(tree.directory / STORE, then[-1], tree.at)
    return (0, False) if head is None else (head.number, head.pinned)
