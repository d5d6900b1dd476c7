"""New lines of the log of a tree that runs, taken in while they come."""

from __future__ import annotations

import contextlib
import queue
import threading
from pathlib import Path

import msgspec

from fsmv2.errors import FsmError
from fsmv2.operate.log_line import LogLine
from fsmv2.operate.remote_stream import ENDED, RESET, streamed


class FollowedLog:
    """Those of a worker and below, or of all. Read from one thread."""

    def __init__(self, directory: Path, path: str, *, tool: str) -> None:
        self._directory = directory
        self._path = path
        self._tool = tool
        self.last = 0
        """The number of the newest line that has come; 0: none has."""
        self._lines: queue.SimpleQueue[LogLine] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def follows(self) -> bool:
        """Whether lines come: not before `begin`, after the run that was followed, and where so
        many came at once that some were left out. Then it is to be asked for them, and begun anew.
        """
        return self._thread is not None and self._thread.is_alive()

    def begin(self, after: int) -> None:
        """Follow the run that is under way, from the line of this number on."""
        self.last = after
        # It ends with the tree, or with the program: no line is waited for at the end of it.
        self._thread = threading.Thread(
            target=self._take_in, args=(after,), name="fsmv2-logs", daemon=True
        )
        self._thread.start()

    def taken(self) -> list[LogLine]:
        """What has come since this was called before."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._lines.get_nowait())
        return found

    def _take_in(self, after: int) -> None:
        query = {"path": self._path, "after": str(after)}
        # It has ended, does not answer, or is of an older fsmv2, which streams none.
        with contextlib.suppress(FsmError):
            for one in streamed(self._directory, "/v1/logs", query, tool=self._tool):
                if one.name in (ENDED, RESET):
                    return
                self._lines.put(msgspec.json.decode(one.data, type=LogLine))
                self.last = int(one.id or self.last)
