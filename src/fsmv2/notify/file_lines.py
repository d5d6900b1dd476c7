"""Write notifications into a file, a line of JSON each: private, and of bounded size."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from fsmv2.errors import error_text
from fsmv2.host.private import open_private
from fsmv2.notify.channel import DeliveryError, Texts, as_json
from fsmv2.notify.notification import Notification
from fsmv2.notify.notify_settings import FileSettings


class FileLines:
    """One file, and what it was before it grew too large, as `NAME.1`."""

    kind = "file"

    def __init__(self, settings: FileSettings, texts: Texts) -> None:
        self._settings = settings
        self._path = Path(texts.of(settings.path))

    @property
    def address(self) -> str:
        """Its path."""
        return str(self._path)

    def send(self, one: Notification) -> str:
        """`written`."""
        line = as_json(one) + b"\n"
        try:
            self._turn_over(len(line))
            self._append(line)
        except OSError as error:
            why = getattr(error, "strerror", None) or error_text(error)
            raise DeliveryError(f"it cannot be written: {why}") from None
        return "written"

    def abort(self) -> None:
        """A disk that hangs cannot be told to stop."""

    def _turn_over(self, more: int) -> None:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return
        if size and size + more > self._settings.max_bytes:
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))

    def _append(self, line: bytes) -> None:
        # Not blocking: a pipe in its place would be waited for.
        descriptor = open_private(self._path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise DeliveryError("it is not a regular file", retry=False)
            written = os.write(descriptor, line)
            if written < len(line):  # a full disk: half a line would spoil the next one
                os.ftruncate(descriptor, found.st_size)
                raise DeliveryError("it cannot be written: no space is left")
        finally:
            os.close(descriptor)
