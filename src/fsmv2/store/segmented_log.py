"""Files of records that are only appended to, in one folder of bounded size; the oldest goes first.

Each file, a *segment*, can be read by itself. Its records are compressed in a row, each ready to be
read as soon as it is written: after a kill all of them are there but the one being written. Written
by the journal on a thread of its own; reading needs no lock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import JournalError, StoreError
from fsmv2.host.file_lock import FileLock
from fsmv2.host.private import private_folder, tighten_file

VERSION = 1
"""Raised with every change of the form; a program refuses what it does not know."""

SUFFIX = ".journal"
SHARE = 4
"""A segment is full when its records take this part of the folder's size."""

LARGEST = 32 * 1024 * 1024
"""Bytes of one record; more is not written, and no record but damage when it is read."""
EXPANSION, SPARE = 500, 64 * 1024 * 1024
"""What a segment may grow to when it is read: so many times its size, and some more. Ours grow
tenfold; a file made for that would keep its reader busy forever."""

_MAGIC = b"fsmv2 journal %d\n"
_FRAME = struct.Struct("<II")
"""Before each record: its length and its CRC-32, both as it stands in the file."""


class SegmentedLog:
    """Writes into one folder, of at most `max_bytes`."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self.folder = folder
        self._max_bytes = max_bytes
        self._lock = FileLock(
            folder / "lock",
            what=f"the journal {folder}",
            fix="Stop that one, or use another folder.",
        )
        self._file: int | None = None
        self._path = folder
        self._older: deque[tuple[Path, int]] = deque()
        self._size = self._checkpoint = self._in_older = 0
        self._compress = zlib.compressobj(1)
        self._taken = False
        self._number = 0

    def open(self) -> None:
        """Take the folder for this process; StoreError: another one has it, OSError: no place.

        One that was removed or moved away meanwhile is made and taken again.
        """
        if self._taken and not self._lock.stands:
            self.close()
        if not self._taken:
            private_folder(self.folder)
            self._lock.take()
            self._taken = True
            for path in segments_in(self.folder):
                tighten_file(path)
            self._older.extend((path, path.stat().st_size) for path in segments_in(self.folder))
            self._in_older = sum(size for _, size in self._older)
            newest = int(self._older[-1][0].stem) if self._older else 0
            self._number = max(self._number, newest)

    def begin(self, records: Iterator[bytes]) -> None:
        """Begin a segment with these records, which say how to read the others.

        StoreError when they alone take too much of the folder.
        """
        self._end()
        self.open()
        self._number += 1
        self._path = self.folder / f"{self._number:08}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._file = os.open(self._path, flags, 0o600)
        self._compress = zlib.compressobj(1)
        self._size = 0
        try:
            self._write(_MAGIC % VERSION)
            for record in records:
                self.append(record)
                if self._size > self._max_bytes / 2:
                    raise self._too_small()
        except BaseException:
            self._take_back()
            raise
        self._checkpoint = self._size

    @property
    def full(self) -> bool:
        """Whether it is time for the next segment."""
        return self._size - self._checkpoint > self._max_bytes / SHARE

    def append(self, record: bytes) -> None:
        """Add a record to the segment; OSError when it cannot be written.

        Then nothing of it stays, and another segment has to be begun.
        """
        if len(record) > LARGEST:
            raise StoreError(
                f"a record of {len(record) >> 20} MB is too large for a journal.",
                fix="Keep what a worker observes small.",
            )
        # One stream for the segment, flushed after each record: what stands there before serves as
        # the dictionary, so that an observation takes some bytes; compressed alone it would hardly
        # shrink.
        done = self._compress.compress(record) + self._compress.flush(zlib.Z_SYNC_FLUSH)
        self._write(_FRAME.pack(len(done), zlib.crc32(done)) + done)

    def close(self) -> None:
        """End the segment and give the folder free."""
        self._end()
        self._lock.release()
        self._taken = False
        self._older.clear()

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            self._older.append((self._path, self._size))
            self._in_older += self._size
            os.close(file)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise OSError(errno.EBADF, "no segment was created", str(self.folder))
        if not self._stands(self._file):
            gone = "it was deleted or replaced while it was in use"
            raise OSError(errno.ENOENT, gone, str(self._path))
        while self._older and len(data) + self._size + self._in_older > self._max_bytes:
            oldest, size = self._older.popleft()
            oldest.unlink(missing_ok=True)
            self._in_older -= size
        if len(data) + self._size > self._max_bytes:
            raise self._too_small()
        left = memoryview(data)
        try:
            # A write may take a part only, on a disk that is nearly full, and that is no error to
            # it.
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            # Half a record would hide what comes later. What is compressed next builds on it, too.
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
            self._end()
            raise
        self._size += len(data)

    def _stands(self, file: int) -> bool:
        """Whether it is still at its path: nobody looks for a segment that was moved away."""
        try:
            return os.path.samestat(os.fstat(file), self._path.stat())
        except FileNotFoundError:
            return False

    def _take_back(self) -> None:
        """Leave nothing of a segment that could not be begun: it would be taken for the newest."""
        self._end()
        if self._older and self._older[-1][0] == self._path:
            self._in_older -= self._older.pop()[1]
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _too_small(self) -> StoreError:
        return StoreError(
            f"{self._max_bytes / 2**20:g} MB is too small for the journal of this tree: the "
            "checkpoint at the start of a segment takes more than half of it.",
            fix="Raise `journal_mb`, or set it to 0.",
        )


class Segment:
    """One file to read. `ending`: how it ended, if not with a whole record; known after reading."""

    def __init__(self, path: Path) -> None:
        """JournalError: it is none, or one that this program does not know; OSError: not there."""
        self.path = path
        self.ending = ""
        with path.open("rb") as file:
            first = file.read(64)
        self._start = first.find(b"\n") + 1
        found = re.fullmatch(rb"fsmv2 journal (\d+)\n", first[: self._start])
        if not first or (found is None and (_MAGIC % VERSION).startswith(first)):
            self._start, self.ending = 0, "it was killed before anything was written"
        elif found is None:
            raise JournalError(
                f"{path} is not a journal of fsmv2.",
                fix="Name the folder `journal` in the state directory of a run.",
            )
        elif int(found[1]) != VERSION:
            raise JournalError(
                f"{path} has journal format {int(found[1])}; this fsmv2 reads format {VERSION}.",
                fix="Use the fsmv2 that recorded it.",
            )

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    def records(self) -> Iterator[bytes]:
        """The records in order, up to the last whole one."""
        if not self._start:
            return
        expand, whole = zlib.decompressobj(), self.size
        left = EXPANSION * whole + SPARE
        with self.path.open("rb") as file:
            file.seek(self._start)
            while head := file.read(_FRAME.size):
                at = file.tell() - len(head)
                length, check = _FRAME.unpack(head) if len(head) == _FRAME.size else (0, 0)
                data = file.read(min(length, LARGEST, whole))
                if len(head) < _FRAME.size or (len(data) < length and not file.read(1)):
                    self.ending = f"its last record, at byte {at}, is cut off, as by a kill"
                    return
                try:
                    if zlib.crc32(data) != check or len(data) < length:
                        raise zlib.error("checksum")
                    record = expand.decompress(data, min(LARGEST, left))
                    left -= len(record)
                    if expand.unconsumed_tail or not left:
                        raise zlib.error("too long")
                except zlib.error:
                    self.ending = f"it is damaged at byte {at}; what follows cannot be read"
                    return
                yield record


def segments_in(folder: Path) -> list[Path]:
    """The segments of a folder, oldest first."""
    found = (path for path in folder.glob(f"*{SUFFIX}") if path.stem.isdecimal())
    return sorted(path for path in found if path.is_file())  # a pipe would be waited for
