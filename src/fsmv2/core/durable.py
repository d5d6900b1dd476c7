"""What the core knows of a store: which desired states are durable, and whether it fails.

A core without a store has none of this. With one, `tick` has what changed saved, the first action
of a new desired state waits until it is durable, and nothing waits for a store that fails (H26):
then the tree runs on from memory, says so on its root, and saves again as soon as that works.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fsmv2.containment import ANY_RAISED
from fsmv2.core import pausing
from fsmv2.core.conditions import PLACE, STORED
from fsmv2.core.create import join
from fsmv2.core.events import PlaceLost, Saved, SaveFailed
from fsmv2.core.instructions import Forget, Save, SaveObserved
from fsmv2.core.null import NOT_CREATED
from fsmv2.core.pausing import Pause
from fsmv2.core.records import Cause
from fsmv2.spec import ChildSpec, DesiredState, ObservedState, same_observation

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor

NOTHING: Mapping[str, str] = {}

WAITS = "waits until its desired state is stored"
DURABLE = Cause("stored", "its desired state")
FROM_MEMORY = Cause("stored", "not: the store fails, it goes on from memory")
LOST = Cause("stored", "no longer: the store was lost")


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


class Durable:
    """One store's state as the core sees it. `failing` is why it does not work now, or empty."""

    __slots__ = ("_kept", "_unmet", "_waiting", "failing")

    def __init__(self, known: Mapping[str, float], paused: Mapping[str, str] = NOTHING) -> None:
        """`known`: the paths that are stored already, and when each was created, Unix seconds.

        `paused`: those of them that are paused, with what was saved of their pause.
        """
        self.failing = ""
        self._kept = {path: Kept(created_at) for path, created_at in known.items()}
        for path, text in paused.items():
            if text and path in self._kept:
                self._kept[path].paused = pausing.from_json(text)
        self._unmet: dict[str, set[str]] = {}
        self._waiting: set[str] = set()
        for path in known:
            self._miss(path)

    # ---- a path comes and goes ---------------------------------------------------------------

    def meet(self, path: str, created_at: float) -> float:
        """A supervisor is made at `path`; returns since when this path is there."""
        kept = self._kept.setdefault(path, Kept(created_at))
        self._found(path)
        return kept.created_at

    def pause_of(self, path: str) -> Pause | None:
        """How the path was paused when it was last saved."""
        return self._kept[path].paused

    def left(self, core: Core, s: Supervisor) -> None:
        """A supervisor is gone: what was removed is forgotten; what only stops stays stored."""
        self._waiting.discard(s.path)
        top = s
        while top.stop is not None and top.stop.kind == "with parent" and top.parent is not None:
            top = top.parent
        comes_back = top.comeback is not None and top.comeback.name == top.name
        if top.stop is None or top.stop.kind != "remove" or (comes_back and s is top):
            self._miss(s.path)  # until it is made again, or found to be declared no more
            return
        self._kept.pop(s.path, None)
        if s is top or (comes_back and s.parent is top):
            self._forget_below(s.path)
            core.emit(Forget(s.path))

    # ---- in each tick ------------------------------------------------------------------------

    def review(self, core: Core, s: Supervisor) -> None:
        """Have the desired state saved when it, or what is declared, is not as it was saved."""
        desired, declared = s.desired, s.declared
        if desired is None or s.definition is NOT_CREATED.definition:
            return
        kept = self._kept[s.path]
        if kept.desired is desired and kept.declared is declared and kept.paused is s.paused:
            return
        if s.parent is None and self.failing:
            self._say(core, self.failing)  # a restarted root has lost its conditions
        if self._unmet:
            self._drop_undeclared(core, s, desired)
        before = kept.declared, kept.desired, kept.paused
        kept.declared, kept.desired, kept.paused = declared, desired, s.paused
        try:
            if before == (declared, desired, s.paused):
                return
        except ANY_RAISED:  # an author's `__eq__`: taken for different
            pass
        kept.asked = core.serial()
        core.emit(
            Save(
                s.path,
                s.incarnation,
                kept.asked,
                kept.created_at,
                core.wall(),
                declared,
                desired,
                pausing.to_json(s.paused),
            )
        )

    def look(self, core: Core, s: Supervisor) -> None:
        """Have state and observation saved when they say something else than those saved."""
        if s.observed_at is None:
            return
        kept = self._kept[s.path]
        before, kept.observed = kept.observed, s.observed
        if kept.state == s.state and kept.incarnation == s.incarnation and before is not None:
            try:
                if before is s.observed or same_observation(before, s.observed):
                    return
            except ANY_RAISED:  # an author's `__eq__`: taken for different
                pass
        kept.state, kept.incarnation = s.state, s.incarnation
        at = core.epoch + s.observed_at
        core.emit(SaveObserved(s.path, s.incarnation, at, s.state, s.observed))

    def withholds(self, core: Core, s: Supervisor) -> str:
        """Why an action that starts something has to wait, as a sentence; empty: it does not."""
        kept = self._kept[s.path]
        if kept.durable >= kept.asked or self.failing:
            return ""
        if s.path not in self._waiting:
            self._waiting.add(s.path)
            core.set_timer(s, "store", core.now + core.settings.store_patience)
        return WAITS

    # ---- what the store says -----------------------------------------------------------------

    def saved(self, core: Core, event: Saved) -> None:
        """These generations are durable, and all that was to be saved is."""
        for path, generation in event.generations:
            kept = self._kept.get(path)
            if kept is not None:
                self._now_durable(core, path, kept, generation)
        if self.failing:
            self.failing = ""
            if core.root is not None:
                core.clear_condition(core.root, STORED)
                core.report("store", core.root, "the store works again; all is stored")

    def failed(self, core: Core, event: SaveFailed) -> None:
        """The store, or what is to be saved of one path, cannot be written: nothing waits for it.

        The runtime tries again.
        """
        if event.path:
            s, kept = core.by_path.get(event.path), self._kept.get(event.path)
            if s is not None and kept is not None:
                self._now_durable(core, event.path, kept, kept.asked)
                core.set_condition(s, STORED, event.reason)
            return
        self._fail(core, event.reason)
        if event.lost:
            for path, kept in self._kept.items():
                kept.desired, kept.observed = None, None
                s = core.by_path.get(path)
                if s is not None:
                    core.mark(s, LOST)

    def unanswered(self, core: Core, s: Supervisor) -> None:
        """An action has waited long enough: a store that hangs must not hold up the tree."""
        if s.path in self._waiting:
            self._fail(core, f"it has not answered for {core.settings.store_patience:g} s")

    # ---- inside ------------------------------------------------------------------------------

    def _now_durable(self, core: Core, path: str, kept: Kept, generation: int) -> None:
        kept.durable = max(kept.durable, generation)
        s = core.by_path.get(path)
        if s is None or kept.durable < kept.asked:
            return
        if s.parent is not None or not self.failing:
            core.clear_condition(s, STORED)
        if path in self._waiting:
            self._waiting.discard(path)
            s.timers.pop("store", None)
            core.mark(s, DURABLE)

    def _fail(self, core: Core, reason: str) -> None:
        if reason != self.failing:
            self.failing = reason
            self._say(core, reason)
            if core.root is not None:
                core.report("store", core.root, f"the store fails: {reason}", level="error")
        waiting, self._waiting = self._waiting, set()
        for path in sorted(waiting):  # a replay must mark them in the same order
            s = core.by_path.get(path)
            if s is not None:
                s.timers.pop("store", None)
                core.mark(s, FROM_MEMORY)

    @staticmethod
    def _say(core: Core, reason: str) -> None:
        if core.root is not None:
            text = f"runs on from memory, a crash now would lose what changes: {reason}"
            core.set_condition(core.root, STORED, text)

    def _drop_undeclared(self, core: Core, s: Supervisor, desired: DesiredState) -> None:
        """Forget what is stored below `s` and no longer declared: removed while nobody ran."""
        declared = {join(s.path, spec.name) for spec in desired.children_specs}
        found = self._unmet.get(s.path, set()) - declared
        if s.parent is None:
            found |= self._unmet.get("", set())
        for path in sorted(found):
            if path in core.by_path:
                continue
            self._found(path)
            self._kept.pop(path, None)
            self._forget_below(path)
            core.emit(Forget(path))
            core.report("store", s, f"{path} was stored and is not declared any more: forgotten")

    def _forget_below(self, path: str) -> None:
        todo = [path]
        while todo:
            below = self._unmet.pop(todo.pop(), ())
            todo.extend(below)
            for gone in below:
                self._kept.pop(gone, None)

    def _miss(self, path: str) -> None:
        self._unmet.setdefault(path.rpartition("/")[0], set()).add(path)

    def _found(self, path: str) -> None:
        above = path.rpartition("/")[0]
        unmet = self._unmet.get(above)
        if unmet is not None:
            unmet.discard(path)
            if not unmet:
                del self._unmet[above]


# ---- events and timers: nothing to do without a store -------------------------------------------


def saved(core: Core, event: Saved) -> None:
    """Hand the event to what there is of a store."""
    if core.durable is not None:
        core.durable.saved(core, event)


def failed(core: Core, event: SaveFailed) -> None:
    """Hand the event to what there is of a store."""
    if core.durable is not None:
        core.durable.failed(core, event)


def unanswered(core: Core, s: Supervisor) -> None:
    """The timer of one that waits for the store."""
    if core.durable is not None:
        core.durable.unanswered(core, s)


def place_lost(core: Core, event: PlaceLost) -> None:
    """Have it stand at the root, whichever instance runs there, until the place is there again."""
    if core.root is None:
        return
    if event.reason:
        core.set_condition(core.root, PLACE, event.reason)
        return
    was = (core.root.conditions or {}).get(PLACE)
    if was is not None:
        core.clear_condition(core.root, PLACE)
        # Said again: what was recorded of it then was lost, or could not be recorded.
        text = f"the state directory is there again, after this: {was.reason}"
        core.report("store", core.root, text, level="warning")
