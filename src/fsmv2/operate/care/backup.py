"""A backup of a state directory, also while its tree runs: what a plant needs to go on elsewhere.

In it is what cannot be made again: the generations of the document, overrides, events, which
commands were executed, the broker's ports and credentials. Not in it is what belongs to this
machine and this moment (locks, the records of processes), the journal, which no start reads, and
the samples that an embedded broker stores.
"""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fsmv2.errors import BackupError, NotRunningError, StoreError, system_text
from fsmv2.host import disk_trouble
from fsmv2.operate.care.backup_archive import FORMAT, Manifest, write_archive
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import NOTIFICATIONS, STORE, short_path
from fsmv2.operate.state_home import RECORD
from fsmv2.store import Head, full_disk, reading, schema
from fsmv2.version import __version__

KEPT = (RECORD, NOTIFICATIONS, "broker/credentials.json", "broker/ports.json")
"""Files that are replaced at once when they change, so a copy of one is whole."""

COMMANDS = "commands/*.jsonl"
"""Which commands were executed: lines that are only added. The reader passes over half of one."""


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was written. `left_out`: what a reader may miss in it."""

    file: str
    size: int
    about: Manifest
    left_out: tuple[str, ...] = ()


def back_up(directory: Path, target: Path) -> Backup:
    """Write a backup of a state directory to a new file; its tree may be running.

    The store is copied as of one moment. NotRunningError: there is no such directory; BackupError:
    it cannot be read or written, and nothing is left of it.
    """
    directory = directory.absolute()
    if not directory.is_dir():
        raise NotRunningError(
            f"there is no state directory {short_path(directory)}.",
            fix="Name the one of the tree; `fsmv2 trees` lists those that run.",
        )
    record = record_in(directory)
    with _copied_store(directory, target) as store:
        contents = {} if store is None else {STORE: store}
        # After the store: a command that is executed meanwhile is rather known than not.
        for name in KEPT:
            if (directory / name).is_file():
                contents[name] = directory / name
        for file in sorted(directory.glob(COMMANDS)):
            contents[str(file.relative_to(directory))] = file
        if not contents:
            raise BackupError(
                f"there is nothing in {short_path(directory)} that a backup would keep.",
                fix="Name the state directory of a tree; `fsmv2 trees` lists those that run.",
            )
        head, source = _head(directory) if store is not None else (None, "")
        manifest = Manifest(
            format=FORMAT,
            version=__version__,
            at=time.time(),
            host=socket.gethostname(),
            directory=str(directory),
            document=record.file if record is not None else source,
            generation=head.number if head is not None else 0,
            managed=head is not None and head.managed,
            files=(),
        )
        written = write_archive(target.absolute(), manifest, contents)
    return Backup(
        file=str(target.absolute()),
        size=target.stat().st_size,
        about=written,
        left_out=_left_out(directory),
    )


@contextlib.contextmanager
def _copied_store(directory: Path, target: Path) -> Iterator[Path | None]:
    """A copy of the store as it is at one moment; None: there is none.

    Beside the backup, where there has to be room anyway; never in the state directory.
    """
    file = directory / STORE
    try:
        schema.check_kind(file)
    except StoreError as error:
        raise BackupError(error.message, fix=error.fix) from error
    if not file.exists() or not file.stat().st_size:
        yield None
        return
    try:
        folder = tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".fsmv2-backup-")
    except OSError as error:
        raise BackupError(
            f"the backup {target} cannot be written: {system_text(error)}.",
            fix="Choose a file in a writable directory with enough room.",
        ) from error
    with folder as place:
        copy = Path(place) / STORE
        try:
            source = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=10.0)
            with contextlib.closing(source), contextlib.closing(sqlite3.connect(copy)) as made:
                source.backup(made)
                made.execute("PRAGMA journal_mode = DELETE")  # the copy is one file, whole
                found = made.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            found = full_disk.reason(error, copy)
        if found == disk_trouble.FULL:  # the disk of the backup, as this one only reads the store
            raise BackupError(
                f"the backup {target} cannot be written: {found}.",
                fix="Choose a file in a writable directory with enough room.",
            )
        if found != "ok":
            raise BackupError(
                f"the store {file} cannot be copied: {' '.join(str(found).split())}.",
                fix="Ask `fsmv2 doctor` what is wrong with it, and what can be saved.",
            )
        yield copy


def _head(directory: Path) -> tuple[Head | None, str]:
    """Which generation runs, and the file it was read from; none of an older store."""
    try:
        with reading(directory / STORE) as store:
            head = store.head()
            last = store.generation(head.number) if head is not None else None
            return head, last.source if last is not None else ""
    except StoreError:
        return None, ""


def _left_out(directory: Path) -> tuple[str, ...]:
    found = []
    if (directory / "broker" / "store").is_dir():
        found.append("the samples that the embedded broker stores")
    if (directory / "journal").is_dir():
        found.append("the journal, from which `why` and `replay` read the past")
    return tuple(found)
