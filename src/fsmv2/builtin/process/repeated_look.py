"""A look at a process that is as it was at the last look, which is nearly every one.

A whole look reads and decodes the record, keeps space for the next one, and asks the kernel several
times for the same. Here one `stat` says that the record is the one that was read, and one file of
/proc each that command and shim live. Whatever has changed is found by a whole look, at once.
"""

from __future__ import annotations

import time
from pathlib import Path

from fsmv2.builtin.process.process_record import ProcessRecord, read_record
from fsmv2.builtin.process.shim.record_writer import FILE
from fsmv2.host.file_signature import Signature, signature
from fsmv2.host.procfs import boot, stat

SETTLED = 0.1
"""Seconds after which a file that is written again has another time: the kernel's clock for files
ticks a few times in a hundredth of a second."""


class RepeatedLook:
    """What the last whole look at one process found, and by what it is still so."""

    def __init__(self) -> None:
        self._file = Path()
        self._signature: Signature = ()

    def begin(self, directory: str) -> Signature:
        """Before a whole look: how the file of the record is now."""
        self._file, self._signature = Path(directory, FILE), ()
        return signature(self._file)

    def found(self, directory: str, before: Signature, record: ProcessRecord | None) -> None:
        """After a whole look: it holds for as long as nothing changes."""
        if record is None or record.ended_at is not None or not before:
            return
        written = before[-2] / 1e9
        settled = 0 <= written <= time.time() - SETTLED
        # What is only known, as its record could not be written, is tried again at each look.
        if settled and read_record(directory) == record and signature(self._file) == before:
            self._signature = before

    def fields(self, directory: str, known: ProcessRecord | None) -> list[str] | None:
        """What the kernel says of the command, if all is as it was; None: look at all of it."""
        if known is None or not self._signature or str(self._file.parent) != directory:
            return None
        if known.boot not in ("", boot()) or signature(self._file) != self._signature:
            return None
        command = _alive(known.pid, known.start_time)
        return command if command and _alive(known.shim, known.shim_start) else None


def _alive(pid: int, start_time: int) -> list[str] | None:
    fields = stat(pid) if pid else None
    if not fields or fields[0] in ("Z", "X") or int(fields[19]) != start_time:
        return None
    return fields
