"""A journal replayed for a person: whether it is decided the same, the story of a path, reasons."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from fsmv2.operate.replay_limit import Limit, unlimited
from fsmv2.operate.story import Story, StoryLine
from fsmv2.operate.worker_types import known_types
from fsmv2.runtime.journal import Replayed
from fsmv2.runtime.journal import replay as replay_segments


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay found. `nearest`: a path that was asked for was never there; paths like it.

    `met`: whether that path was there at any time.
    """

    found: Replayed
    """What the replay itself found."""
    met: bool
    nearest: str

    def reasons(self) -> list[str]:
        """Why a decision may have been another one; sentences for people."""
        difference, reasons = self.found.difference, []
        if difference is None:
            return []
        if list(map(_without_sums, difference.then)) == list(map(_without_sums, difference.now)):
            reasons.append(
                "The words are the same and a checksum is not: the data behind it differ."
            )
        if self.found.not_kept:
            reasons.append("What was not recorded, above, may be why.")
        ours, theirs = platform.python_version(), self.found.segments[-1].python
        if theirs != ours:
            reasons.append(f"It was recorded under Python {theirs}; this is {ours}.")
        return [
            *reasons,
            "Else the code is not what it was, or a derive or step reads more than it is handed:",
            "`fsmv2 lint` finds such; an order taken from a set is one, too.",
        ]


def replay(
    journal: Path | str,
    *,
    types: Sequence[str] = (),
    since: float | None = None,
    until: float | None = None,
    path: str = "",
    tell: Callable[[StoryLine], None] | None = None,
    limit: Limit = unlimited,
) -> ReplayReport:
    """Replay a journal, the folder or one file of it; `tell` is called with the story of `path`.

    Begins at the oldest checkpoint, or the last one not after `since`; ends after `until`; both in
    Unix seconds. `types` name worker types beside the built-in ones. Raises JournalError.
    """
    journal = Path(journal)
    story = Story(path, tell) if path and tell is not None else None
    with limit(journal) as proceeds:
        found = replay_segments(
            journal,
            known_types(types),
            since=since,
            until=until,
            observer=story,
            proceeds=proceeds,
        )
    if story is None:
        return ReplayReport(found=found, met=False, nearest="")
    return ReplayReport(found=found, met=story.met, nearest=story.nearest())


def _without_sums(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{8}\b", "", text)
