"""The files of a document, and digests of what is in them."""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path

from fsmv2.document import documents_in
from fsmv2.host.file_signature import Signature, signature


def files_of(document: Path) -> dict[str, Path]:
    """The files of a document by name; one that is no folder has the name ''."""
    try:
        if document.is_dir():
            return {path.name: path for path in documents_in(document)}
        return {"": document} if document.is_file() else {}  # a pipe can be read only once
    except OSError:
        return {}


def digests(document: Path) -> dict[str, str]:
    """A digest of each file by name, '' for one that cannot be read; empty if none can be."""
    found = {}
    for name, path in files_of(document).items():
        try:
            with path.open("rb") as opened:
                found[name] = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            found[name] = ""
    return {} if set(found.values()) == {""} else found


def signature_of(document: Path) -> dict[str, Signature]:
    """What differs once a file was written, replaced, added or removed; costs a few `stat`."""
    files = {name: signature(path) for name, path in files_of(document).items()}
    return {"/": signature(document), **files}


def changed_at(document: Path, names: list[str]) -> float:
    """When the last of these files was changed; of one that is gone, when its folder was."""
    times = []
    for name in names:
        for path in (document / name, document):
            with contextlib.suppress(OSError):
                times.append(path.stat().st_mtime)
                break
    return max(times, default=time.time())
