"""What runs and what is broken: asked of the tree that runs, or read from its journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.operate.live_or_recorded import ANSWERS_WITHIN, WhichTree, live_or_recorded
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.row_folding import ENDLESS, Space
from fsmv2.operate.tree_report import TreeReport
from fsmv2.operate.worker_filter import WorkerFilter

if TYPE_CHECKING:
    from fsmv2.core import Core
    from fsmv2.operate.recorded_tree import RecordedTree


def tree_status(
    which: WorkerFilter, tree: WhichTree | None = None, *, space: Space = ENDLESS
) -> TreeReport:
    """Report the tree that is meant, in the space there is.

    One that crashed, hangs, or is of an older fsmv2 is read from its journal. Raises what
    `live_or_recorded` does, UnknownPathError and UnknownFilterError.
    """

    def ask(remote: RemoteTree) -> TreeReport:
        return remote.report(which, space=space, timeout=ANSWERS_WITHIN)

    def read(found: RecordedTree, core: Core) -> TreeReport:
        from fsmv2.operate.recorded_report import recorded_report

        return recorded_report(found, core, which, space=space)

    return live_or_recorded(tree or WhichTree(), ask, read, tool="fsmv2 status")
