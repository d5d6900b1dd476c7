"""The trees that run on this machine as this user, and which of them is meant.

A state directory in its usual place is found there. For one in another place its run leaves a note
in the runtime directory; a note of a tree that has ended is removed by whoever finds it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fsmv2.errors import NoJournalError, NotRunningError, StoreError
from fsmv2.host.private import replace_private
from fsmv2.operate.document_directory import directory_of
from fsmv2.operate.run_record import record_in
from fsmv2.operate.socket_place import NOTES, private_directory, runtime_directory
from fsmv2.operate.state_directory import (
    being_started,
    holder,
    refuse_another_users,
    short_path,
)
from fsmv2.operate.state_home import RECORD, state_home

VARIABLE = "FSMV2_TREE"
"""The environment variable that names the tree that is meant: its document or state directory."""


class RunningTree(msgspec.Struct, frozen=True, kw_only=True):
    """A tree that runs. `since`, in Unix seconds: when its document was read."""

    document: str
    directory: Path
    pid: int
    since: float


def running_trees() -> list[RunningTree]:
    """All of this user on this machine, the longest running first."""
    found: dict[Path, RunningTree] = {}
    for directory in {*_usual(), *_registered()}:
        pid = holder(directory)
        record = record_in(directory)
        if pid and record is not None:
            found[directory] = RunningTree(
                document=record.file, directory=directory, pid=int(pid), since=record.at
            )
    return sorted(found.values(), key=lambda tree: (tree.since, tree.directory))


def refuse_run_elsewhere(document: Path, directory: Path) -> None:
    """StoreError when this document runs already, with a state directory that was named."""
    real = os.path.realpath(document)
    for tree in running_trees():
        if tree.directory != directory and os.path.realpath(tree.document) == real:
            raise StoreError(
                f"{document} runs already, in process {tree.pid} with "
                f"{short_path(tree.directory)}.",
                fix="Stop that one, or choose another directory with --state-dir to run it twice.",
            )


def chosen_tree(document: Path | None = None, state_dir: Path | None = None) -> Path:
    """The state directory of the tree that is meant.

    That of `state_dir`, of `document`, of the environment variable FSMV2_TREE, or of the only one
    that runs. NotRunningError: there is none, or more than one. NoJournalError: there is no such
    document, and nothing is kept of a run of it.
    """
    if state_dir is None and document is None and (named := os.environ.get(VARIABLE, "")):
        place = Path(named)
        state_dir, document = (place, None) if (place / RECORD).exists() else (None, place)
    if state_dir is not None:
        refuse_another_users(state_dir)
        return _runs(state_dir.absolute(), f"no tree runs in {short_path(state_dir)}.")
    if document is not None:
        usual = directory_of(document)
        named = os.path.realpath(document)
        others = [t for t in running_trees() if os.path.realpath(t.document) == named]
        if not holder(usual) and others:
            return others[0].directory
        if not usual.exists() and not document.exists():
            from fsmv2.document.source import other_file  # a mistake alone needs it

            raise NoJournalError(f"there is no file {document}.", fix=other_file(document))
        return _runs(usual, f"{document} is not running: {short_path(usual)} is not in use.")
    trees = running_trees()
    if len(trees) == 1:
        return trees[0].directory
    if not trees:
        raise NotRunningError(
            "none of your trees runs on this machine.",
            fix="Start one with `fsmv2 run FILE`. For a tree of another user, or one whose "
            "state directory was moved, give --state-dir.",
        )
    listed = ", ".join(tree.document for tree in trees)
    raise NotRunningError(
        f"{len(trees)} trees run on this machine; say which one is meant: {listed}.",
        fix=f"Name it with -f, with --state-dir, or in {VARIABLE}.",
    )


def tree_of(document: Path | None, tree: Path | None = None, state_dir: Path | None = None) -> Path:
    """The state directory of the tree that is meant: the one of `tree` or `state_dir`, where they
    are given; the one that runs `document`; or the one that any command would ask.

    NotRunningError: there is none, or more than one.
    """
    if tree is not None or state_dir is not None or document is None:
        return chosen_tree(tree, state_dir)
    try:
        return chosen_tree(document)
    except NotRunningError as error:
        try:
            return chosen_tree()
        except NotRunningError:
            raise error from None


def kept_directory(document: Path | None = None, state_dir: Path | None = None) -> Path:
    """The state directory that is meant, also of a tree that does not run.

    NotRunningError: none is named, and not just one runs. NoJournalError: see `chosen_tree`.
    """
    if state_dir is not None:
        refuse_another_users(state_dir)
        return state_dir.absolute()
    if document is None:
        return chosen_tree()
    try:
        return chosen_tree(document)
    except NotRunningError:
        return directory_of(document)


def chosen_document(document: Path | None = None, state_dir: Path | None = None) -> Path:
    """The document that is named, or that of the tree that is meant."""
    if document is not None:
        return document
    directory = kept_directory(None, state_dir)
    record = record_in(directory)
    if record is None and (pid := holder(directory)):
        raise NotRunningError(being_started(directory, pid), fix="Ask again in a moment.")
    if record is None:
        raise NotRunningError(
            f"nothing is known of a run in {short_path(directory)}.",
            fix="Name the document with -f.",
        )
    return Path(record.file)


def _runs(directory: Path, otherwise: str) -> Path:
    if holder(directory):
        return directory
    running = ", ".join(tree.document for tree in running_trees())
    raise NotRunningError(
        otherwise,
        fix=f"Start it with `fsmv2 run`, or name one that runs: {running}."
        if running
        else "Start it with `fsmv2 run`.",
    )


@contextlib.contextmanager
def registered(directory: Path) -> Iterator[None]:
    """Have the tree in this state directory found by `running_trees` while inside.

    Without a word where that cannot be: then it is named with --state-dir.
    """
    if directory.parent == state_home():
        yield
        return
    digest = hashlib.blake2b(os.fsencode(directory), digest_size=12).hexdigest()
    note = runtime_directory() / NOTES / digest
    with contextlib.suppress(OSError, StoreError):
        private_directory(runtime_directory())
        note.parent.mkdir(mode=0o700, exist_ok=True)
        replace_private(note, os.fsencode(directory))
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink(missing_ok=True)


def _usual() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for file in state_home().glob(f"*/{RECORD}"):
            yield file.parent


def _registered() -> Iterator[Path]:
    with contextlib.suppress(OSError):
        for note in (runtime_directory() / NOTES).iterdir():
            with contextlib.suppress(OSError):
                directory = Path(os.fsdecode(note.read_bytes()))
                if holder(directory):
                    yield directory
                else:
                    note.unlink(missing_ok=True)
