"""One process at a time for one file; the kernel lets go of the lock after any death."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fsmv2.errors import StoreError
from fsmv2.host.flock import try_lock
from fsmv2.host.lock_holder import LockHolder, lock_holder
from fsmv2.host.private import FOLDER, open_private

TRIES, PAUSE = 10, 0.02
"""Who only looks whether somebody holds it may hold it for a moment; it is tried this often."""


class FileLock:
    """Held from `take` to `release`; the file names the process that holds it, for people."""

    def __init__(self, file: Path, *, what: str, fix: str) -> None:
        """`what` is locked, and what to do when somebody else has it: for the message."""
        self._path = file
        self._what = what
        self._fix = fix
        self._file: int | None = None

    def take(self) -> None:
        """Lock, or raise StoreError naming who has it; OSError when the place is not writable."""
        if self._file is not None:
            raise self._in_use(f"another tree in this process, {os.getpid()}")
        file = open_private(self._path, os.O_RDWR)
        if not _locked(file):
            os.close(file)
            raise self._in_use(self._holder())
        self._file = file
        try:
            os.ftruncate(file, 0)
            os.pwrite(file, str(os.getpid()).encode(), 0)
        except OSError:
            return  # a full disk: locked all the same, only nobody learns by whom

    @property
    def stands(self) -> bool:
        """Whether the file that is locked is still the one at its path."""
        if self._file is None:
            return False
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:
            return False

    def retake(self) -> None:
        """Recreate the file where it was removed; raises as `take`."""
        self._path.parent.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        self.release()
        self.take()

    def release(self) -> None:
        """Let go, if it is held."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _holder(self) -> str:
        holder = lock_holder(self._path)
        if holder is None:
            return "a process that cannot be seen from here, perhaps in another container"
        if holder.pid == os.getpid():
            return f"another tree in this process, {holder.pid}"
        if str(holder.pid) == written_by(self._path):
            return f"another fsmv2, process {holder.pid}"
        return f"{holder}, which is not the fsmv2 that wrote it"

    def _in_use(self, holder: str) -> StoreError:
        return StoreError(f"{self._what} is in use by {holder}.", fix=self._fix)


def written_by(file: Path) -> str:
    """The number of the process that took the lock last, as written in the file; it may be dead."""
    try:
        with file.open("rb") as opened:
            return opened.read(20).decode("ascii", "replace").strip()
    except OSError:
        return ""


def running_holder(file: Path) -> LockHolder | None:
    """The living fsmv2 that holds this lock."""
    holder = lock_holder(file)
    return holder if holder is not None and str(holder.pid) == written_by(file) else None


def _locked(file: int) -> bool:
    for number in range(TRIES):
        if number:
            time.sleep(PAUSE)
        if try_lock(file):
            return True
    return False
