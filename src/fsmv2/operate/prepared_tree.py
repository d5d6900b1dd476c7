"""A document that is read, and the state directory that is held for its tree: ready to be started.

Apart from the start, because all of it blocks: a command does it on its main thread, where a signal
ends it at once, however large the document is.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from fsmv2.operate.document_change import change_of, watched
from fsmv2.operate.document_directory import directory_of, refuse_second_run
from fsmv2.operate.run_record import RunRecord, begin_record, keep_record, read_unchanged
from fsmv2.operate.state_directory import JOURNAL, STORE, StateDirectory, Tell, held, warn
from fsmv2.plant import Plant, load_plant
from fsmv2.store import SqliteStore, Store


class PreparedTree(msgspec.Struct, frozen=True, kw_only=True):
    """What a start needs. `record` is None when the document changed while it was read.

    `recorded`: whether the run has a store, a journal and a record in the state directory.
    """

    document: Path
    directory: StateDirectory
    plant: Plant
    record: RunRecord | None
    recorded: bool

    def store(self) -> Store | None:
        """The store of the tree, not yet opened."""
        return SqliteStore(self.directory.path / STORE) if self.recorded else None

    def journal(self) -> Path | None:
        """The folder of its journal."""
        return self.directory.path / JOURNAL if self.recorded else None

    def document_change(self) -> str:
        """How the document differs by now from what was read; nothing: it does not. Blocks."""
        return change_of(self.document, self.record)

    def watched(self, report: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
        """Inside, `report` is called, on a thread, when the document is changed."""
        return watched(self.document, self.record, report)


@contextlib.contextmanager
def prepare(
    document: Path | str,
    *,
    state_dir: Path | None = None,
    detect_only: bool = False,
    tell: Tell = warn,
) -> Iterator[PreparedTree]:
    """Hold the state directory of a document, and read the document.

    `detect_only`: report what would be done, and do nothing. `tell` is told what becomes of the
    directory while no tree reports that. Raises DocumentError; StoreError when the document runs
    already, or another tree uses the directory; OSError when it cannot be written.
    """
    document = Path(document)
    directory = directory_of(document, state_dir)
    if state_dir is None:
        refuse_second_run(document, directory)
    if not directory.exists():
        load_plant(document)  # one that is wrong must not leave a folder behind
    with held(directory, tell) as place:
        yield read_document(document, place, detect_only=detect_only)


def read_document(
    document: Path, directory: StateDirectory, *, detect_only: bool = False, recorded: bool = True
) -> PreparedTree:
    """Read a document for a tree in this state directory; see `PreparedTree`. DocumentError."""
    path = directory.path
    if recorded:
        begin_record(path, document)
    plant, record = read_unchanged(document, lambda: load_plant(document, state_dir=path))
    if recorded and record is not None:
        keep_record(path, record)
        directory.rewrite(functools.partial(keep_record, path, record))
    if detect_only:
        settings = msgspec.structs.replace(plant.settings, detect_only=True)
        plant = msgspec.structs.replace(plant, settings=settings)
    return PreparedTree(
        document=document, directory=directory, plant=plant, record=record, recorded=recorded
    )
