"""What the command itself has to say in the log of a run: what runs, what it does, how it ended."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import msgspec

from fsmv2 import Diagnostic, __version__
from fsmv2.cli.tree_display import DisplayedEvent
from fsmv2.core.contract.log_events import LogEvent
from fsmv2.operate.prepared_tree import PreparedTree
from fsmv2.runtime.log.entry import LogEntry
from fsmv2.runtime.log.other_events import DocumentProblem, Notice, RunEnded, RunStarted


def _entry(event: LogEvent, text: str) -> LogEntry:
    return LogEntry(time.time(), event.level, event.name, text, fields=event)


def run_started(prepared: PreparedTree) -> LogEntry:
    """The first line."""
    number = None if prepared.generation is None else prepared.generation.number
    event = RunStarted(
        version=__version__,
        pid=os.getpid(),
        document=os.path.abspath(prepared.document),
        generation=number,
        state_dir=str(prepared.directory.path),
    )
    what = "" if number is None else f"generation {number} of "
    return _entry(event, f"fsmv2 {__version__} runs {what}{event.document}, pid {event.pid}")


def document_problem(found: Diagnostic) -> LogEntry:
    """Something that is wrong with the document, and does not keep the rest from running."""
    where = f"{found.mark}: " if found.mark is not None else ""
    return _entry(DocumentProblem.of(found), f"{where}{found.message}")


def notice(text: str, *, path: str = "", level: str = "info") -> LogEntry:
    """What the command says of itself."""
    found = _entry(Notice(), text)
    return msgspec.structs.replace(found, path=path, level=level)


def entry_of(happening: DisplayedEvent) -> LogEntry:
    """What a session tells, as a line of the log."""
    path = "" if happening.path == "fsmv2" else happening.path
    found = notice(happening.text, path=path, level=happening.level)
    return msgspec.structs.replace(found, time=happening.at)


def run_ended(text: str, data: Mapping[str, Any]) -> LogEntry:
    """The last line; `data` is the summary of the run."""
    given = {name: data[name] for name in RunEnded.__struct_fields__}
    return _entry(msgspec.convert(given, RunEnded, strict=False), text)
