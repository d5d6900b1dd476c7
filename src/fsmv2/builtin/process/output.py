"""What a process writes: to a file of its own, bounded, so that it outlives a kill of fsmv2."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

TAIL = 16 << 10
"""Bytes at the end that are read for the last lines."""
LINE = 500
"""Characters of a line that are shown."""
CHUNK = 256 << 10
"""Bytes read at one look; of what is written faster than that, the latest are read."""
Redact = Callable[[str], str]
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def begin(file: Path) -> int:
    """A descriptor for a new process to write to; what an earlier one wrote is kept beside."""
    if file.exists() and file.stat().st_size:
        os.replace(file, file.with_suffix(".previous"))
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)


def keep_small(file: Path, limit: int) -> bool:
    """Move a file that has grown beyond `limit` bytes aside, and say whether it had.

    Of what it wrote, the last `limit` bytes are kept, however much it was: this takes a bounded
    time and a bounded part of the disk. What it writes between the copy and the cut is lost.
    """
    with contextlib.suppress(OSError):
        size = file.stat().st_size
        if size > limit:
            with file.open("rb") as opened:
                opened.seek(size - limit)
                kept = opened.read(limit)
            previous = file.with_suffix(".previous")
            descriptor = os.open(previous, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as written:
                written.write(kept)
            os.truncate(file, 0)
            return True
    return False


def last_lines(file: Path, redact: Redact, count: int = 3) -> list[str]:
    """The last lines that are not empty, shortened."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - TAIL))
            lines = opened.read().decode(errors="replace").splitlines()
    except OSError:
        return []
    return [redact(line)[:LINE] for line in lines if line.strip()][-count:]


class Follower:
    """Hands the lines that a process writes to a log, a bounded number at each look.

    How far it came stands beside the file, so that after a crash of fsmv2 it goes on there: what
    was written meanwhile is told, and nothing again. Without that, it begins at the end. A file
    that is replaced is read to its end first. The process writes to its file and waits for nobody.
    """

    def __init__(self) -> None:
        self._opened: BinaryIO | None = None
        self._rest = b""
        self._first = True
        self._noted = ""

    def __enter__(self) -> Follower:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        if self._opened is not None:
            self._opened.close()

    def follow(self, file: Path, log: Any, limit: int, redact: Redact = str) -> None:
        """Log the lines that are new in `file`, at most `limit`; and how much was left out."""
        with contextlib.suppress(OSError):  # the disk's trouble is not the process's
            lines, skipped = self._new(file)
            for line in lines[:limit]:
                log.info("wrote", line=_shown(line, redact))
            left_out = len(lines) - limit
            if skipped or left_out > 0:
                log.warning("left out", lines=max(0, left_out), bytes=skipped, all_of_it=str(file))
            self._note(file)

    def was_cut(self) -> None:
        """Go on at the begin of the file, also if it has grown beyond its old size by then."""
        if self._opened is not None:
            self._opened.seek(0)
            self._rest = b""

    def _note(self, file: Path) -> None:
        """Remember how far the lines were told; those of a crash in between are told twice."""
        if self._opened is not None:
            inode = os.fstat(self._opened.fileno()).st_ino
            noted = f"{inode} {self._opened.tell() - len(self._rest)}"
            if noted != self._noted:
                file.with_suffix(".told").write_text(noted)
                self._noted = noted

    def _begin(self, opened: BinaryIO, file: Path) -> None:
        """Go to where the follower of an earlier run of fsmv2 came to."""
        found = os.fstat(opened.fileno())
        try:
            inode, at = map(int, file.with_suffix(".told").read_text().split())
        except (OSError, ValueError):
            opened.seek(0, os.SEEK_END)
            return
        # A file it never saw, or that was cut since, is new from its begin on.
        opened.seek(at if inode == found.st_ino and 0 <= at <= found.st_size else 0)

    def _new(self, file: Path) -> tuple[list[bytes], int]:
        lines: list[bytes] = []
        skipped = 0
        opened = self._opened
        if opened is not None:
            lines, skipped = self._read(opened)
            if _same_file(opened, file):
                return lines, skipped
            opened.close()
            self._opened = None
            if self._rest:
                lines.append(self._rest)  # its last line had no end
                self._rest = b""
        if file.exists():
            self._opened = opened = file.open("rb")
            if self._first:
                self._begin(opened, file)
            more, more_skipped = self._read(opened)
            lines, skipped = lines + more, skipped + more_skipped
        self._first = False
        return lines, skipped

    def _read(self, opened: BinaryIO) -> tuple[list[bytes], int]:
        at, size, skipped = opened.tell(), os.fstat(opened.fileno()).st_size, 0
        if size < at:
            at = opened.seek(0)  # it was made small
        if size - at > CHUNK:
            skipped = size - at - CHUNK
            opened.seek(size - CHUNK)
            self._rest = b""
        *lines, rest = (self._rest + opened.read(CHUNK)).split(b"\n")
        if skipped:
            del lines[:1]  # of which the begin was skipped
        self._rest = rest[: 4 * LINE]
        return [line for line in lines if line.strip()], skipped


def _same_file(opened: BinaryIO, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(opened.fileno()), file.stat())
    except FileNotFoundError:
        return False


def _shown(line: bytes, redact: Redact) -> str:
    text = UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", line.decode(errors="replace").rstrip("\r"))
    text = redact(text)  # before it is shortened: of half a secret nobody would know
    return text if len(text) <= LINE else f"{text[:LINE]}… ({len(text)} characters)"
