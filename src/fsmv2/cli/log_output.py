"""Where the log of `run` goes: lines on stdout, a file, or both; as JSON or for people.

On a terminal the tree itself is shown, and there is no log unless a file or a format is asked for.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from fsmv2.cli.console import put, styled
from fsmv2.cli.error_messages import debugging
from fsmv2.cli.log_file import LogFile
from fsmv2.cli.output_thread import Outlet, lost_text
from fsmv2.cli.run_entries import notice
from fsmv2.escaping import printable_line
from fsmv2.operate.time_text import clock_text
from fsmv2.plant import LogSection, log_levels
from fsmv2.runtime.log.entry import LogEntry, json_line
from fsmv2.runtime.log.log_writer import LogWriter
from fsmv2.runtime.log.other_events import LinesLeftOut

Format = Literal["json", "text"]

COLOURS = {"warning": "yellow", "error": "red"}
PLAIN = frozenset({"state_changed", "notice", "run_started", "run_ended"})
"""Events whose message says all."""


class LogOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line says of the log. `file_mb`: megabytes of one file."""

    level: str | None = None
    format: Format | None = None
    file: Path | None = None
    file_mb: int = 10


def shown_format(options: LogOptions, *, as_json: bool, live: bool) -> Format | None:
    """The format of the lines on stdout; None: something else is shown there.

    `live`: the tree is wanted, as for a picture of it.
    """
    if options.format is not None and not as_json:
        return options.format
    return None if as_json or live or sys.stdout.isatty() else "json"


@contextlib.contextmanager
def opened_log(
    options: LogOptions, section: LogSection, shown: Format | None, out: Outlet
) -> Iterator[LogWriter | None]:
    """The log of a run, written to its end when it is left; None when nobody wants one.

    `shown`: the format of the lines on stdout, whose outlet is `out`. FsmError: the file cannot be
    opened.
    """
    levels = log_levels(section, options.level or ("debug" if debugging() else None))
    sinks: list[Callable[[LogEntry], None]] = []
    file: LogFile | None = None
    if shown is not None:
        sinks.append(_shown(shown, out))
    if options.file is not None:
        file = LogFile(options.file, options.file_mb * 1_000_000)
        sinks.append(_written(options.format or "json", file))
    if not sinks:
        yield None
        return
    log = LogWriter(levels, sinks, exclusive=shown is not None)
    if file is not None:
        file.failed = lambda why: log.put(notice(why, level="error"))
    try:
        yield log
    finally:
        log.close()
        if file is not None:
            file.close()


def _shown(format_: Format, out: Outlet) -> Callable[[LogEntry], None]:
    if format_ == "json":
        out.lost = _lost_as_json(out)
        return lambda entry: out.text(json_line(entry) + "\n")
    # Made on the outlet's thread, which asks there whether it is a terminal that has colour.
    return lambda entry: out.later(functools.partial(_put_text, entry))


def _put_text(entry: LogEntry) -> None:
    colour, text = COLOURS.get(entry.level), text_line(entry)
    put(styled(text, fg=colour) if colour else text)


def _written(format_: Format, file: LogFile) -> Callable[[LogEntry], None]:
    if format_ == "json":
        file.lost = _lost_as_json(file)
        return lambda entry: file.text(json_line(entry) + "\n")
    return lambda entry: file.text(text_line(entry) + "\n")


def _lost_as_json(outlet: Outlet) -> Callable[[int, str], None]:
    def lost(lines: int, why: str) -> None:
        event = LinesLeftOut(lines=lines)
        text = lost_text(lines, why)
        entry = LogEntry(time.time(), event.level, event.name, text, fields=event)
        outlet.text(json_line(entry) + "\n")

    return lost


def text_line(entry: LogEntry) -> str:
    """`12:04:05.123 acme/filler  starting_flow → active: reason`; other events are named.

    What a process wrote stands behind a bar: `12:04:05.123 acme/web out | its line`.
    """
    at = clock_text(entry.time)
    if entry.event == "process_output":
        stream = getattr(entry.fields, "stream", "")
        return f"{at} {f'{entry.path} {stream:3}'.rstrip()} | {printable_line(entry.message)}"
    if entry.event == "run_ended":
        return "\n".join(printable_line(line) for line in entry.message.split("\n"))
    text = printable_line(" ".join(entry.message.split()))
    if entry.event not in PLAIN:
        text = f"{entry.event}: {text}"
    if entry.repeated:
        text += f" ({entry.repeated:,} more time{'s' * (entry.repeated != 1)} since)"
    return f"{at} {entry.path or 'fsmv2'}  {text}"
