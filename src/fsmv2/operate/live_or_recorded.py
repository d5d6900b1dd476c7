"""Asks the tree that runs; of one that does not answer, reads the journal instead.

Most questions about what is now have an answer in both. What the answer needs of the core is loaded
only where the journal is read: that takes longer than to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from fsmv2.errors import ApiUnavailableError, NoJournalError
from fsmv2.operate.remote_tree import RemoteTree
from fsmv2.operate.replay_limit import Limit, unlimited
from fsmv2.operate.run_record import record_in
from fsmv2.operate.running_trees import kept_directory
from fsmv2.operate.state_directory import holder, short_path
from fsmv2.operate.stopped_tree import refuse_unrecorded

if TYPE_CHECKING:
    from fsmv2.core import Core
    from fsmv2.operate.recorded_tree import RecordedTree

T = TypeVar("T")

ANSWERS_WITHIN = 10.0
"""Seconds for the tree to answer before its journal is read: on a busy machine reading a long
journal would make things worse. A process that is frozen is not waited for."""


def _unnoticed(_text: str) -> None:
    """Nobody is there to read it."""


class WhichTree(msgspec.Struct, frozen=True, kw_only=True):
    """Which tree is meant; see `running_trees`. For its journal: worker types, and a bound.

    `notice` is called with what a person should know who waits, as that it takes longer now. `at`:
    how it was then, Unix seconds, by its journal; None: how it is.
    """

    document: Path | None = None
    state_dir: Path | None = None
    types: tuple[str, ...] = ()
    limit: Limit = unlimited
    at: float | None = None
    notice: Callable[[str], None] = _unnoticed


def live_or_recorded(
    which: WhichTree,
    ask: Callable[[RemoteTree], T],
    read: Callable[[RecordedTree, Core], T],
    *,
    tool: str,
    path: str = "",
) -> T:
    """What `ask` is answered, or what is read in the core that the journal leads to.

    Raises NotRunningError, NotRecordedError or NoJournalError when there is no answer, JournalError
    when the journal cannot be replayed to its end, or up to when it is asked. `path`: whom it is
    about.
    """
    directory = kept_directory(which.document, which.state_dir)
    if which.at is None and holder(directory):
        try:
            return ask(RemoteTree(directory, tool=tool))
        except ApiUnavailableError as error:
            which.notice(f"{error.message} Reads its journal instead.")
    document = which.document
    if document is None:
        record = record_in(directory)
        if record is None:
            raise NoJournalError(
                f"nothing is known of a run in {short_path(directory)}.",
                fix="Name the document with -f.",
            )
        document = Path(record.file)
    refuse_unrecorded(directory, document, named=True, path=path, past=which.at is not None)
    if which.at is not None:
        from fsmv2.operate.recorded_past import RecordedPast

        past = RecordedPast(document, directory, which.types, at=which.at, path=path)
        return read(past, past.core(which.limit))
    from fsmv2.operate.recorded_tree import RecordedTree

    tree = RecordedTree(document, directory, which.types, path=path)
    return read(tree, tree.core(which.limit))
