"""One process at a time for one store file; the kernel lets go of the lock after any death."""

from __future__ import annotations

import fcntl
import os
from io import TextIOWrapper
from pathlib import Path

from fsmv2.errors import StoreError


class FileLock:
    """Held from `take` to `release`; the file beside the store names the process that holds it."""

    def __init__(self, store: Path, *, what: str = "store", file: Path | None = None) -> None:
        """`what` it is, for the message; `file` is locked, by default one beside the store."""
        self._store = store
        self._what = what
        self._path = file or store.with_name(store.name + ".lock")
        self._file: TextIOWrapper | None = None

    def take(self) -> None:
        """Lock, or raise StoreError naming who has it; OSError when the place is not writable."""
        if self._file is not None:
            raise self._in_use(str(os.getpid()))
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "?"
            file.close()
            raise self._in_use(holder) from None
        self._file = file
        try:
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
        except OSError:
            return  # a full disk: locked all the same, only nobody is told by whom

    def release(self) -> None:
        """Let go, if it is held."""
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                return  # what could not be flushed was only the number

    def _in_use(self, holder: str) -> StoreError:
        return StoreError(
            f"the {self._what} {self._store} is in use by another tree, in process {holder}.",
            fix=f"Stop that one, or use another {'file' if self._what == 'store' else 'folder'}.",
        )
