"""What the core knows of a store: which desired states are durable, and whether it fails.

Data alone. When something is saved, and what waits for it, is decided in `policy/durable`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsmv2.core.state.paths import parent_of
from fsmv2.model import ChildSpec, DesiredState, ObservedState


class Kept:
    """What was last saved of one path.

    `asked`, `durable`: the last generation that was to be saved, and that was.
    """

    __slots__ = (
        "asked",
        "created_at",
        "declared",
        "desired",
        "durable",
        "incarnation",
        "observed",
        "state",
    )

    def __init__(self, created_at: float) -> None:
        self.created_at = created_at
        self.asked = 0
        self.durable = 0
        self.declared: ChildSpec | None = None
        self.desired: DesiredState | None = None
        self.observed: ObservedState | None = None
        self.state = ""
        self.incarnation = 0


class StoreState:
    """One store as the core sees it.

    `failing`: why it does not work now, or empty. `waiting`: the paths whose first action waits
    until their desired state is durable. `overrides_waiting`: by path, the last generation of its
    overrides that is not durable yet. `unmet`: by parent, the paths that are stored and at which no
    supervisor was made yet.
    """

    __slots__ = ("failing", "kept", "overrides_waiting", "unmet", "waiting")

    def __init__(self, known: Mapping[str, float]) -> None:
        """`known`: the paths that are stored already, and when each was created, Unix seconds."""
        self.failing = ""
        self.overrides_waiting: dict[str, int] = {}
        self.kept = {path: Kept(created_at) for path, created_at in known.items()}
        self.unmet: dict[str, set[str]] = {}
        self.waiting: set[str] = set()
        for path in known:
            self.miss(path)

    def register(self, path: str, created_at: float) -> float:
        """A supervisor is made at `path`; returns since when this path is there."""
        kept = self.kept.setdefault(path, Kept(created_at))
        self.found(path)
        return kept.created_at

    def miss(self, path: str) -> None:
        """The path is stored, and nobody is there."""
        self.unmet.setdefault(parent_of(path), set()).add(path)

    def found(self, path: str) -> None:
        """Somebody is there, or it is not stored any more."""
        unmet = self.unmet.get(parent_of(path))
        if unmet is not None:
            unmet.discard(path)
            if not unmet:
                del self.unmet[parent_of(path)]

    def drop(self, path: str) -> None:
        """Keep nothing of the path, nor of those below it at which nobody was met."""
        self.kept.pop(path, None)
        for below in self._unmet_below(path):
            self.kept.pop(below, None)

    def _unmet_below(self, path: str) -> Iterator[str]:
        todo = [path]
        while todo:
            below = self.unmet.pop(todo.pop(), ())
            todo.extend(below)
            yield from below
