"""What a command writes, on the disk: `output.log` and `output.previous`, together bounded.

A line is `2026-11-25T23:27:30.123Z out its text`, with `out`, `err`, or `fsmv2` for what the shim
itself says. Each file begins with how many lines there were before it, so that a reader knows its
place forever, and how many it missed.
"""

from __future__ import annotations

import os
import time
from errno import EDQUOT, ENOSPC

from fsmv2.host.process_folder import CURRENT, PREVIOUS

HEADER = b"# %d lines before these\n"
FULL = (ENOSPC, EDQUOT)
COPY = 1 << 20
"""Bytes handled at a time when a file of before is taken over."""


class Segments:
    """Appends whole lines; a disk that does not take them never stops the command."""

    def __init__(self, directory: str, limit: int) -> None:
        """`limit` bytes for both files; raises OSError when nothing can be written there."""
        self._current = os.path.join(directory, CURRENT)
        self._previous = os.path.join(directory, PREVIOUS)
        self._half = limit // 2
        self._lines = 0
        self._size = 0
        self._lost = 0
        self._torn = False
        self._inode = 0
        self._file = -1
        try:
            self._take_over()
        except OSError as error:
            if error.errno not in FULL:
                raise
            self._inode = 0  # lines are counted until there is space

    def say(self, stream: bytes, lines: list[bytes]) -> bytes:
        """These lines of a stream, as they stand in the file."""
        prefix = b"%s %s " % (stamp(), stream)
        return prefix + (b"\n" + prefix).join(lines) + b"\n"

    def write(self, text: bytes) -> None:
        """Append whole lines."""
        try:
            self._look()
            if self._lost:
                lost = b"%d lines left out: the disk did not take them" % self._lost
                self._put(self.say(b"fsmv2", [lost]))
                self._lost = 0
            while text:
                text = self._put(text)
        except OSError:
            self._lost += text.count(b"\n")

    def _put(self, text: bytes) -> bytes:
        """Write what fits into the file; returns the rest."""
        room = self._half - self._size
        part = text if len(text) <= room else text[: text.rfind(b"\n", 0, max(0, room)) + 1]
        if not part and self._size > len(HEADER) + 20:
            self._turn()
            return text
        part = part or text[: text.find(b"\n") + 1]  # a line longer than a file
        written = os.write(self._file, part)
        self._size += written
        if written < len(part):  # the disk is full
            self._torn = True
            raise OSError(ENOSPC, "the disk is full")
        self._lines += part.count(b"\n")
        return text[len(part) :]

    def _look(self) -> None:
        """Somebody may have removed or emptied the file, and the disk may be as it was again."""
        try:
            found = os.stat(self._current)
            same = (found.st_ino, found.st_size) == (self._inode, self._size)
        except FileNotFoundError:
            same = False
        if not same:
            self._begin()
        if self._torn:
            self._size += os.write(self._file, b"\n")
            self._torn = False

    def _begin(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._file = os.open(self._current, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        found = os.fstat(self._file)
        self._inode, self._size = found.st_ino, found.st_size
        if not self._size:
            header = HEADER % self._lines
            self._inode = 0  # until its first line stands there
            if os.write(self._file, header) < len(header):
                os.ftruncate(self._file, 0)
                raise OSError(ENOSPC, "the disk is full")
            self._inode, self._size = found.st_ino, len(header)

    def _turn(self) -> None:
        try:
            os.replace(self._current, self._previous)
        except FileNotFoundError:
            pass
        self._begin()

    def _take_over(self) -> None:
        """Go on after what an earlier shim wrote, whatever its limit was."""
        self._lines = lines_until_end(self._previous)
        for path in (self._previous, self._current):
            keep_end(path, self._half)
        before = number_of(first_line(self._current))
        if before is None:
            if os.path.exists(self._current):
                os.replace(self._current, self._previous)
        else:
            self._lines = lines_until_end(self._current)
        self._begin()
        os.lseek(self._file, -1, os.SEEK_END)
        self._torn = os.read(self._file, 1) != b"\n"  # it was killed in the middle of a line


def stamp() -> bytes:
    """Now, in UTC, to the millisecond."""
    now = time.time()
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    return f"{whole}.{int(now % 1 * 1000):03d}Z".encode()


def first_line(path: str) -> bytes:
    """The first line of a file; empty when there is none."""
    try:
        with open(path, "rb") as opened:
            return opened.readline(200)
    except OSError:
        return b""


def number_of(header: bytes) -> int | None:
    """How many lines were before a file, by its first line; None: it is none of ours."""
    words = header.split()
    good = len(words) == 5 and words[0] == b"#" and words[1].isdigit()
    return int(words[1]) if good else None


def lines_until_end(path: str) -> int:
    """How many lines there were to the end of this file; 0 when it cannot be told."""
    before = number_of(first_line(path))
    if before is None:
        return 0
    count = -1  # the header is none
    with open(path, "rb") as opened:
        while chunk := opened.read(COPY):
            count += chunk.count(b"\n")
    return before + max(0, count)


def keep_end(path: str, limit: int) -> None:
    """Make a file that is longer than `limit` bytes its own last lines."""
    try:
        with open(path, "rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if size <= limit:
                return
            before = number_of(opened.readline(200))
            opened.seek(max(0, size - limit + 100))
            kept = opened.read()
    except OSError:
        return
    kept = kept[kept.find(b"\n") + 1 :]
    header = b"" if before is None else HEADER % (lines_until_end(path) - kept.count(b"\n"))
    with open(f"{path}.new", "wb", opener=_private) as written:
        written.write(header + kept)
    os.replace(f"{path}.new", path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
