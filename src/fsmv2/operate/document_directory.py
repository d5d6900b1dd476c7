"""Which state directory is that of a document."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from fsmv2.errors import StoreError
from fsmv2.operate.run_record import RunRecord, record_in
from fsmv2.operate.state_directory import holder, short_path
from fsmv2.operate.state_home import RECORD, state_home


def directory_of(document: Path, state_dir: Path | None = None) -> Path:
    """The state directory that was named, else the one that belongs to the document; absolute."""
    return (state_dir or default_directory(document)).absolute()


def default_directory(document: Path) -> Path:
    """Where a document's tree keeps its data: one place for each document, whatever its name.

    A path that was run before keeps its place when a link in it leads elsewhere by now: what runs
    of it is adopted.
    """
    digest = hashlib.sha256(os.fsencode(os.path.realpath(document))).hexdigest()[:8]
    own = state_home() / f"{document.stem}-{digest}"
    named = os.path.abspath(document)
    before = [(record.at, place) for place, record in _kept() if record.file == named]
    return max(before)[1] if before else own


def refuse_second_run(document: Path, directory: Path) -> None:
    """StoreError when this document runs under another name, and so with another directory."""
    real = os.path.realpath(document)
    for place, record in _kept():
        if place != directory and os.path.realpath(record.file) == real and (pid := holder(place)):
            raise StoreError(
                f"{document} runs already as {record.file}, in process {pid} with "
                f"{short_path(place)}.",
                fix="Stop that one, or choose another directory with --state-dir to run it twice.",
            )


def _kept() -> Iterator[tuple[Path, RunRecord]]:
    """The state directories in their usual place, each with the record of its last run."""
    for file in state_home().glob(f"*/{RECORD}"):
        if (record := record_in(file.parent)) is not None:
            yield file.parent, record
