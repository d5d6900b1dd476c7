"""The work loop does not come round: name whose code blocks it, if any, and blame nobody else.

While it does, and until everybody could be looked at again, silence proves nothing: neighbours
become stale and start nothing, but none is restarted for it (H62).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core.conditions import UNBLOCKING
from fsmv2.core.events import LoopBlocked, LoopFreed, SlowCode, Uncontained
from fsmv2.core.supervisor import Supervisor

if TYPE_CHECKING:
    from fsmv2.core.machine import Core


def blocked(core: Core, event: LoopBlocked) -> None:
    """Note the culprit as its condition, and tell operators."""
    if core.stalled_by is None:
        core.counters.stalls += 1
    core.stalled_by = event.path
    text = _text(event)
    s = _culprit(core, event.path)
    if s is not None:
        core.report("stall", s, text, level="error")
        if event.path:
            core.set_condition(s, UNBLOCKING, text)


def freed(core: Core, event: LoopFreed) -> None:
    """It goes on: from here on silence counts again."""
    if core.stalled_by is None:
        return
    s = _culprit(core, core.stalled_by)
    core.stalled_by, core.silent_from = None, core.now
    if s is not None:
        core.clear_condition(s, UNBLOCKING)
        text = f"the loop of all workers goes on after {event.seconds:.1f} s"
        core.report("stall", s, text, level="warning")


def slow(core: Core, event: SlowCode) -> None:
    """Name the author code that supervision had to wait for: it is run between its decisions."""
    core.counters.slow += event.times
    s = _culprit(core, event.path)
    if s is not None:
        often = f", for the {event.times}th time since the last report" * (event.times > 1)
        text = (
            f"{event.what} held up the supervision of all workers for {event.seconds:.2f} s"
            f"{often}, at {event.where}; derive, steps, checks and comparisons must be quick"
        )
        core.report("slow", s, text, level="warning")


def uncontained(core: Core, event: Uncontained) -> None:
    """An exception came through to a loop: report it on the root, as nobody knows whose it is."""
    core.counters.uncontained += 1
    if core.root is not None:
        core.report("error", core.root, event.text, level="error")


def _text(event: LoopBlocked) -> str:
    seconds = f"{event.seconds:.0f} s"
    if event.busy:
        return (
            f"the loop of all workers is late by {seconds}: more is asked of it than it can do; "
            "observe less often, or give some of the work to another runtime"
        )
    return (
        f"{event.what} has been blocking the loop of all workers for {seconds}, at {event.where}; "
        "mark it @blocking, or await what it waits for"
    )


def _culprit(core: Core, path: str) -> Supervisor | None:
    return core.by_path.get(path, core.root)
