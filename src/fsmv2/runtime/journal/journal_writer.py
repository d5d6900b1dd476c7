"""The thread that writes the journal, so that supervision never waits for a disk.

Started and closed by the runtime. A journal that cannot be written is reported, and restarted
when it can be; the tree goes on without.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import StoreError
from fsmv2.host.disk_trouble import disk_trouble
from fsmv2.runtime.journal.files import JournalFiles
from fsmv2.runtime.journal.format import Gap, RecordedSlice, SegmentBegin
from fsmv2.runtime.journal.recorder import AFTER_GAP, NEXT, WAITING
from fsmv2.store.segmented_log import SegmentedLog
from fsmv2.store.write_failure import WriteFailure, record_failure, reserve_room

GATHER = 0.1
"""Seconds for which notes are gathered: what a kill may lose."""

GIVES_WAY = 0.85
"""Seconds more for which they are while a slice has left something to be decided: a reaction of ten
thousand workers is over by then, and need not share the interpreter. What waits longest is then
written first, record by record, so that a kill loses about the last second."""

RETRY = 30.0
"""Seconds until a journal that could not be written is restarted."""

END_POLL = 0.005

Complain = Callable[[str, str], None]
"""Receives what is wrong, and the level of it; from the thread."""


class JournalWriter:
    """Writes what one recorder notes into one folder."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.wants = ""
        self.taking = True
        self._segments = SegmentedLog(folder, max_bytes)
        self._files = JournalFiles(self._segments, lambda text: self._report(text, "warning"))
        self._complain: Complain | None = None
        self._queue: deque[RecordedSlice | SegmentBegin | Gap] = deque()
        # Each number is changed by one thread only, so that none has to wait for the other.
        self._put = self._written = self.dropped = 0
        self._behind = False
        """Whether supervision had more to decide when it last put something in."""
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._restart = threading.Event()
        self._asked = self._broken = False
        self.failing = ""
        """Why nothing is recorded; empty while all is. From any thread."""
        self._retry_at: float | None = None
        self._taken_at: float | None = None
        """When what waited was last taken out to be written."""
        self._thread = threading.Thread(target=self._run, name="fsmv2-journal", daemon=True)

    def start(self, complain: Complain) -> None:
        """Take the folder and start; StoreError when another tree has it.

        A folder that cannot be used is only reported: no tree waits for its journal.
        """
        self._complain = complain
        try:
            self._segments.open()
        except StoreError:
            raise
        except OSError as error:
            self._failed(error)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Events and instructions that are not written yet."""
        return self._put - self._written

    def put(self, item: RecordedSlice | SegmentBegin | Gap) -> None:
        """Have it written soon."""
        self._behind = False
        if isinstance(item, RecordedSlice):
            self._put += len(item.events) + len(item.instructions)
            self._behind = item.more
        self._queue.append(item)
        self._wake.set()

    def restart(self) -> None:
        """Have another segment begun at once, as where the folder was lost; from any thread."""
        self._restart.set()
        self._wake.set()

    def abandon(self) -> None:
        """Have it end as soon as it can, without waiting for it."""
        self._closing.set()
        self._wake.set()

    async def close(self, within: float) -> None:
        """Write what waits and close; a disk that hangs is left alone after `within` seconds."""
        self.abandon()
        # Polled: joining in another thread would leave that one behind when this one never ends.
        for _ in range(round(within / END_POLL)):
            if not self._thread.is_alive():
                return
            await asyncio.sleep(END_POLL)

    # ---- on the thread ----------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._closing.is_set() or self._queue:
                wait = None if self._retry_at is None else self._retry_at - time.monotonic()
                # What came while the last lot was written waits since then.
                since = self._taken_at if self._wake.is_set() else None
                if wait is None or wait > 0:
                    self._wake.wait(wait)
                since = since or time.monotonic()
                self._closing.wait(GATHER)
                self._give_way(since + GATHER)
                self._wake.clear()
                self._step()
        finally:
            self._segments.close()

    def _give_way(self, since: float) -> None:
        """Wait while supervision is behind, but not for long, nor until much has gathered."""
        limit = since + GIVES_WAY
        while self._behind and self.waiting < WAITING // 4 and time.monotonic() < limit:
            if self._closing.wait(GATHER / 10):
                return

    def _step(self) -> None:
        self._taken_at = time.monotonic()
        notes: list[RecordedSlice] = []
        for _ in range(len(self._queue)):
            item = self._queue.popleft()
            if isinstance(item, RecordedSlice):
                notes.append(item)
                continue
            self._write(notes)
            notes = []
            if isinstance(item, SegmentBegin):
                self._begin(item)
            else:
                self._report(f"it has a gap: {item.why}", "error")
                self._want(AFTER_GAP)
        self._write(notes)
        due = self._retry_at is not None and time.monotonic() >= self._retry_at
        if due or self._restart.is_set():
            self._restart.clear()
            self._retry_at = None
            self._want(AFTER_GAP)

    def _want(self, what: str) -> None:
        self.wants, self._asked = what, True

    def _begin(self, begun: SegmentBegin) -> None:
        if self._broken and begun.continues:
            return
        self._asked = self._broken = False
        try:
            self._files.begin(begun, time.time())
            self.failing = ""
            with contextlib.suppress(OSError):  # what is recorded matters more
                reserve_room(self._segments.folder)
        except ANY_RAISED as error:  # any disk's trouble; the tree goes on without
            self._failed(error)

    def _write(self, notes: list[RecordedSlice]) -> None:
        size = sum(len(note.events) + len(note.instructions) for note in notes)
        try:
            if notes and not self._broken:
                self._files.write(notes)
                if self._segments.full and not self._asked:
                    self._want(NEXT)
            else:
                self.dropped += size
        except ANY_RAISED as error:  # any disk's trouble; the tree goes on without
            self._failed(error)
            self.dropped += size
        self._written += size

    def _failed(self, error: BaseException) -> None:
        self._broken, self.taking, self.wants = True, False, ""
        self._retry_at = time.monotonic() + RETRY
        before, self.failing = self.failing, disk_trouble(error)
        if not before:
            record_failure(self._segments.folder, WriteFailure(time.time(), self.failing))
        self._report(
            f"what happens is not recorded: {self._segments.folder} cannot be written: "
            f"{self.failing}; retry in {RETRY:.0f} s",
            "error",
        )

    def _report(self, text: str, level: str) -> None:
        if self._complain is not None:
            self._complain(text, level)
