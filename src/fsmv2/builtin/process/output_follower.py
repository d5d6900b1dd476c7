"""What a process writes, read from where its shim puts it, and handed to the log."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from fsmv2 import printable
from fsmv2.builtin.process.shim.segments import number_of
from fsmv2.host.file_signature import Signature, signature
from fsmv2.host.file_tail import TAIL, tail
from fsmv2.host.process_folder import CURRENT, PREVIOUS

LOG = "fsmv2.output"
"""The logger of these lines, so that a program decides for itself where they go, or whether."""
WROTE_NOTHING = "it wrote nothing"
LAST_WORDS = 500
"""Characters of a line that are shown in a reason."""
AMONG = 10
"""How many of the last lines are looked through for those of the error stream."""
TOLD = "output.told"
LEFT_OUT = b" lines left out"
Redact = Callable[[str], str]


class Place(NamedTuple):
    """How far the lines were told: the number a file begins with, the offset, lines so far."""

    first: int
    offset: int
    lines: int


def output_log(log: Any) -> Any:
    """The logger for the lines of one process, with the fields of that of its worker.

    Its name stands in each entry, too, as `logger`.
    """
    return structlog.get_logger(LOG).bind(**{**structlog.get_context(log.bind()), "logger": LOG})


class Follower:
    """Hands the lines that a process writes to a log, a bounded number each second.

    How far it came stands beside the files, so that after a crash of fsmv2 it goes on there: what
    was written meanwhile is told, and nothing again. What was too much, or is gone from the disk
    already, is counted.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._place: Place | None = None
        self._read: Signature = ()
        self._allowed = float("inf")
        self._at = clock()

    def is_behind(self, directory: str) -> bool:
        """Whether there may be lines that were not read: whoever writes one changes the file."""
        return not self._read or signature(Path(directory, CURRENT)) != self._read

    def follow(self, directory: str, log: Any, limit: int, redact: Redact = str) -> None:
        """Log the new lines, `limit` of a second at most: the first and the last. Blocks."""
        now = self._clock()
        self._allowed = min(limit, self._allowed + (now - self._at) * limit)
        self._at = now
        with contextlib.suppress(OSError):  # the disk's trouble is not the process's
            text, missed = self._new(Path(directory))
            lines = text.splitlines()
            if not lines and not missed:
                return
            allowed = min(len(lines), int(self._allowed))
            self._allowed -= allowed
            head, tail = lines[: (allowed + 1) // 2], lines[len(lines) - allowed // 2 :]
            between = lines[len(head) : len(lines) - len(tail)]

            def leave_out(count: int) -> None:
                if count and limit:
                    log.info("left out", lines=count, file=f"{directory}/{CURRENT}")

            leave_out(missed)
            for line in head:
                leave_out(_log(line, log, redact))
            leave_out(sum(_left_out(line) or not _by_shim(line) for line in between))
            for line in tail:
                leave_out(_log(line, log, redact))

    def _new(self, directory: Path) -> tuple[bytes, int]:
        """The lines that are new, and how many between were written over before they were read."""
        place = self._place or _earlier_position(directory)
        text, missed = b"", 0
        self._read, seen = (), signature(directory / CURRENT)
        try:
            current = (directory / CURRENT).open("rb")
        except FileNotFoundError:
            return b"", 0
        with current:
            header = current.readline()
            first = number_of(header)
            if first is None:
                return b"", 0
            if place is None or place.first != first:
                place = place or Place(-1, 0, 0)
                text, before, place = _rest_of(directory / PREVIOUS, place, first)
                missed = max(0, before)
                missed += max(0, first - place.lines)
                place = Place(first, len(header), first)
            current.seek(place.offset)
            more = _whole(current.read())
        place = Place(first, place.offset + len(more), place.lines + more.count(b"\n"))
        self._read = seen
        if place != self._place:
            self._place = place
            with contextlib.suppress(OSError):  # a full disk: after a crash they are told again
                (directory / TOLD).write_text(" ".join(map(str, place)))
        return text + more, missed


def _rest_of(file: Path, place: Place, current: int) -> tuple[bytes, int, Place]:
    """What is new in the file before the current one, lines missed before it, the place after."""
    with contextlib.suppress(FileNotFoundError), file.open("rb") as opened:
        header = opened.readline()
        first = number_of(header)
        # It may have become the current one of a moment ago, which is read in any case.
        if first is not None and place.first <= first < current:
            if first != place.first:
                opened.seek(len(header))
                missed, lines = first - place.lines, first
            else:
                opened.seek(place.offset)
                missed, lines = 0, place.lines
            text = _whole(opened.read())
            return text, missed, Place(first, 0, lines + text.count(b"\n"))
    return b"", 0, place


def _earlier_position(directory: Path) -> Place | None:
    """Where the follower of an earlier run of fsmv2 came to."""
    try:
        first, offset, lines = map(int, (directory / TOLD).read_text().split())
    except (OSError, ValueError):
        return None
    return Place(first, offset, lines)


def _whole(text: bytes) -> bytes:
    return text[: text.rfind(b"\n") + 1]


def _parts(line: bytes) -> tuple[str, str, str]:
    """When it was written, its stream and its text."""
    at, _, rest = line.decode(errors="replace").partition(" ")
    stream, _, text = rest.partition(" ")
    return at, stream, text


def _left_out(line: bytes) -> int:
    """The number in what the shim says of lines that it left out; of another line 0."""
    if not _by_shim(line) or LEFT_OUT not in line:
        return 0
    number = _parts(line)[2].partition(" ")[0]
    return int(number) if number.isdigit() else 0


def _by_shim(line: bytes) -> bool:
    return line.partition(b" ")[2].startswith(b"fsmv2 ")


def _log(line: bytes, log: Any, redact: Redact) -> int:
    """Log one line; of what is the shim's own only answer how many it left out."""
    at, stream, text = _parts(line)
    if stream == "fsmv2":
        return _left_out(line)
    if text.strip():
        log.info("wrote", stream=stream, line=printable(redact(text)), at=at)
    return 0


def last_words(directory: str, redact: Redact = str, count: int = 3) -> str:
    """The last lines of its last run, shortened; only errors, if there are any among the last."""
    text = b""
    for name in (CURRENT, PREVIOUS):
        text = tail(Path(directory) / name) + text
        if len(text) >= TAIL:
            break
    said: list[tuple[str, str]] = []
    for line in reversed(text.splitlines()):
        _, stream, words = _parts(line)
        if len(said) == AMONG or (stream == "fsmv2" and words.startswith("started ")):
            break
        if words.strip() and stream in ("out", "err"):
            said.append((stream, printable(redact(words))[:LAST_WORDS]))
    shown = [words for stream, words in said if stream == "err"] or [words for _, words in said]
    return " / ".join(reversed(shown[:count])) or WROTE_NOTHING
