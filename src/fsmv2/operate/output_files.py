"""What the processes of a tree, and its embedded broker, wrote: read from where it is kept.

No tree has to run for it. A line of a process is `2026-11-25T23:27:30.123Z out its text`; one of
the broker `[123] 2026/11/25 23:27:30.123456 [INF] its text`, in local time.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from fsmv2.host.process_folder import CURRENT, PREVIOUS, folder_of

PROCESSES = "processes"
BROKER_LOGS = ("nats-server.log",)
READ_AT_ONCE = 4 << 20
"""Bytes of the end of a file that are read; a process keeps ten megabytes by default."""

_PROCESS_LINE = re.compile(
    rb"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})Z (?P<stream>out|err|fsmv2) (?P<text>.*)"
)
_BROKER_LINE = re.compile(
    rb"\[\d+\] (?P<at>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}) \[(?P<stream>[A-Z]{3})\] (?P<text>.*)"
)


class OutputLine(NamedTuple):
    """One line. `at` in Unix seconds; `stream`: out, err, or a level of the broker."""

    at: float
    path: str
    stream: str
    text: str


class OutputFile:
    """One file, read from where it was read before; one that was begun anew from its beginning."""

    def __init__(self, path: str, file: Path, *, broker: bool = False) -> None:
        """`path`: of the worker whose it is."""
        self._path = path
        self.place = file
        """Where it is."""
        self._broker = broker
        self._inode = 0
        self._offset = 0

    def lines(self) -> Iterator[OutputLine]:
        """What is new and whole; nothing where it cannot be read."""
        try:
            with self.place.open("rb") as opened:
                found = os.fstat(opened.fileno())
                if found.st_ino != self._inode or found.st_size < self._offset:
                    self._inode = found.st_ino
                    self._offset = max(0, found.st_size - READ_AT_ONCE)
                opened.seek(self._offset)
                data = opened.read(READ_AT_ONCE + 1)
        except OSError:
            return
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        for line in data[:whole].splitlines():
            if (one := self._line(line)) is not None:
                yield one

    def _line(self, line: bytes) -> OutputLine | None:
        found = (_BROKER_LINE if self._broker else _PROCESS_LINE).fullmatch(line)
        if found is None:
            return None
        text = found["at"].decode()
        if self._broker:
            at = datetime.datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").astimezone()
        else:
            at = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
        stream = found["stream"].decode()
        return OutputLine(
            at.timestamp(), self._path, stream, found["text"].decode("utf-8", "replace")
        )


def output_files(directory: Path, path: str = "") -> list[OutputFile]:
    """Those of the worker at `path` and below, or of all, oldest first."""
    found: list[OutputFile] = []
    processes = directory / PROCESSES
    for folder in sorted(processes.iterdir()) if processes.is_dir() else []:
        worker = unquote(folder.name)
        if _is_meant(worker, path) or folder.name == folder_of(path):
            found += [OutputFile(worker, folder / name) for name in (PREVIOUS, CURRENT)]
    for name in BROKER_LOGS:
        file = directory / "broker" / name
        # Which worker it is: the only one of its type, a child of the root.
        worker = f"{_root_of(directory, path)}broker"
        if file.exists() and _is_meant(worker, path):
            found.append(OutputFile(worker, file, broker=True))
    return found


def _is_meant(worker: str, path: str) -> bool:
    return not path or worker == path or worker.startswith(f"{path}/")


def _root_of(directory: Path, path: str) -> str:
    """The name of the root with a slash, from a path or from the processes; empty: not known."""
    if path:
        return f"{path.partition('/')[0]}/"
    processes = directory / PROCESSES
    for folder in sorted(processes.iterdir()) if processes.is_dir() else []:
        return f"{unquote(folder.name).partition('/')[0]}/"
    return ""
