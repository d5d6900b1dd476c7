"""Waits until a worker is as wanted; told by its tree of each change, and asking for none."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec

from fsmv2.errors import ApiUnavailableError, NotRunningError, UnknownPathError
from fsmv2.operate.live_or_recorded import WhichTree
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.running_trees import chosen_tree
from fsmv2.operate.wait_condition import WaitCondition
from fsmv2.operate.watched_workers import WatchEnd, WorkersChanged, WorkersSnapshot
from fsmv2.operate.worker_filter import WorkerFilter
from fsmv2.operate.worker_row import WorkerRow

REASON_WITHIN = 5.0
"""Seconds for the tree to say why it was not so, once the time is over."""

AGAIN_AFTER = 0.3
"""Seconds after which a tree that is not there, or has gone, is looked for again."""


class WaitResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a wait ended. `waited`: seconds; `row`: the worker as it is now; None: nobody is there.

    `trouble`: why nothing is known of it now: no tree runs, or it does not answer, or there is no
    such path, with the nearest.
    """

    path: str
    wanted: str
    reached: bool
    waited: float
    row: WorkerRow | None = None
    trouble: str = ""


def wait_for(
    path: str, wanted: WaitCondition, timeout: float, which: WhichTree | None = None
) -> WaitResult:
    """Wait for up to `timeout` seconds until the worker at `path` is as wanted; blocks.

    It need not be there yet, and its tree may be restarted meanwhile. UnknownFilterError: there is
    no such state or phase at all. NotRunningError: no tree is meant from the beginning.
    """
    which = which or WhichTree()
    directory = chosen_tree(which.document, which.state_dir)
    began = time.monotonic()
    row, trouble, known = None, "", False

    def result(*, reached: bool) -> WaitResult:
        waited = round(time.monotonic() - began, 3)
        return WaitResult(
            path=path,
            wanted=wanted.text(),
            reached=reached,
            waited=waited,
            row=row,
            trouble=trouble,
        )

    while (left := began + timeout - time.monotonic()) > 0:
        try:
            tree = RemoteTree(directory, tool="fsmv2 wait")
            for row in _rows(tree, path, began + timeout):
                trouble = ""
                if wanted.met(row):
                    return result(reached=True)
                if row is not None and wanted.kind == "state" and not known:
                    tree.obstacles(path, wanted.value)  # its type has such a state, or it raises
                    known = True
            if time.monotonic() < began + timeout:
                row, trouble = None, "its tree has stopped, or does not answer"
        except (ApiUnavailableError, NotRunningError) as error:
            row, trouble = None, error.message
        time.sleep(min(AGAIN_AFTER, max(0.0, left)))
    if row is None and not trouble:
        try:
            RemoteTree(directory, tool="fsmv2 wait").describe(path, timeout=REASON_WITHIN)
        except ApiUnavailableError as error:  # as of a process that is frozen
            trouble = error.message
        except UnknownPathError as error:
            trouble = f"{error.message.rstrip('.')}. {error.fix}".strip()
    return result(reached=False)


def _rows(tree: RemoteTree, path: str, limit: float) -> Iterator[WorkerRow | None]:
    """The worker, whenever it changes; None: nobody is there. Ends with the stream, or in time."""
    row: WorkerRow | None = None
    for sent in tree.watch(WorkerFilter(path=path), until=limit):
        if isinstance(sent, WatchEnd):
            return
        if isinstance(sent, WorkersSnapshot):
            row = next((one for one in sent.rows if one.path == path), None)
        elif isinstance(sent, WorkersChanged):
            row = next((one for one in sent.rows if one.path == path), row)
            row = None if path in sent.gone else row
        yield row
