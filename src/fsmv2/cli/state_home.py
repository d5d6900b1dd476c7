"""Where commands keep data between runs, and that one tree at a time uses a place."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from fsmv2.cli.terminal import progress
from fsmv2.errors import StoreError
from fsmv2.host.place_lock import PlaceLock
from fsmv2.host.private import FOLDER, private_folder
from fsmv2.store.lock import FileLock, running_holder

LOOK_EVERY = 2.0
"""Seconds between looks whether the state directory is still the one that was taken."""
LOCK = "fsmv2.lock"
STORE = "store.db"
"""The file in the state directory that keeps what a crash must not lose."""
JOURNAL = "journal"
"""The folder in the state directory that keeps what happened, for `fsmv2 replay`."""
DOCUMENT = "document.json"
"""The file in the state directory that says which document runs."""
OURS = {
    *(LOCK, JOURNAL, DOCUMENT, "broker", "processes", "commands"),
    *(STORE + end for end in ("", "-wal", "-shm", "-journal", ".lock")),
}
"""All that a state directory holds."""


def state_home() -> Path:
    """`~/.local/state/fsmv2`, or below XDG_STATE_HOME; `--state-dir` names another place."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "fsmv2"


def shown(path: Path) -> str:
    """The path as a person would type it: below home with `~`."""
    with contextlib.suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def holder(directory: Path) -> str:
    """The process that runs a tree in this place; empty when none does."""
    found = running_holder(directory / LOCK)
    return str(found.pid) if found is not None else ""


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Make `directory` and keep every other fsmv2 out of it; the kernel lets go after any death.

    Two trees in one place would adopt each other's broker, and the first to stop would end it. It
    becomes private, if it holds nothing but what is ours. Raises OSError when it cannot be
    written, StoreError when another one uses it.
    """
    directory.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    _make_private(directory)
    lock = FileLock(
        directory / LOCK,
        what=str(directory),
        fix="Stop that one, or name another place with --state-dir.",
    )
    lock.take()
    place = PlaceLock(directory)
    over = threading.Event()
    try:
        if pid := place.take():
            raise StoreError(
                f"{directory} is in use by another fsmv2, process {pid}, which began before the "
                "folder was removed and made anew.",
                fix="Stop that one, or name another place with --state-dir.",
            )
        threading.Thread(
            target=_watch, args=(directory, lock, place, over), name="state directory", daemon=True
        ).start()
        yield
    finally:
        over.set()
        place.release()
        lock.release()


def _make_private(directory: Path) -> None:
    if {entry.name for entry in directory.iterdir()} <= OURS:
        private_folder(directory)


def _watch(directory: Path, lock: FileLock, place: PlaceLock, over: threading.Event) -> None:
    """Notice that the directory is another one by now, say so, and lock that one, too. H69"""
    told = False
    while not over.wait(LOOK_EVERY):
        place.forget_who_asked()
        if lock.stands:
            told = False
            continue
        if not told:
            progress(
                f"{directory} was removed or replaced while it is in use; it is made again, and "
                "what is known is written anew. What was recorded before is gone."
            )
        told = True
        with contextlib.suppress(OSError, StoreError):
            lock.take_again()
            _make_private(directory)
