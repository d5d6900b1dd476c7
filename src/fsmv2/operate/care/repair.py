"""Puts right what can be, and keeps the original of all that it changes beside the directory."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from fsmv2.errors import BackupError, system_text
from fsmv2.host.private import FILE, FOLDER, private_folder, replace_private
from fsmv2.operate.care.examination import examine
from fsmv2.operate.care.finding import Examination, StateFinding
from fsmv2.operate.care.held_place import held_place
from fsmv2.operate.care.record_checks import SMALL
from fsmv2.operate.care.store_checks import MOVE_STORE, SALVAGE_STORE, SET_HEAD
from fsmv2.operate.care.store_salvage import have_head, salvage
from fsmv2.operate.run_record import RunRecord
from fsmv2.operate.state_directory import STORE, short_path
from fsmv2.operate.state_home import RECORD
from fsmv2.store import reading

BESIDE = ("", "-wal", "-shm", "-journal")


def repair(directory: Path) -> Examination:
    """Examine a state directory, repair what can be, and examine it again.

    BackupError: a tree runs there, or something cannot be written; then that is as it was.
    """
    directory = directory.absolute()
    before = examine(directory)
    todo = [one for one in before.findings if one.repair]
    if not todo:
        return before
    with held_place(directory):
        workshop = _Workshop(directory)
        for finding in todo:
            try:
                workshop.repair(finding)
            except (OSError, sqlite3.Error) as error:
                why = system_text(error) if isinstance(error, OSError) else str(error)
                raise BackupError(
                    f"{finding.check} cannot be repaired: {why}. It is left as it was.",
                    fix="See what `fsmv2 doctor` says of access and space.",
                ) from error
    return msgspec.structs.replace(examine(directory), repaired=tuple(workshop.done))


class _Workshop:
    """Repairs one directory. Originals go to a folder beside it, made with the first of them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._aside = directory.with_name(
            f"{directory.name}.before-repair-{time.strftime('%Y%m%d-%H%M%S')}"
        )
        self.done: list[str] = []

    def repair(self, finding: StateFinding) -> None:
        """Do what the finding says."""
        by_text: dict[str, Callable[[], None]] = {
            SALVAGE_STORE: self._salvage,
            MOVE_STORE: self._move_store,
            SET_HEAD: self._set_head,
        }
        by_check: dict[str, Callable[[], None]] = {
            "access": self._access,
            "document": self._record,
            "records": self._small_files,
        }
        by_text.get(finding.repair, by_check.get(finding.check, lambda: None))()

    def _salvage(self) -> None:
        store, new = self._directory / STORE, self._directory / f"{STORE}.{os.getpid()}.new"
        try:
            saved = salvage(store, new)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        self._keep(*(store.with_name(STORE + end) for end in BESIDE), move=True)
        new.replace(store)
        what = ", ".join(f"{number} rows of {name}" for name, number in saved.items() if number)
        self._note(f"made a new store of what could be read: {what or 'nothing'}")

    def _move_store(self) -> None:
        store = self._directory / STORE
        self._keep(*(store.with_name(STORE + end) for end in BESIDE), move=True)
        self._note("moved the store aside; the next run creates a new one")

    def _set_head(self) -> None:
        store = self._directory / STORE
        self._keep(*(store.with_name(STORE + end) for end in BESIDE), move=False)
        with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            number = have_head(connection)
            connection.execute("COMMIT")
        if number:
            self._note(f"generation {number}, the last one, is the one that runs")

    def _record(self) -> None:
        with reading(self._directory / STORE) as store:
            head = store.head()
            last = store.generation(head.number) if head is not None else None
        if last is not None:
            self._keep(self._directory / RECORD, move=False)
            record = RunRecord(last.source, last.at, {})
            replace_private(self._directory / RECORD, msgspec.json.encode(record))
            self._note(f"wrote {RECORD} anew: {last.source}")

    def _small_files(self) -> None:
        for name, (kind, _) in SMALL.items():
            file = self._directory / name
            try:
                msgspec.json.decode(file.read_bytes(), type=kind)
            except OSError:
                continue
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                self._keep(file, move=True)
                self._note(f"moved {name} aside")

    def _access(self) -> None:
        """Give the owner, and nobody else, what a tree needs; of files that are ours."""
        changed = 0
        for place in (self._directory, *self._directory.rglob("*")):
            found = place.lstat()
            if found.st_uid != os.geteuid() or stat.S_ISLNK(found.st_mode):
                continue
            mode = stat.S_IMODE(found.st_mode)
            folder = stat.S_ISDIR(found.st_mode)
            wanted = (mode | (FOLDER if folder else FILE)) & (
                FOLDER if place == self._directory else 0o777
            )
            if mode != wanted and (folder or stat.S_ISREG(found.st_mode)):
                place.chmod(wanted)
                changed += 1
        if changed:
            self._note(f"set the permissions of {changed} files and folders")

    def _keep(self, *files: Path, move: bool) -> None:
        private_folder(self._aside)
        for file in files:
            if file.exists():
                target = self._aside / file.relative_to(self._directory)
                private_folder(target.parent)
                if move:
                    file.rename(target)
                else:
                    shutil.copy2(file, target)

    def _note(self, text: str) -> None:
        kept = f"; the original is in {short_path(self._aside)}" if self._aside.exists() else ""
        self.done.append(f"{text}{kept}")
