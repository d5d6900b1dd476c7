"""Whether the document is still what runs, and what has become of the newer text.

Said by `why`, `render`, the API and the metrics for as long as it is so; `document_watch` finds out
when it begins.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from fsmv2.errors import DocumentError, FsmError, system_text
from fsmv2.operate.document_files import changed_at, digests
from fsmv2.operate.run_record import RunRecord, record_in
from fsmv2.operate.state_directory import holder, short_path
from fsmv2.operate.time_text import brief_date_text
from fsmv2.plant import load_plant

NAMED = 3
"""Files of a folder that are named when they have changed."""

Outcome = Callable[[Mapping[str, str]], str]
"""By the digests of a text that does not run: why it does not; nothing: nobody has tried it."""


def change_of(file: Path, record: RunRecord | None, outcome: Outcome | None = None) -> str:
    """How `file` differs from what runs, and what to do; nothing: it does not, or nobody knows.

    Without an `outcome` the newer text is read here, which takes its time.
    """
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
        return f"the document {file} can no longer be read{_why_unreadable(file)}; {runs}"
    text = f"{changed_text(file, record, now)}; {runs}"
    why = outcome(now) if outcome is not None else invalid_text(_read(file))
    if why:
        return f"{text}, and the newer one {why}"
    return f"{text}; apply the newer one with `fsmv2 apply {short_path(file)}`"


def _why_unreadable(file: Path) -> str:
    """Why there is nothing to read, if a look at it tells; a pipe would have to be awaited."""
    try:
        if file.is_dir():
            return ": it is a folder, without a YAML file"
        if not file.exists():
            if file.is_symlink():
                return f": it is a link to '{file.readlink()}', which does not exist"
            return ": there is no such file"
        return "" if file.is_file() else ": it is not a regular file"
    except OSError as error:
        return f": {system_text(error)}"


def changed_text(file: Path, record: RunRecord, now: Mapping[str, str]) -> str:
    """When a document was changed, and which of its files; `now` are their digests."""
    names = sorted(n for n in {*now, *record.digests} if now.get(n) != record.digests.get(n))
    which = ""
    if ("" in now) != ("" in record.digests):
        which = " (a file takes the place of a folder)" if "" in now else " (it is a folder by now)"
    elif names != [""]:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        which = f" ({', '.join(names[:NAMED])}{more})"
    return f"the document was changed at {brief_date_text(changed_at(file, names))}{which}"


def differs(file: Path, record: RunRecord | None) -> bool:
    """Whether `file` says something else than what runs, or can no longer be read."""
    return record is not None and bool(record.digests) and digests(file) != record.digests


def invalid_text(error: Exception | None) -> str:
    """That a text is not valid, with its first mistake and how many more; nothing: it is."""
    if error is None:
        return ""
    if not isinstance(error, DocumentError):
        return f"is not valid: {error.message if isinstance(error, FsmError) else error}"
    first, more = error.diagnostics[0], len(error.diagnostics) - 1
    where = f"{first.mark}: " if first.mark is not None else ""
    others = f" (and {more} more mistake{'s' * (more > 1)})" if more else ""
    return f"is not valid: {where}{first.message}{others}"


def change_from_tree(file: Path, directory: Path) -> str:
    """As `change_of`, of the tree that runs in this state directory; nothing if none does."""
    return change_of(file, record_in(directory)) if holder(directory) else ""


def _read(file: Path) -> Exception | None:
    try:
        load_plant(file)
    # Whatever keeps the file from being read is the answer.
    except Exception as error:  # noqa: BLE001
        return error
    return None
