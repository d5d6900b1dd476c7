"""The work loop does not come round: name whose code blocks it, if any, and blame nobody else.

While it does, and until everybody could be looked at again, silence proves nothing: neighbours
become stale and start nothing, but none is restarted for it (H62).
"""

from __future__ import annotations

from fsmv2.core.contract.events import LoopBlocked, LoopFreed, SlowCode, Uncontained
from fsmv2.core.state.conditions import UNBLOCKING
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree


def blocked(tree: Tree, event: LoopBlocked) -> None:
    """Note the culprit as its condition, and tell operators."""
    if tree.stalled_by is None:
        tree.counters.stalls += 1
    tree.stalled_by = event.path
    text = _text(event)
    s = _culprit(tree, event.path)
    if s is not None:
        tree.report("stall", s, text, level="error")
        if event.path:
            tree.set_condition(s, UNBLOCKING, text)


def freed(tree: Tree, event: LoopFreed) -> None:
    """It goes on: from here on silence counts again."""
    if tree.stalled_by is None:
        return
    s = _culprit(tree, tree.stalled_by)
    tree.stalled_by, tree.silent_from = None, tree.now
    if s is not None:
        tree.clear_condition(s, UNBLOCKING)
        text = f"the loop of all workers runs again after {event.seconds:.1f} s"
        tree.report("stall", s, text, level="warning")


def slow(tree: Tree, event: SlowCode) -> None:
    """Name the author code that supervision had to wait for: it is run between its decisions."""
    tree.counters.slow += event.times
    s = _culprit(tree, event.path)
    if s is not None:
        often = f", for the {event.times}th time since the last report" * (event.times > 1)
        text = (
            f"{event.what} blocked the supervision of all workers for {event.seconds:.2f} s"
            f"{often}, at {event.where}; derive, steps, checks and comparisons must be quick"
        )
        tree.report("slow", s, text, level="warning")


def uncontained(tree: Tree, event: Uncontained) -> None:
    """An exception came through to a loop: report it on the root, as nobody knows whose it is."""
    tree.counters.uncontained += 1
    if tree.root is not None:
        tree.report("error", tree.root, event.text, level="error")


def _text(event: LoopBlocked) -> str:
    seconds = f"{event.seconds:.0f} s"
    if event.busy:
        return (
            f"the loop of all workers is late by {seconds}: it is overloaded; "
            "observe less often, or move some workers to another runtime"
        )
    return (
        f"{event.what} has been blocking the loop of all workers for {seconds}, at {event.where}; "
        "mark it @blocking, or await what it waits for"
    )


def _culprit(tree: Tree, path: str) -> Supervisor | None:
    return tree.by_path.get(path, tree.root)
