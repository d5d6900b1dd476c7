"""A line of what is known of a worker, as every interface gives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from fsmv2.escaping import printable_line

if TYPE_CHECKING:
    from fsmv2.runtime.log.entry import LogEntry
    from fsmv2.runtime.log.recent_lines import RecentLines


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `at` in Unix seconds. `kind`: of an event of the tree, an event of its log, or
    `output`.

    `stream`: of output: `out` or `err`, `fsmv2` for what is noted about it, or the level in the log
    of the broker; of all else: empty.
    """

    at: float
    path: str
    kind: str
    level: str
    text: str
    stream: str = ""


class LogLines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the log of a tree. `last`: the number of its newest line, whoever it is of; `begun`:
    when it was begun, in Unix seconds: in another run of the tree numbers begin anew. `left_out`:
    how many older ones were asked for, beyond the limit.
    """

    lines: tuple[LogLine, ...]
    last: int
    begun: float
    left_out: int = 0


class NumberedLines(NamedTuple):
    """An entry of the log with the lines it is, one or more; `path`: of whom, '' of no worker."""

    number: int
    path: str
    lines: tuple[LogLine, ...]


def numbered_log_lines(recent: RecentLines, *, after: int, limit: int) -> list[NumberedLines]:
    """The last entries of a log with a greater number than `after`, oldest first."""
    return [
        NumberedLines(number, entry.path, tuple(_lines_of(entry)))
        for number, entry in recent.numbered(after)[-limit:]
    ]


def log_lines(
    recent: RecentLines, *, path: str = "", after: int = 0, since: float = 0.0, limit: int = 100
) -> LogLines:
    """The last lines of a log of a path and below, or of all; an exception has lines of its own."""
    entries, last = recent.after(after, path=path, since=since)
    lines = tuple(line for entry in entries[-limit:] for line in _lines_of(entry))
    left_out = max(0, len(entries) - limit)
    return LogLines(lines=lines, last=last, begun=recent.begun, left_out=left_out)


def _lines_of(entry: LogEntry) -> Iterator[LogLine]:
    exception = str(getattr(entry.fields, "exception", ""))
    for text in (_text(entry), *exception.splitlines()):
        yield LogLine(
            at=entry.time,
            path=entry.path or "fsmv2",
            kind=entry.event,
            level=entry.level,
            text=printable_line(text),
        )


def _text(entry: LogEntry) -> str:
    """Its message, with what an author gave beside it."""
    given = getattr(entry.fields, "fields", None)
    text = " ".join(entry.message.split())
    if isinstance(given, dict):
        text = " ".join([text, *(f"{key}={value}" for key, value in given.items())])
    if entry.repeated:
        text += f" ({entry.repeated:,} more time{'s' * (entry.repeated != 1)} since)"
    return text
