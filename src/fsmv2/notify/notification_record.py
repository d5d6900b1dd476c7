"""What notifications need after a restart, in one private file, written on a thread of its own.

A disk that hangs must not delay a notification about it.
"""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from fsmv2.errors import error_text
from fsmv2.host.private import replace_private
from fsmv2.notify.escalations import Standing
from fsmv2.notify.summary import Summarised

LARGEST = 64 << 20
"""Bytes; a larger one is not ours."""
RETRY_EVERY = 5.0


class NotificationRecord(msgspec.Struct, kw_only=True):
    """Escalations by path; by target, what quiet hours hold back."""

    version: int = 1
    standing: dict[str, Standing] = {}
    held: dict[str, Summarised] = {}


def read_record(file: Path) -> tuple[NotificationRecord, str]:
    """What the last run left, and what is wrong with the file: then as if there were none."""
    try:
        if file.stat().st_size > LARGEST:
            return NotificationRecord(), f"{file} is too large to be ours, and is rewritten"
        found = msgspec.json.decode(file.read_bytes(), type=NotificationRecord)
    except FileNotFoundError:
        return NotificationRecord(), ""
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return (
            NotificationRecord(),
            f"{file} cannot be read, and is rewritten: {error_text(error)}",
        )
    for one in found.standing.values():
        one.confirmed = False
    return found, ""


class NotificationRecordWriter:
    """Writes the newest record it was handed; what is handed meanwhile replaces what waits.

    What cannot be written, as on a full disk, is tried again until it can.
    """

    def __init__(self, file: Path, *, retry_every: float = RETRY_EVERY) -> None:
        """`retry_every`: seconds between two attempts."""
        self._file = file
        self._retry_every = retry_every
        self._changed = threading.Condition()
        self._waiting: bytes | None = None
        self._writing = False
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="fsmv2-notify-record", daemon=True)
        self.error = ""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, content: bytes) -> None:
        """Have this written soon."""
        with self._changed:
            self._waiting = content
            self._changed.notify_all()

    def close(self, within: float) -> None:
        """Have the last one written, and end; wait for it for so many seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(within)

    @property
    def is_alive(self) -> bool:
        """Whether its thread has not ended."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._waiting is None and not self._closing:
                    self._changed.wait()
                content, self._waiting = self._waiting, None
            if content is None:
                return
            try:
                replace_private(self._file, content)
                self.error = ""
            except OSError as error:
                self.error = error_text(error)
                with self._changed:
                    if self._closing:
                        return
                    self._changed.wait(self._retry_every)
                    if self._waiting is None:
                        self._waiting = content
