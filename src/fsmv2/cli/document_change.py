"""Whether the document is still what runs: a digest of it is kept with the run.

A change is not applied until fsmv2 is started again, so both `run` and `why` say when there is one.
By content, since editors and checkouts touch files without changing them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from fsmv2.cli.state_directory import DOCUMENT, JOURNAL, holder
from fsmv2.document import documents_in
from fsmv2.errors import DocumentError
from fsmv2.host.private import open_private
from fsmv2.store.segmented_log import segments_in

T = TypeVar("T")

LOOKS = 5.0
"""Seconds between two looks of a running tree at its document; each is a few `stat`."""
NAMED = 3
"""Files of a folder that are named when they have changed."""


class RunningDocument(msgspec.Struct, frozen=True):
    """What runs: the document's place, when it was read (Unix seconds), a digest of each file.

    The place is the one that was named: a link that leads elsewhere by now is still the document.
    No digests: they are not known, or not yet. `journal_before`: the newest file of the journal
    before this run; nothing: there was none.
    """

    file: str
    at: float
    digests: dict[str, str]
    journal_before: str | None = None


def read_unchanged(file: Path, read: Callable[[], T]) -> tuple[T, RunningDocument | None]:
    """What `read` makes of the document, and the record of just what it has read."""
    for _ in range(3):
        at, before = time.time(), _digests(file)
        found = read()
        if before == _digests(file):
            return found, RunningDocument(os.path.abspath(file), at, before) if before else None
    return found, None


def begins_record(directory: Path, file: Path) -> None:
    """Keep that a run of this document begins: what is known of an earlier one is not of it."""
    keep_record(directory, RunningDocument(os.path.abspath(file), time.time(), {}))


def keep_record(directory: Path, record: RunningDocument | None) -> None:
    """Keep it in the state directory; none rather than one of an earlier run."""
    place = directory / DOCUMENT
    try:
        if record is not None:
            newest = newest_segment(directory)
            record = msgspec.structs.replace(record, journal_before=newest)
            file = open_private(place, os.O_WRONLY | os.O_TRUNC)
            with open(file, "wb") as opened:
                opened.write(msgspec.json.encode(record))
            return
    except OSError:
        pass  # a full disk: then `why` cannot tell
    with contextlib.suppress(OSError):
        place.unlink(missing_ok=True)


def newest_segment(directory: Path) -> str:
    """The file that the journal in a state directory ends with; nothing: there is none."""
    return next((path.name for path in reversed(segments_in(directory / JOURNAL))), "")


def recorded_since(directory: Path, record: RunningDocument | None) -> bool:
    """Whether the journal holds anything of the run of this record: by number, not by date."""
    newest = newest_segment(directory)
    return bool(newest) and (record is None or newest != record.journal_before)


def record_in(directory: Path) -> RunningDocument | None:
    """What was kept of the run in a state directory."""
    try:
        return msgspec.json.decode((directory / DOCUMENT).read_bytes(), type=RunningDocument)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def change_of(file: Path, record: RunningDocument | None) -> str:
    """How `file` differs from what runs, and what to do; nothing: it does not, or nobody knows."""
    if record is None:
        return ""
    runs = f"what runs is that of {_moment(record.at)}"
    if not any(place(file) == place(record.file) for place in (os.path.abspath, os.path.realpath)):
        return f"what runs is {record.file}, not {file}"
    if not record.digests:
        return ""
    now = _digests(file)
    if now == record.digests:
        return ""
    if not now:
        return f"the document {file} cannot be read any more; {runs}"
    names = sorted(n for n in {*now, *record.digests} if now.get(n) != record.digests.get(n))
    which = ""
    if ("" in now) != ("" in record.digests):
        which = " (a file takes the place of a folder)" if "" in now else " (it is a folder by now)"
    elif names != [""]:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        which = f" ({', '.join(names[:NAMED])}{more})"
    text = f"the document was changed at {_moment(_changed_at(file, names))}{which}; {runs}"
    problems = _problems(file)
    if problems:
        return f"{text}, and the newer one is not valid: {problems}"
    return f"{text}; stop it and run it again to apply the newer one"


def change_from_tree(file: Path, directory: Path) -> str:
    """As `change_of`, of the tree that runs in this state directory; nothing if none does."""
    return change_of(file, record_in(directory)) if holder(directory) else ""


@contextlib.contextmanager
def watched(
    file: Path, record: RunningDocument | None, tell: Callable[[str], None]
) -> Iterator[None]:
    """Have it reported once when the document is changed while it runs.

    On a thread of its own, since a file system may hang.
    """
    closing = threading.Event()

    def run() -> None:
        watch = DocumentWatch(file, record, tell)
        while not closing.wait(LOOKS):
            watch.look()

    if record is not None:
        threading.Thread(target=run, name="fsmv2-document", daemon=True).start()
    try:
        yield
    finally:
        closing.set()


class DocumentWatch:
    """Looks at a document, and tells what is new about it."""

    def __init__(
        self, file: Path, record: RunningDocument | None, tell: Callable[[str], None]
    ) -> None:
        self._file = file
        self._record = record
        self._tell = tell
        self._seen = self._signature()
        self._compared = False
        self._said = ""

    def look(self) -> None:
        """Tell a change that was not told yet, once the file has been the same for two looks."""
        signature = self._signature()
        if signature != self._seen:
            self._seen, self._compared = signature, False  # an editor may still be writing
        elif not self._compared:
            self._compared = True
            text = change_of(self._file, self._record)
            if text != self._said:
                self._tell(text or "the document is again the one that runs")
                self._said = text

    def _signature(self) -> tuple[object, ...]:
        return tuple(_signature(path) for path in (self._file, *_files(self._file).values()))


def _files(file: Path) -> dict[str, Path]:
    """The files of a document by name; one that is no folder has the name ''."""
    try:
        if file.is_dir():
            return {path.name: path for path in documents_in(file)}
        return {"": file} if file.is_file() else {}  # a pipe can be read only once
    except OSError:
        return {}


def _digests(file: Path) -> dict[str, str]:
    found = {}
    for name, path in _files(file).items():
        try:
            with path.open("rb") as opened:
                found[name] = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            found[name] = ""
    return {} if set(found.values()) == {""} else found


def _signature(path: Path) -> tuple[object, ...]:
    try:
        found = path.stat()
    except OSError:
        return (str(path),)
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _changed_at(file: Path, names: list[str]) -> float:
    """When the last of them was; of one that is gone, when its folder was."""
    times = []
    for name in names:
        for path in (file / name, file):
            with contextlib.suppress(OSError):
                times.append(path.stat().st_mtime)
                break
    return max(times, default=time.time())


def _problems(file: Path) -> str:
    from fsmv2.plant import load_plant

    try:
        load_plant(file)
    except DocumentError as error:
        return error.diagnostics[0].message
    except Exception as error:  # noqa: BLE001  (whatever keeps it from being read)
        return str(error)
    return ""


def _moment(at: float) -> str:
    """The time of day, with the date unless it is of today."""
    then = time.localtime(at)
    today = then[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", then)
