"""A tree as its journal has it: for questions about one that does not answer, or runs no more.

The journal of the run is replayed to its end, which is a moment ago: the same core, in the same
state, with the delays that are drawn. Nothing is asked of the tree that runs.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from fsmv2.core import Core, Supervisor
from fsmv2.errors import (
    JournalError,
    NotRecordedError,
    UnknownPathError,
)
from fsmv2.name_suggestions import suggest
from fsmv2.operate.document_change import change_of
from fsmv2.operate.document_directory import directory_of
from fsmv2.operate.document_expansion import expand
from fsmv2.operate.replay_limit import Limit
from fsmv2.operate.run_record import record_in, run_is_recorded
from fsmv2.operate.state_directory import JOURNAL, LOCK, holder, short_path
from fsmv2.operate.stopped_tree import no_journal, replay_command, was_stopped
from fsmv2.operate.worker_types import known_types
from fsmv2.runtime.journal import Replayed, replay
from fsmv2.store.segmented_log import segments_in
from fsmv2.store.write_failure import failure_in

TRIES, PAUSE = 2, 0.2
"""How often the end of a journal that is being written is read again, and after which pause."""


class RecordedTree:
    """The tree of a document as its journal has it. `process`: who runs it; empty: nobody does.

    After `core`: `missing`, why nothing is recorded of what came after; `change`, how the document
    differs by now from what runs; `later`, seconds that have passed since, in which nothing has
    changed; `past`, of which moment it is, if that is not now.
    """

    def __init__(
        self, document: Path, state_dir: Path | None, types: Sequence[str], *, path: str = ""
    ) -> None:
        """`types` name worker types beside the built-in ones; `path`: whom it is about."""
        self.document = document
        self._path = path
        self._types = types
        self.factory = known_types(types)
        self._named = state_dir is not None
        self.directory = directory_of(document, state_dir)
        self._journal = self.directory / JOURNAL
        self.process = holder(self.directory)
        self.record = record_in(self.directory)
        self.missing = self.change = self.past = ""
        self.later = 0.0

    def core(self, limit: Limit) -> Core:
        """Its core, in the state in which it is, or was; see `recorded_status.why`."""
        if self.process and not run_is_recorded(self.directory):
            self._not_recorded()
        if not segments_in(self._journal):
            self._no_journal()
        found = self._replayed(limit, since=math.inf)
        core = found.core
        if core is None or found.difference is not None:
            reason = found.ending or "it would be decided differently now"
            raise JournalError(
                f"{short_path(self._journal)} cannot be replayed to its end: {reason}.",
                fix=f"See what `fsmv2 replay {short_path(self._journal)}` says.",
            )
        self.missing = self._missing(found.ending) if self.process else ""
        if core.root is None:
            if self.process:
                self._not_recorded(self.missing)
            raise was_stopped(self.directory, self.document, core.wall(), path=self._path)
        self.change = change_of(self.document, self.record) if self.process else ""
        # A quiet tree has nothing to record: what is there is so until now, if it still runs.
        runs_on = self.process and not self.missing
        self.later = max(0.0, time.time() - core.wall()) if runs_on else 0.0
        return core

    def worker(self, core: Core, path: str) -> Supervisor:
        """The worker at a path; UnknownPathError also says whether a newer document has it."""
        found = core.by_path.get(path)
        if found is not None:
            return found
        fix = ""
        if self.change:
            with contextlib.suppress(Exception):  # one that is wrong declares nothing
                expand(self.document, types=self._types).worker(path)
                fix = f"The newer document declares '{path}': apply it with `fsmv2 apply`."
        raise UnknownPathError(
            f"there is no worker '{path}' in this tree"
            + (f": {self.change}" if self.change else ""),
            fix=fix or suggest(path, core.by_path),
        )

    def _replayed(self, limit: Limit, *, since: float, until: float | None = None) -> Replayed:
        """The replay from the last checkpoint before `since`, to the end or `until`."""
        with limit(self._journal) as proceeds:
            again = functools.partial(
                replay, self._journal, self.factory, since=since, until=until, proceeds=proceeds
            )
            found = again()
            for _ in range(TRIES):
                if not (self.process and found.ending):
                    break
                time.sleep(PAUSE)  # a record that is just being written looks as if it were cut off
                found = again()
        return found

    def _missing(self, ending: str) -> str:
        """Why nothing is recorded since a while of a tree that runs; nothing: all is."""
        failure = failure_in(self._journal)
        return failure.why if failure is not None else ending

    def _no_journal(self) -> NoReturn:
        raise no_journal(self.directory, self.document, named=self._named)

    def _not_recorded(self, missing: str = "") -> NoReturn:
        """Nothing is known of the tree that runs; what there is may be of an earlier one."""
        failure = failure_in(self._journal)
        older = segments_in(self._journal)
        reason = failure.why if failure else missing
        reason = reason or "it starts or ends just now, or `journal_mb` is 0"
        if not (self.directory / LOCK).exists():
            reason = "its state directory was removed or replaced; it makes it again within seconds"
        fix = "Try again in a moment; if it stays so, set `journal_mb` and run it again."
        if failure:
            fix = f"Make room in {short_path(self.directory)}."
        raise NotRecordedError(
            f"process {self.process} runs {self.document}, and nothing is recorded of it: "
            + reason
            + ("; the journal that is there is of an earlier run" if older else ""),
            fix=fix + (f" The earlier run: {self._replay_command()}" if older else ""),
        )

    def _replay_command(self) -> str:
        return replay_command(self.directory, self._path)
