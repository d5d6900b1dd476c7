"""What runs and what is broken, of a whole tree: the answer to `status`.

The one source of every list of workers: the command, the live screen and programs. It is made from
a picture of the tree, in its own process or of its journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from fsmv2.operate.request_types import PathOverride
from fsmv2.operate.row_folding import Alike, Folded, Space, fold, is_cause
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import RANKS, WorkerRow

if TYPE_CHECKING:
    from fsmv2.worker import WorkerFactory


class TreeHead(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be known of a tree before any worker of it. Times in Unix seconds.

    `at`: until when what is reported is so; `since`: when its run began, if that is known.
    `generation`: the one of its document that runs, 0 if none is kept; `pinned`: an older one was
    made to run again; not `pin_known`: of that time it is not recorded whether it was.
    `document_change`: how the document differs by now from what runs. `process`: what runs it,
    empty: nothing any more. `recorded`: it does not answer, and this is read from its journal;
    `missing`: why nothing is recorded of what came after. `past`: of which moment it is, if it was
    asked for one; then nothing runs it here.
    """

    document: str
    state_directory: str
    process: str
    at: float
    since: float | None = None
    generation: int = 0
    pinned: bool = False
    pin_known: bool = True
    document_change: str = ""
    recorded: bool = False
    missing: str = ""
    past: str = ""


class TreeReport(msgspec.Struct, frozen=True, kw_only=True):
    """A tree, trouble first. `workers`, `phases`, `trouble`: how many there are, by phase, and by
    why they need a look, of the whole tree, whatever was asked for.

    `rows`: those asked for: in trouble by themselves, worst first; then the others, parents before
    children, among them those that are affected by one that has a row above. By the path of a row:
    `alike`, others in the same trouble; `folded`, those below it without a row. `more`: how many
    are in none of these, `more_trouble` of them in trouble. `overrides`: what operators asked for
    and the document does not say, also for paths at which no worker is.
    """

    head: TreeHead
    workers: int
    phases: dict[str, int]
    trouble: dict[str, int]
    overrides: tuple[PathOverride, ...]
    rows: tuple[WorkerRow, ...]
    alike: dict[str, Alike]
    folded: dict[str, Folded]
    more: int = 0
    more_trouble: int = 0


def report_of(
    rows: Sequence[WorkerRow],
    head: TreeHead,
    overrides: Sequence[PathOverride],
    *,
    which: WorkerFilter,
    space: Space,
    factory: WorkerFactory,
) -> TreeReport:
    """Report of all rows of a tree those that are meant, in the space there is."""
    # Whoever only decodes a report, as each command does, is not to load the core for it.
    from fsmv2.operate.worker_matching import matching_rows

    meant = matching_rows(which, rows, factory)
    trouble = Counter(row.trouble for row in rows if row.trouble is not None and is_cause(row))
    found = fold(meant, space, tree=not which.trouble)
    return TreeReport(
        head=head,
        workers=len(rows),
        phases=dict(Counter(row.phase for row in rows).most_common()),
        trouble={name: trouble[name] for name in RANKS if trouble[name]},
        overrides=tuple(overrides),
        rows=found.rows,
        alike=found.alike,
        folded=found.folded,
        more=found.more,
        more_trouble=found.more_trouble,
    )
