"""The record of a process that outlives fsmv2: who it is, and the file that says so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from fsmv2.host.process_identity import ProcessIdentity
from fsmv2.host.reserved_file import put, reserve

TRIES = 3


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded of any: `started_at` in Unix seconds; by `digest` its config is compared."""

    pid: int
    start_time: int
    boot: str = ""
    digest: str = ""
    started_at: float = 0.0

    @property
    def process(self) -> ProcessIdentity:
        """The process, forever."""
        return ProcessIdentity(self.pid, self.start_time, self.boot)

    @property
    def runs(self) -> bool:
        """Whether exactly this process lives."""
        return self.process.lives


R = TypeVar("R", bound=Recorded)
Folder = str | os.PathLike[str]


class RecordFile(Generic[R]):
    """Where records of one kind are kept: a file of this name, one in a folder."""

    def __init__(self, name: str, kind: type[R]) -> None:
        self._name = name
        self._decoder = msgspec.json.Decoder(kind)

    def read(self, folder: Folder) -> R | None:
        """The record in this folder, or None when there is none that can be read."""
        for _ in range(TRIES):
            try:
                return self._decoder.decode(Path(folder, self._name).read_bytes())
            except OSError:
                return None
            except msgspec.MsgspecError:
                continue  # written twice between opening and reading it, or damaged
        return None

    def write(self, folder: Folder, record: R) -> None:
        """Keep the record, atomically, also on a full disk that took one before."""
        put(str(Path(folder, self._name)), msgspec.json.encode(record))

    def reserve(self, folder: Folder) -> None:
        """Keep space for the next record, also where an older version wrote the one there is."""
        reserve(str(Path(folder, self._name)))

    def remove(self, folder: Folder) -> None:
        """Forget the record; its space is kept."""
        Path(folder, self._name).unlink(missing_ok=True)
