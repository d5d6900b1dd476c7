"""One pass over all workers of a tree: how many in which state, and who is in trouble.

Made by the thread that scrapes, without a lock: what it reads are single attributes, each of which
is whole at any moment. Of a tree that changes meanwhile it is a picture of some milliseconds.
"""

from __future__ import annotations

from collections import Counter

from fsmv2.core import Core, Supervisor
from fsmv2.core.state.not_created import NOT_CREATED


class Census:
    """What was found."""

    def __init__(self) -> None:
        self.workers: Counter[tuple[str, str, str]] = Counter()
        """By type, state and phase."""
        self.children: Counter[str] = Counter()
        """By type of the parent."""
        self.levels = 0

    @property
    def types(self) -> set[str]:
        """Types of which there are workers."""
        return set(self.children)


def take_census(core: Core) -> Census:
    """Look at everybody once; from any thread."""
    found = Census()
    workers, children = found.workers, found.children
    for s in list(core.by_path.values()):
        type_, status = type_of(s), s.status
        workers[type_, status.state, status.phase.value] += 1
        children[type_] += len(s.children)
        found.levels = max(found.levels, s.depth + 1)
    return found


def type_of(s: Supervisor) -> str:
    """The name of its type, whatever alias it was declared by; also of one that cannot be made."""
    definition = s.definition
    return s.declared.worker_type if definition is NOT_CREATED.definition else definition.name
