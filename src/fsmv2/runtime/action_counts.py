"""What the executor counts and measures of actions, for metrics."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from fsmv2.core.contract import buckets
from fsmv2.model.data.histogram import Histogram
from fsmv2.worker import Outcome


class ActionCounts:
    """By type and action, and by how it ended. Written on the work loop, read from any thread."""

    def __init__(self) -> None:
        self.queued: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.ended: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        """One given up as stuck has ended so; what becomes of it later counts no more."""
        self.timed_out: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.execution: dict[tuple[str, str, str], Histogram] = {}
        """Of those that were started."""
        self.wait = Histogram(buckets.QUEUE_WAIT)

    def executed(self, type_name: str, action: str, status: str, seconds: float) -> None:
        """An action that was started has ended."""
        key = type_name, action, status
        self.ended[key] += 1
        found = self.execution.get(key)
        if found is None:
            found = self.execution[key] = Histogram(buckets.ACTION)
        found.add(seconds)


def status_of(outcome: Outcome) -> str:
    """The outcome as the value of a label, which is better one word."""
    return outcome.value.replace(" ", "_")


class SlotPool(msgspec.Struct, frozen=True):
    """Slots of one pool: how many there are and are taken, and how many actions wait for one."""

    slots: int
    taken: int
    waiting: int
