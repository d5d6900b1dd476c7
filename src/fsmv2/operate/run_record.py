"""The record of a run, kept in its state directory: which document it runs, and a digest of it.

By content, since editors and checkouts touch files without changing them.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from fsmv2.host.private import replace_private
from fsmv2.operate.state_directory import JOURNAL, LOCK
from fsmv2.operate.state_home import RECORD

T = TypeVar("T")

ONE_BLOCK = 4096
"""Bytes: what the disk gives out at least."""


class RunRecord(msgspec.Struct, frozen=True):
    """What runs: the document's path, when it was read (Unix seconds), a digest of each file.

    The path is the one that was named: a link that leads elsewhere by now is still the document.
    No digests: they are not known, or not yet. `journal_before`: the newest file of the journal
    before this run; nothing: there was none. `stopped`: when all of it had stopped as it should, in
    Unix seconds; None: it runs, or has ended in another way.
    """

    file: str
    at: float
    digests: dict[str, str]
    journal_before: str | None = None
    stopped: float | None = None


def read_unchanged(document: Path, read: Callable[[], T]) -> tuple[T, RunRecord | None]:
    """What `read` makes of the document, and the record of just what it has read."""
    # Here, since each command reads a record, and few of them a document.
    from fsmv2.operate.document_files import digests

    for _ in range(3):
        at, before = time.time(), digests(document)
        found = read()
        if before == digests(document):
            return found, RunRecord(os.path.abspath(document), at, before) if before else None
    return found, None


def begin_record(directory: Path, document: Path) -> None:
    """Record that a run of this document begins: what is known of an earlier one is not of it."""
    keep_record(directory, RunRecord(os.path.abspath(document), time.time(), {}))


def keep_record(directory: Path, record: RunRecord | None) -> None:
    """Keep it in the state directory; none rather than one of an earlier run."""
    file = directory / RECORD
    if record is not None:
        record = msgspec.structs.replace(record, journal_before=newest_segment(directory))
        try:
            replace_private(file, msgspec.json.encode(record))
            return
        except OSError:
            if _written_over(file, record):
                return
    with contextlib.suppress(OSError):  # then the tree is found by its state directory alone
        file.unlink(missing_ok=True)


def renew_record(directory: Path, record: RunRecord | None) -> None:
    """Keep another document as what runs in the run that is recorded."""
    before = record_in(directory)
    if record is None or before is None:
        return
    began = msgspec.structs.replace(record, journal_before=before.journal_before)
    with contextlib.suppress(OSError):  # then `why` compares with what ran before
        replace_private(directory / RECORD, msgspec.json.encode(began))


def record_stop(directory: Path) -> None:
    """Record that all of the tree has stopped: then nobody needs its journal to know that."""
    record = record_in(directory)
    if record is not None:
        stopped = msgspec.structs.replace(record, stopped=time.time())
        with contextlib.suppress(OSError):
            replace_private(directory / RECORD, msgspec.json.encode(stopped))


def _written_over(file: Path, record: RunRecord) -> bool:
    """Whether it could be written over the one that is there, which a full disk takes, too.

    Without the digests when it is long: it is one write into one block, so all of it or nothing.
    """
    text = msgspec.json.encode(record)
    if len(text) > ONE_BLOCK:
        text = msgspec.json.encode(msgspec.structs.replace(record, digests={}))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
        try:
            padded = text.ljust(os.fstat(descriptor).st_size)
            return os.pwrite(descriptor, padded, 0) == len(padded)
        finally:
            os.close(descriptor)
    except OSError:
        return False


def record_in(directory: Path) -> RunRecord | None:
    """What was kept of the last run in a state directory."""
    return _kept(directory)[0]


def newest_segment(directory: Path) -> str:
    """The file that the journal in a state directory ends with; nothing: there is none."""
    from fsmv2.store.segmented_log import segments_in

    return next((path.name for path in reversed(segments_in(directory / JOURNAL))), "")


def run_is_recorded(directory: Path) -> bool:
    """Whether the journal holds anything of the run that holds the directory.

    By number, not by date. A run takes the lock first and begins its record then: until it has, the
    record, and the journal, are those of an earlier run.
    """
    record, written = _kept(directory)
    newest = newest_segment(directory)
    if not newest or record is None:
        return bool(newest)
    return newest != record.journal_before and _written_since_taken(directory, written)


def run_has_store(directory: Path) -> bool:
    """Whether the run that holds the directory writes its store: a demo does not."""
    record, written = _kept(directory)
    return record is not None and _written_since_taken(directory, written)


def _written_since_taken(directory: Path, written: int) -> bool:
    try:
        taken = (directory / LOCK).stat().st_mtime_ns
    except OSError:
        taken = written  # removed meanwhile: what is wrong is said elsewhere
    return written >= taken


def _kept(directory: Path) -> tuple[RunRecord | None, int]:
    """The record and when it was written, by the clock of its file system."""
    try:
        with (directory / RECORD).open("rb") as opened:
            record = msgspec.json.decode(opened.read(), type=RunRecord)
            return record, os.fstat(opened.fileno()).st_mtime_ns
    except (OSError, msgspec.MsgspecError, ValueError):
        return None, 0
