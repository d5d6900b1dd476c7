"""A journal on the virtual clock: written at once, with as many checkpoints as a test wants."""

from __future__ import annotations

from pathlib import Path

from fsmv2.runtime.journal.files import JournalFiles
from fsmv2.runtime.journal.format import Gap, RecordedSlice, SegmentBegin
from fsmv2.runtime.journal.recorder import NEXT
from fsmv2.store.segmented_log import SegmentedLog


class VirtualJournal:
    """For `Simulation(..., journal=...)`: `fsmv2 replay` and `replay` read the folder it writes.

    A segment, with a checkpoint, begins each `every` slices. `not_kept`: what was no data.
    """

    def __init__(self, folder: Path | str, *, every: int = 1000, max_bytes: int = 2**30) -> None:
        """`folder` is where it is written; beyond `max_bytes` the oldest segments are removed."""
        self.wants = ""
        self.taking = True
        self.waiting = 0
        self.not_kept: list[str] = []
        self._files = JournalFiles(
            SegmentedLog(Path(folder), max_bytes),
            self.not_kept.append,
            rest=lambda seconds: None,
        )
        self._every = every
        self._slices = 0

    def put(self, item: RecordedSlice | SegmentBegin | Gap) -> None:
        """Write `item`, as the recorder of the tree hands it over."""
        if isinstance(item, SegmentBegin):
            self._files.begin(item, item.checkpoint.head.epoch + item.checkpoint.head.now)
            self._slices = 0
        elif isinstance(item, RecordedSlice):
            self._files.write([item])
            self._slices += 1
            if self._slices >= self._every:
                self.wants = NEXT

    def close(self) -> None:
        """Give the folder free."""
        self._files.segments.close()
