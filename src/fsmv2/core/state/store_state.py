"""What the core knows of a store: which desired states are durable, and whether it fails.

Data alone. When something is saved, and what waits for it, is decided in `policy/durable`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fsmv2.core.state.parts import Pause, pause_from_json
from fsmv2.core.state.paths import parent_of
from fsmv2.model import ChildSpec, DesiredState, ObservedState

NOTHING: Mapping[str, str] = {}


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
        "paused",
        "state",
    )

    def __init__(self, created_at: float) -> None:
        self.created_at = created_at
        self.asked = 0
        self.durable = 0
        self.declared: ChildSpec | None = None
        self.desired: DesiredState | None = None
        self.observed: ObservedState | None = None
        self.paused: Pause | None = None
        self.state = ""
        self.incarnation = 0


class StoreState:
    """One store as the core sees it.

    `failing`: why it does not work now, or empty. `waiting`: the paths whose first action waits
    until their desired state is durable. `unmet`: by parent, the paths that are stored and at which
    no supervisor was made yet.
    """

    __slots__ = ("failing", "kept", "unmet", "waiting")

    def __init__(self, known: Mapping[str, float], paused: Mapping[str, str] = NOTHING) -> None:
        """`known`: the paths that are stored already, and when each was created, Unix seconds.

        `paused`: those of them that are paused, with what was saved of their pause.
        """
        self.failing = ""
        self.kept = {path: Kept(created_at) for path, created_at in known.items()}
        for path, text in paused.items():
            if text and path in self.kept:
                self.kept[path].paused = pause_from_json(text)
        self.unmet: dict[str, set[str]] = {}
        self.waiting: set[str] = set()
        for path in known:
            self.miss(path)

    def meet(self, path: str, created_at: float) -> float:
        """A supervisor is made at `path`; returns since when this path is there."""
        kept = self.kept.setdefault(path, Kept(created_at))
        self.found(path)
        return kept.created_at

    def pause_of(self, path: str) -> Pause | None:
        """How the path was paused when it was last saved."""
        return self.kept[path].paused

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
