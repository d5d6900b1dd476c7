"""Why a worker of a running tree is as it is, asked from outside of the process that runs it.

The journal of the run is replayed to its end, which is a moment ago: the same core, in the same
state, with the delays that are drawn. Nothing is asked of the tree that runs.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

from fsmv2.core import Core
from fsmv2.errors import (
    JournalError,
    NoJournalError,
    NotRecordedError,
    NotRunningError,
    UnknownPathError,
)
from fsmv2.name_suggestions import suggest
from fsmv2.operate.document_change import change_of
from fsmv2.operate.document_directory import directory_of
from fsmv2.operate.document_expansion import expand
from fsmv2.operate.run_record import record_in, run_is_recorded
from fsmv2.operate.state_directory import JOURNAL, LOCK, holder, short_path
from fsmv2.operate.time_text import date_text
from fsmv2.operate.worker_status import WorkerStatus, status_of
from fsmv2.operate.worker_types import known_types
from fsmv2.runtime.journal import Replayed, replay
from fsmv2.store.segmented_log import segments_in
from fsmv2.store.write_failure import failure_in
from fsmv2.worker import WorkerFactory

TRIES, PAUSE = 2, 0.2
"""How often the end of a journal that is being written is read again, and after which pause."""

Proceeds = Callable[[], None]
Limit = Callable[[Path], AbstractContextManager[Proceeds]]
"""Bounds the replay of a journal: entered around it, and given what to call after each slice."""


@contextlib.contextmanager
def unlimited(_journal: Path) -> Iterator[Proceeds]:
    """No bound: for journals that fsmv2 has written itself."""
    yield lambda: None


def why(
    document: Path | str,
    path: str,
    *,
    state_dir: Path | None = None,
    types: Sequence[str] = (),
    limit: Limit = unlimited,
) -> WorkerStatus:
    """How the worker at `path` is, and why; of a tree that crashed, how it was.

    `types` name worker types beside the built-in ones. Raises UnknownPathError, NotRunningError,
    NotRecordedError or NoJournalError when there is no answer, JournalError when the journal cannot
    be replayed to its end.
    """
    return _Question(Path(document), path, state_dir, types).answer(limit)


class _Question:
    """One question, and what is found on the way to its answer."""

    def __init__(
        self, document: Path, path: str, state_dir: Path | None, types: Sequence[str]
    ) -> None:
        self._document = document
        self._path = path
        self._types = types
        self._named = state_dir is not None
        self._directory = directory_of(document, state_dir)
        self._journal = self._directory / JOURNAL
        self._process = holder(self._directory)
        self._record = record_in(self._directory)

    def answer(self, limit: Limit) -> WorkerStatus:
        """The answer; see `why`."""
        if self._process and not run_is_recorded(self._directory):
            self._not_recorded()
        if not segments_in(self._journal):
            self._no_journal()
        found = self._replayed(known_types(self._types), limit)
        core = found.core
        if core is None or found.difference is not None:
            reason = found.ending or "it is decided in another way now"
            raise JournalError(
                f"{short_path(self._journal)} cannot be replayed to its end: {reason}.",
                fix=f"See what `fsmv2 replay {short_path(self._journal)}` says.",
            )
        missing = self._missing(found.ending) if self._process else ""
        if core.root is None:
            if self._process:
                self._not_recorded(missing)
            raise NotRunningError(
                f"nothing of {self._document} runs: it was stopped at {date_text(core.wall())}",
                fix=f"See how it went: {self._replay_command()}",
            )
        change = change_of(self._document, self._record) if self._process else ""
        s = core.by_path.get(self._path)
        if s is None:
            self._unknown(core, change)
        # A quiet tree has nothing to record: what is there is so until now, if it still runs.
        runs_on = self._process and not missing
        later = max(0.0, time.time() - core.wall()) if runs_on else 0.0
        return status_of(s, process=self._process, later=later, missing=missing, document=change)

    def _replayed(self, factory: WorkerFactory, limit: Limit) -> Replayed:
        """The replay of the newest segment that can be, up to its end."""
        with limit(self._journal) as proceeds:
            found = replay(self._journal, factory, since=math.inf, proceeds=proceeds)
            for _ in range(TRIES):
                if not (self._process and found.ending):
                    break
                time.sleep(PAUSE)  # a record that is just being written looks as if it were cut off
                found = replay(self._journal, factory, since=math.inf, proceeds=proceeds)
        return found

    def _missing(self, ending: str) -> str:
        """Why nothing is recorded since a while of a tree that runs; nothing: all is."""
        failure = failure_in(self._journal)
        return failure.why if failure is not None else ending

    def _no_journal(self) -> NoReturn:
        if not self._document.exists() and not self._named:
            raise NoJournalError(
                f"{self._document} does not exist",
                fix="Name the document that is run, or --state-dir.",
            )
        raise NoJournalError(
            f"nothing is known of a run of {self._document}: there is no journal in "
            f"{short_path(self._directory)}",
            fix=f"Start it: fsmv2 run {self._document}. Name its --state-dir, if it has one.",
        )

    def _not_recorded(self, missing: str = "") -> NoReturn:
        """Nothing is known of the tree that runs; what there is may be of an earlier one."""
        failure = failure_in(self._journal)
        older = segments_in(self._journal)
        reason = failure.why if failure else missing
        reason = reason or "it starts or ends just now, or `journal_mb` is 0"
        if not (self._directory / LOCK).exists():
            reason = "its state directory was removed or replaced; it makes it again within seconds"
        fix = "Ask again in a moment; if it stays so, set `journal_mb` and run it again."
        if failure:
            fix = f"Make room in {short_path(self._directory)}."
        raise NotRecordedError(
            f"process {self._process} runs {self._document}, and nothing is recorded of it: "
            + reason
            + ("; the journal that is there is of an earlier run" if older else ""),
            fix=fix + (f" The earlier run: {self._replay_command()}" if older else ""),
        )

    def _unknown(self, core: Core, change: str) -> NoReturn:
        fix = ""
        if change:
            with contextlib.suppress(Exception):  # one that is wrong declares nothing
                expand(self._document, types=self._types).worker(self._path)
                fix = f"The newer document declares '{self._path}': apply it with `fsmv2 apply`."
        raise UnknownPathError(
            f"there is no supervisor '{self._path}' in this tree"
            + (f": {change}" if change else ""),
            fix=fix or suggest(self._path, core.by_path),
        )

    def _replay_command(self) -> str:
        return f"fsmv2 replay {short_path(self._journal)} --path {self._path}"
