"""A document that is read, and the state directory that is held for its tree: ready to be started.

Apart from the start, because all of it blocks: a command does it on its main thread, where a signal
ends it at once, however large the document is.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fsmv2.diagnostic import Diagnostic
from fsmv2.errors import DocumentError, StoreError
from fsmv2.operate.changes.running_document import CurrentDocument, RunningDocument
from fsmv2.operate.document_change import differs
from fsmv2.operate.document_contents import NOT_READ, contents_of
from fsmv2.operate.document_directory import directory_of, refuse_second_run
from fsmv2.operate.generations import BEGUN_MANAGED, digest_of, digests_of, next_generation, opened
from fsmv2.operate.run_record import RunRecord, begin_record, keep_record, read_unchanged
from fsmv2.operate.running_trees import refuse_run_elsewhere
from fsmv2.operate.start_choice import FileState, Runs, choose
from fsmv2.operate.state_directory import JOURNAL, STORE, StateDirectory, Tell, held, warn
from fsmv2.plant import Plant, load_contents, load_plant
from fsmv2.store import Generation, Head, SqliteStore, Store


class PreparedTree(msgspec.Struct, frozen=True, kw_only=True):
    """What a start needs. `current`: what runs, at first what was read here.

    `recorded`: whether the run has a store, a journal and a record in the state directory.
    `problems`: what is wrong with the file, which is not run; `begun`: whether the store says that
    it runs. `after_orderly_end`: whether there was no run before, or it came to the end of its
    stop.
    """

    directory: StateDirectory
    """The state directory of the tree."""
    current: CurrentDocument
    recorded: bool
    problems: tuple[Diagnostic, ...] = ()
    begun: bool = True
    after_orderly_end: bool = False

    @property
    def document(self) -> Path:
        """The path of the document that runs."""
        return self.current.now.source

    @property
    def plant(self) -> Plant:
        """What it says."""
        return self.current.now.plant

    @property
    def record(self) -> RunRecord | None:
        """What its file is compared with."""
        return self.current.now.record

    @property
    def generation(self) -> Generation | None:
        """Which generation it is."""
        return self.current.now.generation

    @property
    def head(self) -> Head | None:
        """What is kept of that."""
        return self.current.now.head

    @property
    def warning(self) -> str:
        """What an operator should know of how it came to run."""
        return self.current.now.warning

    @property
    def durable(self) -> bool:
        """Whether the generation is in the store."""
        return self.current.now.durable

    def store(self) -> Store | None:
        """The store of the tree, not yet opened."""
        return SqliteStore(self.directory.path / STORE) if self.recorded else None

    def journal(self) -> Path | None:
        """The folder of its journal."""
        return self.directory.path / JOURNAL if self.recorded else None

    def document_differs(self) -> bool:
        """Whether the file that is followed says something else than what runs. Blocks."""
        now = self.current.now
        return not now.managed and differs(now.source, now.record)

    def not_started(self) -> None:
        """Note that nothing of it was started: the next start may take a newer document. Blocks.

        After a run that did not come to its end that stays as it is: what it started may run on.
        """
        if self.after_orderly_end:
            self.ended()

    def ended(self) -> None:
        """Note that the run came to the end of its stop. Blocks; the store must be closed."""
        head = self.head
        if head is not None:
            with contextlib.suppress(StoreError, OSError), opened(self.directory.path) as store:
                if store.head() is not None:
                    store.mark(msgspec.structs.replace(head, ended=True))


@contextlib.contextmanager
def prepare(
    document: Path | str | None,
    *,
    state_dir: Path | None = None,
    init: Path | None = None,
    detect_only: bool = False,
    tell: Tell = warn,
    tool: str = "fsmv2 run",
) -> Iterator[PreparedTree]:
    """Hold the state directory of a document, and read the generation of it that is to run.

    Without a `document` the tree is managed: what the state directory keeps runs, beginning with
    the document `init`. `detect_only`: report what would be done, and do nothing. `tell` is called
    with what becomes of the directory while no tree reports that. Raises DocumentError; StoreError
    when the document runs already, or another tree uses the directory, or it cannot be written.
    """
    if document is None:
        if state_dir is None:
            raise StoreError(
                "a tree without a file needs a state directory, which keeps its document.",
                fix="Name it with --state-dir; or run a file.",
            )
        directory = state_dir.absolute()
        if init is not None and not directory.exists():
            load_plant(init)
    else:
        document = Path(document)
        directory = directory_of(document, state_dir)
        if state_dir is None:
            refuse_second_run(document, directory)
            refuse_run_elsewhere(document, directory)
        if not directory.exists():
            load_plant(document)  # one that is wrong must not leave a folder behind
    if document is None and init is None and not directory.exists():
        raise nothing_kept(directory)
    with held(directory, tell) as place:
        if document is None:
            yield start_managed(place, init, detect_only=detect_only, tool=tool)
        else:
            yield start_following(document, place, detect_only=detect_only, tool=tool)


def start_following(
    document: Path, directory: StateDirectory, *, detect_only: bool, tool: str
) -> PreparedTree:
    """The tree that follows a file: what the file says, or what ran last; see `start_choice`."""
    path, source = directory.path, os.path.abspath(document)
    begin_record(path, document)  # until it is read, nothing known of an earlier run is of this one
    with opened(path) as store:
        head = store.head()
        last = store.generation(head.number) if head is not None else None
        try:
            files = contents_of(document)
            plant = load_contents(document, files, state_dir=path)
        except DocumentError as error:
            gone = all(problem.code == NOT_READ for problem in error.diagnostics)
            state = FileState.MISSING if gone else FileState.INVALID
            choice = choose(head, last, file=state, digest="", source=source)
            if choice.runs is Runs.NOTHING or last is None:
                raise
            again = _run_again(
                directory, store, last, head, choice.warning, detect_only=detect_only
            )
            return msgspec.structs.replace(again, problems=tuple(error.diagnostics))
        choice = choose(head, last, file=FileState.VALID, digest=digest_of(files), source=source)
        if choice.runs is Runs.HEAD and last is not None:
            if last.digest == digest_of(files):
                return _prepared(directory, store, plant, last, head, detect_only=detect_only)
            return _run_again(directory, store, last, head, choice.warning, detect_only=detect_only)
        new = next_generation(head, files, source, tool=tool, why="started with this document")
        return _commit(directory, store, plant, new, head, managed=False, detect_only=detect_only)


def start_managed(
    directory: StateDirectory, init: Path | None, *, detect_only: bool, tool: str
) -> PreparedTree:
    """The tree whose document is kept in its state directory, and was begun with `init`."""
    path = directory.path
    with opened(path) as store:
        head = store.head()
        if init is not None:
            if head is not None:
                raise _kept_already(path, store, head)
            files = contents_of(init)
            plant = load_contents(init, files, state_dir=path, managed=True)
            new = next_generation(None, files, os.path.abspath(init), tool=tool, why=BEGUN_MANAGED)
            return _commit(
                directory, store, plant, new, None, managed=True, detect_only=detect_only
            )
        if head is None:
            raise nothing_kept(path)
        last = store.generation(head.number)
        assert last is not None  # noqa: S101  (a head without its generation is refused above)
        if not head.managed:
            raise StoreError(
                f"the tree in {path} follows the file {last.source}.",
                fix=f"Run it with that: fsmv2 run {last.source}",
            )
        return _run_again(directory, store, last, head, "", detect_only=detect_only)


def _kept_already(directory: Path, store: SqliteStore, head: Head) -> StoreError:
    """A tree cannot be begun where there is one; how that is run depends on what it follows."""
    last = store.generation(head.number)
    again = "Run it without --init"
    if not head.managed and last is not None:
        again = f"It follows a file: fsmv2 run {last.source}"
    return StoreError(
        f"{directory} keeps a document already: generation {head.number}.",
        fix=f"{again}; or choose another directory with --state-dir.",
    )


def nothing_kept(directory: Path) -> StoreError:
    """Nothing is known of a document that this place would keep."""
    return StoreError(
        f"{directory} keeps no document.", fix="Begin with one: --init FILE; or run a file."
    )


def _run_again(
    directory: StateDirectory,
    store: SqliteStore,
    last: Generation,
    head: Head | None,
    warning: str,
    *,
    detect_only: bool,
) -> PreparedTree:
    managed = head is not None and head.managed
    source = Path(last.source)
    plant = load_contents(source, last.files, state_dir=directory.path, managed=managed)
    return _prepared(directory, store, plant, last, head, warning, detect_only=detect_only)


def _commit(
    directory: StateDirectory,
    store: SqliteStore,
    plant: Plant,
    new: Generation,
    before: Head | None,
    *,
    managed: bool,
    detect_only: bool,
) -> PreparedTree:
    converged = 0 if before is None else before.converged
    head, warning = Head(number=new.number, managed=managed, converged=converged), ""
    try:
        store.commit(new, head, based_on=0 if before is None else before.number)
    except StoreError as error:  # a full disk, say: it runs all the same, as without a store
        warning = (
            f"generation {new.number} of the document is in force, not durable: {error.message}"
        )
    made = _prepared(
        directory,
        store,
        plant,
        new,
        head,
        warning,
        detect_only=detect_only,
        durable=not warning,
    )
    orderly = before is None or before.ended
    return msgspec.structs.replace(made, after_orderly_end=orderly)


def _prepared(
    directory: StateDirectory,
    store: SqliteStore,
    plant: Plant,
    runs: Generation,
    head: Head | None,
    warning: str = "",
    *,
    detect_only: bool,
    durable: bool = True,
) -> PreparedTree:
    """Note that it begins, and that it has not come to its end."""
    path, begun = directory.path, True
    orderly = head is not None and head.ended
    if head is not None and head.ended:
        head = msgspec.structs.replace(head, ended=False)
        try:
            store.mark(head)
        except StoreError:  # a full disk: it is marked as soon as there is room
            begun = False
    record = RunRecord(runs.source, runs.at, digests_of(runs.files))
    keep_record(path, record)
    runs_now = RunningDocument(
        source=Path(runs.source),
        directory=path,
        plant=plant,
        generation=runs,
        head=head,
        record=record,
        warning=warning,
        durable=durable,
        detect_only=detect_only,
    )
    current = CurrentDocument(msgspec.structs.replace(runs_now, plant=runs_now.as_asked(plant)))
    directory.rewrite(lambda: keep_record(path, current.now.record))
    return PreparedTree(
        directory=directory,
        current=current,
        recorded=True,
        begun=begun,
        after_orderly_end=orderly,
    )


def read_document(document: Path, directory: StateDirectory) -> PreparedTree:
    """Read a document for a tree of which nothing is kept. DocumentError."""
    plant, record = read_unchanged(document, lambda: load_plant(document, state_dir=directory.path))
    runs = RunningDocument(source=document, directory=directory.path, plant=plant, record=record)
    return PreparedTree(directory=directory, current=CurrentDocument(runs), recorded=False)
