"""One pass over all workers of a tree: how many in which state, and who is in trouble.

Made by the thread that scrapes, without a lock: what it reads are single attributes, each of which
is whole at any moment. Of a tree that changes meanwhile it is a picture of some milliseconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from fsmv2.core import Core, Supervisor
from fsmv2.core.state.conditions import FRESH
from fsmv2.worker import WorkerDefinition


class Census:
    """What was found. By type, unless it says otherwise."""

    def __init__(self) -> None:
        self.workers: Counter[tuple[str, str, str]] = Counter()
        """By type, state and phase."""
        self.children: Counter[str] = Counter()
        """By type of the parent."""
        self.levels = 0
        self.ages: defaultdict[str, list[float]] = defaultdict(list)
        """Seconds since the newest observation of each worker that is observed."""
        self.definitions: dict[str, WorkerDefinition] = {}
        self.circuits: list[Supervisor] = []
        self.escalated: list[Supervisor] = []
        self.stuck: list[Supervisor] = []
        self.paused: list[Supervisor] = []
        self.stale: list[Supervisor] = []
        self.watched: list[Supervisor] = []
        """Those that are to have series of their own at any time."""


def take_census(core: Core, now: float, wanted: Callable[[str], object] | None = None) -> Census:
    """Look at everybody once; from any thread.

    `now`: by the clock of the core. `wanted`: whether a path has series of its own.
    """
    found = Census()
    workers, children, ages = found.workers, found.children, found.ages
    for s in list(core.by_path.values()):
        type_, status, seen = s.type_name, s.status, s.observed_at
        workers[type_, status.state, status.phase.value] += 1
        children[type_] += len(s.children)
        found.definitions[type_] = s.definition
        found.levels = max(found.levels, s.depth + 1)
        if seen is not None and s.watched_at is not None:
            ages[type_].append(max(0.0, now - seen))
        if s.conditions is not None or s.attempts is not None or s.overrides is not None:
            _look_closer(found, s)
        if wanted is not None and wanted(s.path):
            found.watched.append(s)
    return found


def _look_closer(found: Census, s: Supervisor) -> None:
    conditions, attempts, overrides = s.conditions, s.attempts, s.overrides
    if s.withheld is not None:
        found.circuits.append(s)
    if attempts is not None and attempts.escalated:
        found.escalated.append(s)
    if s.stuck is not None:
        found.stuck.append(s)
    if overrides is not None and overrides.pause is not None:
        found.paused.append(s)
    if conditions is not None and FRESH in conditions and s.watched_at is not None:
        found.stale.append(s)
