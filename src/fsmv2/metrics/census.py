"""One pass over all workers of a tree: how many in which state, and who is in trouble.

Made by the thread that scrapes, without a lock: what it reads are single attributes, each of which
is whole at any moment. Of a tree that changes meanwhile it is a picture of some milliseconds.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable

from fsmv2.core import Core, Supervisor
from fsmv2.core.state.conditions import FRESH
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.worker import ChildStatus, WorkerDefinition

NOT_MADE = NOT_CREATED.definition

AT_ONCE = 250
"""Workers that are looked at in one go, which takes about a quarter of a millisecond."""

PAUSE = 5e-5
"""Seconds; long enough for a waiting thread to wake, which with none it would not."""


def give_way() -> None:
    """Let a thread that waits for the interpreter have it.

    Python makes it wait 5 ms otherwise, at each turn: the loops of the tree would be late by as
    much again and again while a scrape goes on.
    """
    time.sleep(PAUSE)


class Census:
    """What was found. By type, unless it says otherwise."""

    def __init__(self) -> None:
        self.workers: Counter[tuple[str, str, str]] = Counter()
        """By type, state and phase."""
        self.children: Counter[str] = Counter()
        """By type of the parent."""
        self.declared: Counter[str] = Counter()
        """How many children there are to be, by type of the parent."""
        self.levels = 0
        self.ages: defaultdict[str, list[float]] = defaultdict(list)
        """Seconds since the newest observation of each worker that is observed."""
        self.definitions: dict[str, WorkerDefinition] = {}
        self.circuits: list[Supervisor] = []
        self.escalated: list[Supervisor] = []
        self.stuck: list[Supervisor] = []
        self.paused: list[Supervisor] = []
        self.stale: list[Supervisor] = []
        self.in_trouble: list[tuple[Supervisor, ChildStatus]] = []
        """Those with nobody below them who is in trouble as well."""
        self.watched: list[Supervisor] = []
        """Those that are to have series of their own at any time."""


def take_census(core: Core, now: float, wanted: Callable[[str], object] | None = None) -> Census:
    """Look at everybody once; from any thread.

    `now`: by the clock of the core. `wanted`: whether a path has series of its own.
    """
    found = Census()
    workers, children, ages = found.workers, found.children, found.ages
    declared, definitions = found.declared, found.definitions
    for number, s in enumerate(list(core.by_path.values())):
        if not number % AT_ONCE:
            give_way()
        definition, status, seen = s.definition, s.status, s.observed_at
        type_ = s.type_name if definition is NOT_MADE else definition.name
        # Not `.value`, which is found by way of a descriptor in Python: of an enum's members this
        # is where it comes from.
        workers[type_, status.state, status.phase._value_] += 1
        if s.children:
            children[type_] += len(s.children)
        if s.accepted and (s.stop is None or s.stop.kind is not StopKind.REMOVE):
            declared[type_] += len(s.accepted)
        if type_ not in definitions:
            definitions[type_] = definition
        found.levels = max(found.levels, s.depth + 1)
        if seen is not None and s.watched_at is not None:
            ages[type_].append(max(0.0, now - seen))
        if s.conditions is not None or s.attempts is not None or s.overrides is not None:
            _look_closer(found, s)
        if status.in_trouble and not any(c.in_trouble for c in list(s.statuses.values())):
            found.in_trouble.append((s, status))
        if wanted is not None and wanted(s.path):
            found.watched.append(s)
    for type_ in definitions:
        children.setdefault(type_, 0)
        declared.setdefault(type_, 0)
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
