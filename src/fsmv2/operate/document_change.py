"""Whether the document is still what runs.

A change is not applied until fsmv2 is started again, so `run`, `why` and `render` say when there is
one.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from fsmv2.errors import DocumentError
from fsmv2.operate.changes.running_document import CurrentDocument
from fsmv2.operate.document_files import changed_at, digests, signature
from fsmv2.operate.run_record import RunRecord, record_in
from fsmv2.operate.state_directory import holder
from fsmv2.operate.time_text import brief_date_text
from fsmv2.plant import load_plant

LOOKS = 5.0
"""Seconds between two looks of a running tree at its document; each is a few `stat`."""
NAMED = 3
"""Files of a folder that are named when they have changed."""


def change_of(file: Path, record: RunRecord | None) -> str:
    """How `file` differs from what runs, and what to do; nothing: it does not, or nobody knows."""
    if record is None:
        return ""
    runs = f"what runs is that of {brief_date_text(record.at)}"
    if not any(place(file) == place(record.file) for place in (os.path.abspath, os.path.realpath)):
        return f"what runs is {record.file}, not {file}"
    if not record.digests:
        return ""
    now = digests(file)
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
    at = brief_date_text(changed_at(file, names))
    text = f"the document was changed at {at}{which}; {runs}"
    problems = _problems(file)
    if problems:
        return f"{text}, and the newer one is not valid: {problems}"
    return f"{text}; stop it and run it again to apply the newer one"


def change_from_tree(file: Path, directory: Path) -> str:
    """As `change_of`, of the tree that runs in this state directory; nothing if none does."""
    return change_of(file, record_in(directory)) if holder(directory) else ""


@contextlib.contextmanager
def watched(current: CurrentDocument, report: Callable[[str], None]) -> Iterator[None]:
    """Have it reported once when the document that runs is changed in its place.

    On a thread of its own, since a file system may hang.
    """
    closing = threading.Event()

    def run() -> None:
        watch = DocumentWatch(current, report)
        while not closing.wait(LOOKS):
            watch.look()

    if current.now.record is not None:
        threading.Thread(target=run, name="fsmv2-document", daemon=True).start()
    try:
        yield
    finally:
        closing.set()


class DocumentWatch:
    """Looks at a document, and reports what is new about it."""

    def __init__(self, current: CurrentDocument, report: Callable[[str], None]) -> None:
        self._current = current
        self._report = report
        self._runs = current.now
        self._seen = signature(self._runs.source)
        self._compared = False
        self._reported = ""

    def look(self) -> None:
        """Report a change that is new, once the file has been the same for two looks."""
        runs = self._current.now
        if runs is not self._runs:
            self._runs, self._compared = runs, False  # what it says may be what runs by now
        seen = signature(runs.source)
        if seen != self._seen:
            self._seen, self._compared = seen, False  # an editor may still be writing
        elif not self._compared:
            self._compared = True
            text = change_of(runs.source, runs.record)
            if text != self._reported:
                self._report(text or "the document is again the one that runs")
                self._reported = text


def _problems(file: Path) -> str:
    try:
        load_plant(file)
    except DocumentError as error:
        return error.diagnostics[0].message
    # Whatever keeps the file from being read is the answer.
    except Exception as error:  # noqa: BLE001
        return str(error)
    return ""
