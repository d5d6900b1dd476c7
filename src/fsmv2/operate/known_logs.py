"""What is known of a worker in lines: what its process wrote, and what the tree said of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fsmv2.errors import UnknownPathError
from fsmv2.operate.known_events import KnownEvents
from fsmv2.operate.output_files import OutputFile, OutputLine, output_files
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.running_trees import kept_directory
from fsmv2.operate.state_directory import STORE, holder
from fsmv2.store.stored_events import events_in

EVERY = 0.3
"""Seconds between two looks while lines are followed."""

LEVELS = {"ERR": "error", "FTL": "error", "WRN": "warning", "err": "warning"}
MOST = 50_000


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `at` in Unix seconds. `kind`: of an event of the tree, or `output`.

    `stream`: of output: `out` or `err`, `fsmv2` for what is noted about it, or the level in the log
    of the broker; of an event: empty.
    """

    at: float
    path: str
    kind: str
    level: str
    text: str
    stream: str = ""


class KnownLogs:
    """Those of one tree, which need not run."""

    def __init__(
        self, document: Path | None, state_dir: Path | None, path: str = "", *, tool: str
    ) -> None:
        """Of the worker at `path` and below, or of all; see `running_trees`."""
        self._directory = kept_directory(document, state_dir)
        self._events = KnownEvents(document, state_dir, tool=tool)
        self._path = path
        self._files = output_files(self._directory, path)
        self._after = 0

    def last(self, *, since: float = 0.0, limit: int = 100) -> list[LogLine]:
        """The last of them, oldest first; `since`: not earlier. UnknownPathError, StoreError."""
        try:
            events = self._events.last(self._path, since=since, limit=limit)
        except UnknownPathError:
            if not self._files:
                raise
            events = []
        self._after = events[-1].id if events else 0
        found = [*map(_of_event, events), *(one for one in self._output() if one.at >= since)]
        return sorted(found, key=lambda one: one.at)[-limit:]

    def follow(self) -> Iterator[LogLine]:
        """What is new, until no tree runs here any more; after `last`."""
        while True:
            runs = holder(self._directory)
            self._files = [*self._files, *self._new_files()]
            events = events_in(
                self._directory / STORE, path=self._path, after=self._after, limit=MOST
            )
            if events:
                self._after = events[-1].id
            found = [_of_event(RecordedEvent.of(one)) for one in events]
            yield from sorted([*found, *self._output()], key=lambda one: one.at)
            if not runs:
                return
            time.sleep(EVERY)

    def _output(self) -> Iterator[LogLine]:
        for file in self._files:
            yield from map(_of_output, file.lines())

    def _new_files(self) -> list[OutputFile]:
        """Of processes that were started since."""
        known = {file.place for file in self._files}
        return [one for one in output_files(self._directory, self._path) if one.place not in known]


def _of_event(event: RecordedEvent) -> LogLine:
    return LogLine(
        at=event.at, path=event.path, kind=event.kind, level=event.level, text=event.text
    )


def _of_output(line: OutputLine) -> LogLine:
    level = LEVELS.get(line.stream, "info")
    return LogLine(
        at=line.at, path=line.path, kind="output", level=level, text=line.text, stream=line.stream
    )
