"""Makes records of notes and appends them to segments; on the thread of whoever writes them."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator

import msgspec

from fsmv2.runtime.journal.checksums import forget
from fsmv2.runtime.journal.descriptions import decided
from fsmv2.runtime.journal.event_writer import EventWriter
from fsmv2.runtime.journal.format import (
    Part,
    RecordedSlice,
    SegmentBegin,
    SegmentStart,
    Slice,
    SliceBatch,
)
from fsmv2.store.segmented_log import LARGEST, SegmentedLog
from fsmv2.version import __version__

MOST = 500
"""Slices in one record."""

MOST_ITEMS = 2_000
"""Events and instructions after which no further slice is put into one: what they are made of is
then in memory only for so many, and a kill loses less."""

WORK, REST = 0.002, 0.0005
"""Seconds of encoding after which the interpreter's lock is given up for a moment, or supervision
would get it only every 5 ms."""


class JournalFiles:
    """One journal as it is written."""

    def __init__(
        self,
        segments: SegmentedLog,
        report: Callable[[str], None],
        *,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        """`report` is called once for each class that is no data; `rest` lets others run."""
        self.segments = segments
        self._report = report
        self._sleep = rest
        self._known: set[str] = set()
        self._encode = msgspec.msgpack.Encoder().encode
        self._events = EventWriter(self._not_kept)
        self._rested = 0.0

    def begin(self, begun: SegmentBegin, at: float) -> None:
        """Begin a segment; `at` in Unix seconds. StoreError or OSError when that fails."""
        self._rested = time.perf_counter()
        self.segments.begin(self._first(begun, at))
        for path, kind in begun.checkpoint.unkept:
            self._not_kept(f"the checkpoint{' of ' * bool(path)}{path}", kind)

    def write(self, notes: list[RecordedSlice]) -> None:
        """Append these slices and empty the list; OSError when they cannot be written.

        What is written is not held any longer, so that memory is free again for the rest.
        """
        self._rested = time.perf_counter()
        notes.reverse()
        try:
            while notes:
                self._append(self._next(notes))
        finally:
            forget()

    def _next(self, notes: list[RecordedSlice]) -> list[Slice]:
        """The slices of one record, taken from the end."""
        slices: list[Slice] = []
        items = 0
        while notes and items < MOST_ITEMS and len(slices) < MOST:
            noted = notes.pop()
            items += len(noted.events) + len(noted.instructions)
            slices.append(self._slice(noted))
        return slices

    def _append(self, slices: list[Slice]) -> None:
        record = self._encode(SliceBatch(slices))
        if len(record) <= LARGEST or len(slices) == 1:
            self.segments.append(record)
            return
        half = len(slices) // 2
        self._append(slices[:half])
        self._append(slices[half:])

    def _first(self, begun: SegmentBegin, at: float) -> Iterator[bytes]:
        checkpoint = begun.checkpoint
        start = SegmentStart(
            at=at,
            fsmv2=__version__,
            python=platform.python_version(),
            continues=begun.continues,
            why=begun.why,
            idle=begun.idle,
            head=checkpoint.head,
        )
        yield self._encode(start)
        last = None
        for plain in checkpoint.parts(self._rest):
            if last is not None:
                yield self._encode(Part(False, last))
            last = plain
        yield self._encode(Part(True, last))

    def _slice(self, noted: RecordedSlice) -> Slice:
        events = []
        for event in noted.events:
            events.append(self._events.write(event))
            self._rest()
        answers = []
        for instruction in noted.instructions:
            answers.append(decided(instruction))
            self._rest()
        return Slice(noted.now, noted.idle, noted.turns, noted.more, noted.epoch, events, answers)

    def _not_kept(self, where: str, kind: str) -> None:
        if kind not in self._known:
            self._known.add(kind)
            self._report(
                f"{where} holds a {kind}, which is not data: the journal does not keep it, and a "
                "replay cannot reproduce what depends on it"
            )

    def _rest(self) -> None:
        if time.perf_counter() - self._rested > WORK:
            self._sleep(REST)
            self._rested = time.perf_counter()
