"""A tree as it was at a moment of the past: its journal is replayed up to then.

The same core, in the same state: what is answered of it is what would have been answered then. A
journal has a bounded size, so that it reaches back so far and no further, and of a time in which
nothing ran there is nothing to answer: both are errors that say from when to when it reaches.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from fsmv2.core import Core
from fsmv2.errors import JournalError, NotRecordedError, NotRunningError
from fsmv2.operate.recorded_tree import RecordedTree
from fsmv2.operate.replay_limit import Limit
from fsmv2.operate.run_record import run_is_recorded
from fsmv2.operate.state_directory import short_path
from fsmv2.operate.time_text import brief_date_text
from fsmv2.runtime.journal import Replayed, end_of
from fsmv2.runtime.journal.recorded_segments import RecordedSegment
from fsmv2.store.segmented_log import segments_in
from fsmv2.version import __version__

ENDED_AFTER = 2.0
"""A tree that runs looks at each worker once in a `resync`, and records that. So many of these
without a record are a tree that did not run."""


WRITTEN_WITHIN = 0.5
"""Seconds in which what happened is in the journal, usually; see `journal_writer.GATHER`."""


class SegmentBegun(NamedTuple):
    """When a segment of a journal begins, Unix seconds, and whether with it a run began."""

    at: float
    new_run: bool


class RecordedPast(RecordedTree):
    """The tree of a document at `at`, Unix seconds, as its journal has it. Nobody is asked."""

    def __init__(
        self,
        document: Path,
        state_dir: Path | None,
        types: Sequence[str],
        *,
        at: float,
        path: str = "",
    ) -> None:
        """`types` name worker types beside the built-in ones; `path`: whom it is about."""
        super().__init__(document, state_dir, types, path=path)
        self.at = at

    def core(self, limit: Limit) -> Core:
        """Its core, in the state in which it was.

        Raises NotRecordedError when the journal does not reach back so far, NotRunningError when
        nothing ran then, JournalError when it cannot be replayed up to then.
        """
        # A demo keeps no journal, nor does any tree in its first moments: what is there is of an
        # earlier run.
        unrecorded = self.process if not run_is_recorded(self.directory) else ""
        self.process = "" if unrecorded else self.process
        if not segments_in(self._journal):
            if unrecorded:
                self._keeps_none(unrecorded)
            self._no_journal()
        begun = list(self._begun())
        if not begun or self.at < begun[0].at:
            self._does_not_reach(begun)
        if unrecorded and self.at > end_of(self._journal):
            self._keeps_none(unrecorded)
        if self.process:  # what happened just now is not written yet
            time.sleep(max(0.0, min(WRITTEN_WITHIN, self.at + WRITTEN_WITHIN - time.time())))
        found = self._replayed(limit, since=self.at, until=self.at)
        core = found.core
        if core is None or found.difference is not None:
            self._not_replayed(found)
        self.later = max(0.0, self.at - core.wall())
        following = next((one for one in begun if one.at > self.at), None)
        ended = following.new_run if following is not None else not self.process
        if core.root is None:
            self._did_not_run("it was stopped", core, following)
        if ended and self.later > ENDED_AFTER * core.settings.resync:
            self._did_not_run("what was recorded last before is of", core, following)
        self.process = ""
        self.past = f"this is how it was at {brief_date_text(self.at)}, from its journal"
        last = brief_date_text(core.wall())
        if found.ending:
            self.past += f"; what came after {last} is not recorded: {found.ending}"
        elif ended and self.later:
            self.past += f"; nothing is recorded after {last}, and that run ended"
            self.past += f" before {brief_date_text(following.at)}" if following else " since"
        return core

    def _begun(self) -> Iterator[SegmentBegun]:
        for path in segments_in(self._journal):
            try:
                start = RecordedSegment(path).start()
            except JournalError:
                continue
            if start is not None:
                yield SegmentBegun(start.head.epoch + start.head.now, not start.continues)

    def _keeps_none(self, process: str) -> NoReturn:
        raise NotRecordedError(
            f"how it was at {brief_date_text(self.at)} is not recorded: process {process} runs "
            f"{self.document}, and there is no journal of it.",
            fix="What happened is known: `fsmv2 events`. A demo keeps no journal, nor does a tree "
            "with `journal_mb: 0`; another has one within a second.",
        )

    def _does_not_reach(self, begun: Sequence[SegmentBegun]) -> NoReturn:
        reach = "nothing in it can be read"
        if begun:
            last = "now" if self.process else brief_date_text(end_of(self._journal))
            reach = f"it reaches from {brief_date_text(begun[0].at)} to {last}"
        raise NotRecordedError(
            f"nothing is recorded of {brief_date_text(self.at)} in {short_path(self._journal)}: "
            f"{reach}.",
            fix="Events are kept for longer: `fsmv2 events --until TIME`. `journal_mb` in "
            "`engine:` keeps more of what comes.",
        )

    def _not_replayed(self, found: Replayed) -> NoReturn:
        version = found.segments[-1].fsmv2 if found.segments else ""
        reason = found.ending or "it would be decided differently now"
        if version and version != __version__:
            reason = f"it was recorded by fsmv2 {version}, and this is fsmv2 {__version__}"
        raise JournalError(
            f"{short_path(self._journal)} cannot be replayed up to {brief_date_text(self.at)}: "
            f"{reason}.",
            fix=f"Ask with fsmv2 {version}."
            if version and version != __version__
            else f"See what `{self._replay_command()}` says.",
        )

    def _did_not_run(self, what: str, core: Core, following: SegmentBegun | None) -> NoReturn:
        text = f"nothing of {self.document} ran at {brief_date_text(self.at)}: "
        link = "at " if what.endswith("stopped") else ""
        text += f"{what} {link}{brief_date_text(core.wall())}"
        if following is not None:
            text += f", and the next run began at {brief_date_text(following.at)}"
        raise NotRunningError(f"{text}.", fix=f"See how it went: {self._replay_command()}")
