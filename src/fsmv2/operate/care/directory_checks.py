"""Checks of the state directory itself: may it be used, is there room, who has it, whose is it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import DocumentError, StoreError, system_text
from fsmv2.host.disk_trouble import is_read_only
from fsmv2.host.lock_holder import lock_holder
from fsmv2.host.user_names import user_name
from fsmv2.operate.care.finding import StateFinding
from fsmv2.operate.document_change import change_of
from fsmv2.operate.run_record import record_in
from fsmv2.operate.state_directory import JOURNAL, LOCK, STORE, holder, short_path
from fsmv2.operate.state_home import RECORD
from fsmv2.store import reading

LEAST_ROOM = 32 << 20
"""Bytes on the disk below which the store and the journal soon have none."""
LEAST_FILES = 100

FOLDERS = ("broker", "processes", "commands")

MINE = "Make it yours: sudo chown -R {user} {directory}"


def check_access(directory: Path) -> Iterator[StateFinding]:
    """Whether it is a folder of ours, private, and can be written; and all in it."""
    if not directory.is_dir():
        yield StateFinding(
            check="access",
            level="error",
            text=f"{short_path(directory)} is not a folder.",
            fix="Move it away, or choose another directory with --state-dir.",
        )
        return
    me = user_name(os.geteuid()) or str(os.geteuid())
    fix = MINE.format(user=me, directory=directory)
    wrong = False
    for finding in _of_another_kind(directory):
        wrong = True
        yield finding
    for place in _ours(directory):
        found = place.lstat()
        if found.st_uid != os.geteuid():
            owner = user_name(found.st_uid) or str(found.st_uid)
            wrong = True
            yield StateFinding(
                check="access",
                level="error",
                text=f"{_name(place, directory)} belongs to the user {owner}, and this is {me}.",
                fix=f"Run as {owner}, always. Or: {fix[0].lower()}{fix[1:]}",
            )
        elif not stat.S_ISLNK(found.st_mode) and not os.access(
            place, os.R_OK | os.W_OK | (os.X_OK if place.is_dir() else 0)
        ):
            wrong = True
            mode = stat.S_IMODE(found.st_mode)
            can = not is_read_only(place if place.is_dir() else place.parent)
            yield StateFinding(
                check="access",
                level="error",
                text=f"{_name(place, directory)} cannot be read and written: "
                + (f"its mode is {mode:o}." if can else "the file system is read-only."),
                fix=f"chmod u+rw{'x' if place.is_dir() else ''} {place}"
                if can
                else "Mount it for writing; what is in it is left as it is.",
                repair="make it readable and writable for its owner" if can else "",
            )
    mode = stat.S_IMODE(directory.stat().st_mode)
    if mode & 0o077:
        wrong = True
        yield StateFinding(
            check="access",
            level="warning",
            text=f"{short_path(directory)} can be entered by other users (mode {mode:o}).",
            fix=f"chmod 700 {directory}",
            repair="let only its owner enter",
        )
    if not wrong:
        yield StateFinding(check="access", level="ok", text="private, and can be written")


def check_space(directory: Path) -> Iterator[StateFinding]:
    """Whether the disk has room, for bytes and for files."""
    try:
        found = os.statvfs(directory)
    except OSError as error:
        text = f"the free space cannot be determined: {system_text(error)}."
        yield StateFinding(check="space", level="error", text=text)
        return
    room = found.f_bavail * found.f_frsize
    if is_read_only(directory):
        yield StateFinding(
            check="space",
            level="error",
            text="the file system is read-only.",
            fix="Look for its error in the log of the kernel (`journalctl -k`), and mount it for "
            "writing. A tree that runs continues from memory meanwhile, and what it writes "
            "follows.",
        )
        return
    files = found.f_favail if found.f_files else LEAST_FILES
    if room >= LEAST_ROOM and files >= LEAST_FILES:
        yield StateFinding(check="space", level="ok", text=f"{room / 1e9:.1f} GB free")
        return
    what = f"{room / 1e6:.1f} MB" if room < LEAST_ROOM else f"{files} more files"
    full = not room or not files
    yield StateFinding(
        check="space",
        level="error" if full else "warning",
        text="the disk is full." if full else f"the disk has room for {what} only.",
        fix="Make room on it. A tree that runs continues from memory meanwhile, and what it writes "
        "follows.",
    )


def check_lock(directory: Path) -> Iterator[StateFinding]:
    """Who has it: a tree of ours, somebody else, or nobody."""
    lock = directory / LOCK
    if pid := holder(directory):
        yield StateFinding(check="lock", level="ok", text=f"a tree runs here, process {pid}")
        return
    found = lock_holder(lock)
    if found is not None:
        yield StateFinding(
            check="lock",
            level="error",
            text=f"{found} holds {LOCK}, and is not the fsmv2 that wrote it.",
            fix=f"End that process ({found.pid}); the lock goes with it. Do not remove the file.",
        )
        return
    try:
        os.close(os.open(lock, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        pass
    except OSError as error:
        yield StateFinding(
            check="lock",
            level="error",
            text=f"{LOCK} cannot be opened: {system_text(error)}.",
            fix="Give it to the user that runs the tree; see `access`.",
        )
        return
    yield StateFinding(check="lock", level="ok", text="no tree runs here")


def check_document(directory: Path) -> Iterator[StateFinding]:
    """Which document it belongs to, and whether that is what was run last."""
    record, place = record_in(directory), directory / RECORD
    try:
        with reading(directory / STORE) as store:
            head = store.head()
            last = store.generation(head.number) if head is not None else None
    except (StoreError, DocumentError):
        head = last = None  # the check of the store says why
    source = last.source if last is not None else ""
    if record is None and place.exists():
        yield StateFinding(
            check="document",
            level="warning",
            text=f"{RECORD}, which records what was run here, cannot be read.",
            fix=f"Run {source or 'the document'} again: a start writes it again.",
            repair="rewrite it from the store" if source else "",
        )
        return
    if record is None:
        text = "nothing was run here yet"
        yield StateFinding(check="document", level="ok", text=text)
        return
    if source and head is not None and not head.managed and not _same(record.file, source):
        yield StateFinding(
            check="document",
            level="error",
            text=f"the store is of {source}, and {record.file} was run here last: two plants "
            "share this directory.",
            fix="Run each with its own --state-dir; what the other one started is ended by a run "
            "of this one.",
        )
        return
    managed = head is not None and head.managed
    change = "" if managed else change_of(Path(record.file), record)
    if change:
        yield StateFinding(check="document", level="warning", text=change)
        return
    number = f", generation {head.number}" if head is not None else ""
    pinned = ", pinned" if head is not None and head.pinned else ""
    text = f"{'managed' if managed else record.file}{number}{pinned}"
    yield StateFinding(check="document", level="ok", text=text)


def _same(one: str, other: str) -> bool:
    return os.path.abspath(one) == os.path.abspath(other) or os.path.realpath(
        one
    ) == os.path.realpath(other)


def _ours(directory: Path) -> Iterator[Path]:
    """The directory and what a start opens in it."""
    yield directory
    for name in (LOCK, RECORD, STORE, f"{STORE}-wal", f"{STORE}-shm", f"{STORE}.lock", JOURNAL):
        if (directory / name).exists():
            yield directory / name
    for name in FOLDERS:
        if (directory / name).is_dir():
            yield directory / name


def _of_another_kind(directory: Path) -> Iterator[StateFinding]:
    """A file where a folder belongs, or a folder in the place of a file."""
    kinds = [(name, True) for name in (*FOLDERS, JOURNAL)]
    kinds += [(name, False) for name in (LOCK, RECORD, STORE)]
    for name, folder in kinds:
        place = directory / name
        if place.exists() and place.is_dir() != folder:
            yield StateFinding(
                check="access",
                level="warning" if name == JOURNAL else "error",  # no tree waits for its journal
                text=f"{name} is {'not a folder' if folder else 'a folder, and not a file'}.",
                fix=f"Move it away: mv {place} {place}.aside",
            )


def _name(place: Path, directory: Path) -> str:
    return short_path(directory) if place == directory else str(place.relative_to(directory))
