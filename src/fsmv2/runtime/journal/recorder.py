"""Notes at the cut what the core is handed and what it answers; called by supervision, never waits.

The notes go to a sink: a thread that writes them, or in a simulation the file at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fsmv2.core import Core, Event, Instruction
from fsmv2.core.checkpoint.take import Copying
from fsmv2.runtime.journal.format import Gap, RecordedSlice, SegmentBegin

WAITING = 200_000
"""Events and instructions that may wait to be written, about 100 bytes each; some seconds of the
worst storm. Beyond them the journal has a gap and restarts, and the tree never waits for it."""

AFTER_GAP = "goes on after a gap"
NEXT = "goes on"
START = "the start"


class Sink(Protocol):
    """What takes the notes.

    `wants` is NEXT or AFTER_GAP when another segment is to begin. While it is not `taking`, notes
    would be of no use.
    """

    wants: str
    taking: bool

    @property
    def waiting(self) -> int:
        """Events and instructions that are not written yet."""

    def put(self, item: RecordedSlice | SegmentBegin | Gap) -> None:
        """Take it, at once."""


class Recorder:
    """Notes one core."""

    def __init__(self, core: Core, sink: Sink) -> None:
        self._core = core
        self._sink = sink
        self._copying: Copying | None = None
        self._begun = self._gap = False
        self._idle = 0
        self._epoch = core.epoch
        self.dropped = 0
        """Events and instructions that were not noted: the journal could not take them."""

    def ready(self, enough: Callable[[], bool]) -> bool:
        """Whether a slice may decide now; False while the core is being copied, in pieces."""
        sink = self._sink
        if self._copying is None:
            if self._begun and (not sink.wants or (self._gap and sink.wants != AFTER_GAP)):
                return True  # after a gap not before all that came before it is written
            self._copying = Copying(self._core)
        if not self._copying.go_on(enough):
            return False
        why = sink.wants if self._begun else START
        sink.wants, sink.taking = "", True
        sink.put(SegmentBegin(self._copying.checkpoint, why == NEXT, why, self._idle))
        self._copying, self._begun, self._gap = None, True, False
        self._idle, self._epoch = 0, self._core.epoch
        return True

    def record_slice(
        self,
        now: float,
        events: list[Event],
        instructions: list[Instruction],
        *,
        turns: int,
        more: bool,
        quiet: bool,
    ) -> None:
        """Note one slice. `quiet`: nothing was due in it; many such are one number."""
        if self._gap or not self._sink.taking:
            self.dropped += len(events) + len(instructions)
            return
        epoch = self._core.epoch
        if quiet and not events and not instructions and epoch == self._epoch:
            self._idle += 1
            return
        # It is written only where it moved: it is the same for weeks, in every slice.
        moved = None if epoch == self._epoch else epoch
        self._sink.put(RecordedSlice(now, self._idle, turns, more, moved, events, instructions))
        self._idle, self._epoch = 0, epoch
        if self._sink.waiting > WAITING:
            self._gap = True
            self._sink.put(Gap(f"more than {WAITING} events and instructions wait to be written"))
