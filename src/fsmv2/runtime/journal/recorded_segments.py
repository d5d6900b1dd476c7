"""Reads the segments of a journal: what each begins with, and its slices while they are whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fsmv2.errors import JournalError
from fsmv2.runtime.journal.format import Part, Record, SegmentStart, Slice, SliceBatch
from fsmv2.store.segmented_log import Segment, segments_in


class RecordedSegment:
    """One segment. Read it once: `start`, then `parts`, then `slices`."""

    def __init__(self, path: Path) -> None:
        """JournalError when it is no segment of a journal, or of another version."""
        self._segment = Segment(path)
        self._records = self._decoded()
        self.path = path
        self.number = 0
        """Of the record that was read last, from 1."""
        self.problem = ""
        """Why reading ended before the end; empty: it did not."""

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._segment.size

    def start(self) -> SegmentStart | None:
        """What it begins with; None when not even that is whole."""
        first = next(self._records, None)
        if isinstance(first, SegmentStart):
            return first
        self.problem = self.problem or "it does not begin as a segment does"
        return None

    def parts(self) -> Iterator[Any]:
        """The parts of the checkpoint; the last one is missing when it is not whole."""
        for record in self._records:
            if not isinstance(record, Part):
                self.problem = "its checkpoint has no end"
                return
            yield record.plain
            if record.last:
                return

    def whole(self) -> bool:
        """Whether the checkpoint is: instead of `parts`."""
        for record in self._records:
            if not isinstance(record, Part):
                return False
            if record.last:
                return True
        return False

    def slices(self) -> Iterator[Slice]:
        """The slices after the checkpoint."""
        for record in self._records:
            if isinstance(record, SliceBatch):
                yield from record.slices

    def _decoded(self) -> Iterator[Record]:
        decoder: msgspec.msgpack.Decoder[Record] = msgspec.msgpack.Decoder(
            SegmentStart | Part | SliceBatch
        )
        for raw in self._segment.records():
            self.number += 1
            try:
                record = decoder.decode(raw)
            except (msgspec.DecodeError, RecursionError, ValueError) as error:
                self.problem = f"record {self.number} of it is not what it should be: {error}"
                return
            yield record
        self.problem = self.problem or self._segment.ending


def recorded(journal: Path) -> list[Path]:
    """The segments of a folder, or the one file; JournalError when there are none."""
    if journal.is_dir():
        inner = journal / "journal"
        found = segments_in(journal) or (segments_in(inner) if inner.is_dir() else [])
        if not found:
            raise JournalError(
                f"there is no journal in {journal}.",
                fix="Name the folder `journal` in the state directory of a run.",
            )
        return found
    if not journal.exists():
        raise JournalError(
            f"{journal} does not exist.", fix="Name the folder of a journal, or a file of one."
        )
    if not journal.is_file():  # a pipe would be waited for
        raise JournalError(
            f"{journal} is not a regular file.",
            fix="Name the folder of a journal, or a file of one.",
        )
    return [journal]


def end_of(journal: Path) -> float:
    """When the last slice of a journal was, Unix seconds; 0 if none can be read."""
    for path in reversed(recorded(journal)):
        segment = RecordedSegment(path)
        start = segment.start()
        if start is None:
            continue
        epoch, now = start.head.epoch, start.head.now
        for _ in segment.parts():
            pass
        for one in segment.slices():
            epoch, now = one.epoch or epoch, one.now
        return epoch + now
    return 0.0
