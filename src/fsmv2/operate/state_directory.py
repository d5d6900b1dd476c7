"""The state directory, where a tree keeps data between runs, and its lock: one tree at a time."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from fsmv2.errors import StoreError, error_text, system_text
from fsmv2.host.file_lock import FileLock, running_holder
from fsmv2.host.place_lock import PlaceLock
from fsmv2.host.place_owner import forbidden
from fsmv2.host.private import FOLDER, private_folder
from fsmv2.operate.state_home import RECORD

LOOK_EVERY = 2.0
"""Seconds between looks whether the state directory is still the one that was taken."""
JOIN_WITHIN = 5.0
"""Seconds for which the end of the thread that looks is waited for."""
ANOTHER = "Stop that one, or choose another directory with --state-dir."
LOCK = "fsmv2.lock"
STORE = "store.db"
"""The file in the state directory that keeps what a crash must not lose."""
JOURNAL = "journal"
"""The folder in the state directory that keeps what happened, for `fsmv2 replay`."""
NOTIFICATIONS = "notifications.json"
"""The file in the state directory with what notifications need after a restart."""
OLDER = f"{STORE}.version-"
"""What the names of copies of a store begin with that was brought up to date."""
OURS = {
    *(LOCK, JOURNAL, RECORD, NOTIFICATIONS, "broker", "processes", "commands", "api.sock"),
    *(STORE + end for end in ("", "-wal", "-shm", "-journal", ".lock")),
}
"""All that a state directory holds."""


def being_started(directory: Path, pid: str) -> str:
    """What is to be said of a tree whose process has its directory and does not answer yet."""
    tree = f"the tree in {short_path(directory)}, process {pid},"
    return f"{tree} does not answer yet: it is being started."


def short_path(path: Path) -> str:
    """The path as a person would type it: below home with `~`."""
    with contextlib.suppress(ValueError, RuntimeError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)


def refuse_another_users(directory: Path) -> None:
    """Raise StoreError when this user may not see who runs a tree there, and what is kept.

    That no tree runs there would be untrue, and who starts one then has two.
    """
    if (found := forbidden(directory)) is None and _exists(lock := directory / LOCK):
        found = forbidden(lock)
    if found is not None:
        raise StoreError(
            f"the state directory {short_path(directory)} cannot be used: {found.why}.",
            fix=found.fix,
        )


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except OSError:
        return False


def holder(directory: Path) -> str:
    """The process that runs a tree in this place, also where that was removed; '': none does."""
    found = running_holder(directory / LOCK)
    pid = found.pid if found is not None else PlaceLock(directory).holder()
    return str(pid) if pid else ""


Tell = Callable[[str], None]
"""Called with a sentence for whoever starts the tree."""


def warn(text: str) -> None:
    """Log it: for programs that have nobody to show it to."""
    logging.getLogger("fsmv2").warning(text)


class DirectoryListener(Protocol):
    """What has to know when its state directory is lost: a `Runtime`."""

    def state_directory_lost(self, reason: str) -> None:
        """Take what is wrong with it; '': nothing any more."""

    def write_again(self) -> None:
        """Write what is known: the directory is there anew."""


@contextlib.contextmanager
def held(directory: Path, tell: Tell = warn) -> Iterator[StateDirectory]:
    """Make `directory` and keep every other fsmv2 out of it; the kernel lets go after any death.

    Two trees in one place would adopt each other's broker, and the first to stop would end it. It
    becomes private, if it holds nothing but what is ours. `tell` is told, on a thread, what becomes
    of it while no tree reports that. Raises StoreError when it cannot be written, or another one
    uses it.
    """
    lock = FileLock(directory / LOCK, what=str(directory), fix=ANOTHER)
    refuse_another_users(directory)
    try:
        directory.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        _make_private(directory)
        lock.take()
    except StoreError:  # another one has it, and that error says so
        raise
    except (FileExistsError, NotADirectoryError) as error:
        raise StoreError(
            f"the state directory {directory} cannot be used: a file is in its place.",
            fix="Choose a writable directory with --state-dir.",
        ) from error
    except OSError as error:
        raise StoreError(
            f"the state directory {directory} cannot be used: {system_text(error)}.",
            fix="Choose a writable directory with --state-dir.",
        ) from error
    kernel = PlaceLock(directory)
    place = StateDirectory(directory, lock, kernel, tell)
    try:
        if pid := kernel.take():
            raise StoreError(
                f"{directory} is in use by another fsmv2, process {pid}, which was started before "
                "the folder was removed and created again.",
                fix=ANOTHER,
            )
        place.start()
        yield place
    finally:
        place.close()
        kernel.release()
        lock.release()


class StateDirectory:
    """A state directory that is held: notices that it was removed or replaced, and takes it again.

    On a thread of its own, since a file system may hang.
    """

    def __init__(
        self, directory: Path, lock: FileLock, kernel: PlaceLock, tell: Tell = warn
    ) -> None:
        self.path = directory
        self._tell = tell
        self._lock = lock
        self._kernel = kernel
        self._trouble = ""
        self._rewrite: list[Callable[[], None]] = []
        self._tree: DirectoryListener | None = None
        self._telling = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="state directory", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more. One whose file system hangs is left alone: it is a daemon."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_WITHIN)

    def rewrite(self, again: Callable[[], None]) -> None:
        """Have this called, on the thread, whenever the directory is there anew and empty."""
        self._rewrite.append(again)

    @contextlib.contextmanager
    def reports_to(self, tree: DirectoryListener) -> Iterator[None]:
        """Inside, the tree reports what is wrong with the directory, and writes its data again."""
        with self._telling:
            self._tree = tree
            if self._trouble:
                tree.state_directory_lost(self._trouble)
        try:
            yield
        finally:
            with self._telling:
                self._tree = None

    # ---- on the thread ----------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self._kernel.forget_who_asked()
            self.look()

    def look(self) -> None:
        """Take it again where it is another one by now; say what is wrong, and that it is over."""
        if self._lock.stands:
            self._say("")
            return
        gone = f"{self.path} was removed or replaced while it is in use"
        try:
            self._lock.retake()
            _make_private(self.path)
            for again in tuple(self._rewrite):
                again()
            with self._telling:
                if self._tree is not None:
                    self._tree.write_again()
        except (OSError, StoreError) as error:
            what = error.message if isinstance(error, StoreError) else error_text(error)
            self._say(f"{gone}, and cannot be taken again: {what}")
            return
        # Until the next look: so the journal, which begins anew, records that it was so.
        self._say(f"{gone}; it is created again. What was recorded in it is lost.")

    def _say(self, trouble: str) -> None:
        with self._telling:
            if trouble == self._trouble:
                return
            self._trouble = trouble
            if self._tree is not None:
                self._tree.state_directory_lost(trouble)
            else:
                self._tell(trouble or f"{self.path} is there again")


def _make_private(directory: Path) -> None:
    others = {entry.name for entry in directory.iterdir()} - OURS
    if all(name.startswith(OLDER) for name in others):
        private_folder(directory)
