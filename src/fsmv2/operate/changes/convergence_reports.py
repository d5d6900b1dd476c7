"""How far a generation has come, reported while it is on its way, and no more often than it helps.

What converges at once needs no word in between. After that each step forward is worth a line, but
not more than one in two seconds; and where nothing moves, who is waited for, once.
"""

from __future__ import annotations

from collections.abc import Callable

from fsmv2.operate.changes.apply_data import ApplyProgress
from fsmv2.runtime.log.other_events import GenerationProgress

FIRST_AFTER = 2.0
"""Seconds until the first report."""

EVERY = 2.0
"""Seconds between two at least."""

STUCK_AFTER = 10.0
"""Seconds without a step forward after which whoever is waited for is named."""

MOST_NAMED = 50
"""Workers that are named in an event."""

NAMED = 3
"""Workers that are named in its text."""

LONGEST_REASON = 100
"""Characters of each reason in its text; the event has all of it."""


class ConvergenceReports:
    """Those of one generation."""

    def __init__(self, report: Callable[[GenerationProgress, str], None], began: float) -> None:
        """`began`: when it was applied, in seconds of any clock that only goes forward."""
        self._report = report
        self._at = began + FIRST_AFTER - EVERY
        self._done = -1
        self._named = False

    def look(self, progress: ApplyProgress, now: float) -> None:
        """Report it, if there is anything new that is worth a line."""
        since = now - self._at
        further = progress.done > self._done
        if since < EVERY or not (further or (since >= STUCK_AFTER and not self._named)):
            return
        self._at, self._done = now, max(self._done, progress.done)
        self._named = not further
        event = GenerationProgress(
            generation=progress.generation,
            done=progress.done,
            workers=progress.touched,
            pending=dict(list(progress.pending.items())[:MOST_NAMED]),
        )
        self._report(event, progress_text(progress))


def progress_text(progress: ApplyProgress) -> str:
    """`generation 7: 3 of 10 workers have converged; waiting for edge/a: no answer; …`."""
    text = f"generation {progress.generation}: {progress.done} of {progress.touched} "
    text += "worker has converged" if progress.touched == 1 else "workers have converged"
    named = [f"{path}: {_cut(why)}" for path, why in list(progress.pending.items())[:NAMED]]
    if not named:
        return text
    left = progress.touched - progress.done - len(named)
    more = f"; and {left} more" if left > 0 else ""
    return f"{text}; waiting for {'; '.join(named)}{more}"


def _cut(why: str) -> str:
    return why if len(why) <= LONGEST_REASON else f"{why[: LONGEST_REASON - 1]}…"
