"""A log in files of bounded size, for those without journald: `fsmv2.log`, `fsmv2.log.1`, ...

Written by a thread of its own, like all output: a full disk or a slow one costs lines, which are
counted, and never the tree.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from fsmv2.cli.output_thread import CLOSED_WITHIN, STUCK, Outlet
from fsmv2.errors import FsmError

FILES = 5
"""Former files that are kept beside the one that is written."""

FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""No link is followed, so that in a folder of everybody's nobody has us write elsewhere."""


class LogFile(Outlet):
    """Lines into a file, which is renamed when it is full; the oldest one is removed.

    Only its owner may read it: what devices and programs say stands in it, and a secret in such a
    text that fsmv2 does not know is in no list of what to take out. A file that is there already
    keeps its mode, and so do those that follow it: who wants a group to read it makes it so once.
    One that another program has moved away or removed is made anew.
    """

    def __init__(self, file: Path, most: int) -> None:
        """`most`: bytes of one file. FsmError: it cannot be opened."""
        self._place = file
        self._most = most
        self._mode = 0o600
        try:
            descriptor = self._open()
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise FsmError(
                f"the log file {file} cannot be opened: {why}.",
                fix="Name a file that this user may write, in a folder that exists.",
            ) from error
        super().__init__(os.fdopen(descriptor, "a", encoding="utf-8"), f"log file {file}")

    def _open(self) -> int:
        with contextlib.suppress(OSError):
            self._mode = stat.S_IMODE(self._place.lstat().st_mode)
        descriptor = os.open(self._place, FLAGS, self._mode)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError("it is not a file")
        os.fchmod(descriptor, self._mode)  # whatever the umask
        return descriptor

    def close(self, *, stuck: float = STUCK, within: float = CLOSED_WITHIN) -> None:
        """Have everything written, as long as it proceeds, and close the file."""
        super().close(stuck=stuck, within=within)
        if not self._thread.is_alive():
            self._stream.close()

    # ---- on the thread ----------------------------------------------------------------------

    def _write(self, text: str) -> bool:
        try:
            self._make_room(len(text))
        except OSError as error:
            return self._fails(error)
        assert self._file is not None  # noqa: S101  (`__init__` opens the file)
        before = os.fstat(self._file).st_size
        if super()._write(text):
            return True
        with contextlib.suppress(OSError):  # half a line is none that a program can read
            os.ftruncate(self._file, before)
            self._in_a_line = False
        return False

    def _make_room(self, size: int) -> None:
        assert self._file is not None  # noqa: S101  (`__init__` opens the file)
        mine = os.fstat(self._file)
        try:
            there = self._place.lstat()
        except FileNotFoundError:
            there = None
        if there is None or (there.st_dev, there.st_ino) != (mine.st_dev, mine.st_ino):
            self._reopen()
        elif mine.st_size and mine.st_size + size > self._most:
            for number in range(FILES - 1, 0, -1):
                with contextlib.suppress(FileNotFoundError):
                    self._numbered(number).replace(self._numbered(number + 1))
            self._place.replace(self._numbered(1))
            self._reopen()

    def _reopen(self) -> None:
        descriptor = self._open()
        self._stream.close()
        self._stream = os.fdopen(descriptor, "a", encoding="utf-8")
        self._file = descriptor
        self._in_a_line = False

    def _numbered(self, number: int) -> Path:
        return self._place.with_name(f"{self._place.name}.{number}")
