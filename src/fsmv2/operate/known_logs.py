"""What is known of a worker in lines: what its process wrote, and what the tree said of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import ApiUnavailableError, UnknownPathError
from fsmv2.operate.followed_log import FollowedLog
from fsmv2.operate.known_events import AT_ONCE, KnownEvents
from fsmv2.operate.log_line import LogLine, LogLines
from fsmv2.operate.output_files import OutputFile, OutputLine, output_files
from fsmv2.operate.recorded_event import RecordedEvent
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.running_trees import kept_directory
from fsmv2.operate.state_directory import holder

EVERY = 0.3
"""Seconds between two looks while lines are followed."""

LEVELS = {"ERR": "error", "FTL": "error", "WRN": "warning", "err": "warning"}


class KnownLogs:
    """Those of one tree, which need not run."""

    def __init__(
        self, document: Path | None, state_dir: Path | None, path: str = "", *, tool: str
    ) -> None:
        """Of the worker at `path` and below, or of all; see `running_trees`."""
        self._directory = kept_directory(document, state_dir)
        self._events = KnownEvents(document, state_dir, tool=tool)
        self._tree = RemoteTree(self._directory, tool=tool)
        self._path, self._tool = path, tool
        self._files = output_files(self._directory, path)
        self._after = self._line = self._left_out = 0
        self._begun = 0.0

    def last(
        self, *, since: float = 0.0, until: float | None = None, limit: int | None = 100
    ) -> list[LogLine]:
        """The last `limit` of them, or all, oldest first; `since`, `until`: between these.

        UnknownPathError, StoreError.
        """
        most = AT_ONCE if limit is None or until is not None else min(limit, AT_ONCE)
        logged = self._logged(since=since, limit=most)
        try:
            events = self._events.last(self._path, since=since, until=until, limit=limit)
        except UnknownPathError:
            if not self._files:
                raise
            events = []
        self._after = events[-1].id if events else 0
        output = (one for one in self._output() if one.at >= since)
        found = [*map(_of_event, events), *output, *logged]
        if until is not None:
            found = [one for one in found if one.at <= until]
        found.sort(key=lambda one: one.at)
        return found if limit is None else found[-limit:]

    def follow(self) -> Iterator[LogLine]:
        """What is new, until no tree is running here any longer; after `last`."""
        logged = FollowedLog(self._directory, self._path, tool=self._tool)
        while True:
            runs = holder(self._directory)
            self._files = [*self._files, *self._new_files()]
            events = self._events.after(self._path, self._after)
            if events:
                self._after = events[-1].id
            follows = logged.follows
            found = [*map(_of_event, events), *self._output(), *logged.taken()]
            if runs and not follows:
                self._line = logged.last or self._line
                asked = self._logged()
                if asked and self._left_out:
                    yield _left_out(asked[0], self._left_out)
                found += asked
                logged.begin(self._line)
            yield from sorted(found, key=lambda one: one.at)
            if not runs:
                return
            time.sleep(EVERY)

    def _logged(self, *, since: float = 0.0, limit: int = AT_ONCE) -> tuple[LogLine, ...]:
        """New lines of the log that are no events; none of a tree that does not run, or answer."""
        if not holder(self._directory):
            return ()
        query = {"path": self._path, "since": repr(since), "limit": str(limit)}
        try:
            found = self._tree.get("/v1/logs", {**query, "after": str(self._line)}, LogLines)
            if self._begun and found.begun != self._begun:  # another run, which counts anew
                found = self._tree.get("/v1/logs", query, LogLines)
        except ApiUnavailableError:
            return ()
        self._line, self._begun, self._left_out = found.last, found.begun, found.left_out
        return found.lines

    def _output(self) -> Iterator[LogLine]:
        for file in self._files:
            yield from map(_of_output, file.lines())

    def _new_files(self) -> list[OutputFile]:
        """Of processes that were started since."""
        known = {file.place for file in self._files}
        return [one for one in output_files(self._directory, self._path) if one.place not in known]


def _left_out(before: LogLine, lines: int) -> LogLine:
    text = f"{lines:,} lines left out here: too much happened at once"
    return LogLine(at=before.at, path="fsmv2", kind="lines_left_out", level="warning", text=text)


def _of_event(event: RecordedEvent) -> LogLine:
    return LogLine(
        at=event.at, path=event.path, kind=event.kind, level=event.level, text=event.text
    )


def _of_output(line: OutputLine) -> LogLine:
    level = LEVELS.get(line.stream, "info")
    return LogLine(
        at=line.at, path=line.path, kind="output", level=level, text=line.text, stream=line.stream
    )
