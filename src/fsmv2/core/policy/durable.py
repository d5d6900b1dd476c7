"""What is saved and when, what waits until it is durable, and what is done while a store fails.

A core without a store has none of this. With one, `tick` has what changed saved, the first action
of a new desired state waits until it is durable, and nothing waits for a store that fails (H26):
then the tree runs on from memory, says so on its root, and saves again as soon as that works.
"""

from __future__ import annotations

from fsmv2.containment import ANY_RAISED
from fsmv2.core.contract.events import Saved, SaveFailed, StateDirectoryLost
from fsmv2.core.contract.instructions import DeleteStored, Save, SaveObserved
from fsmv2.core.policy import overrides
from fsmv2.core.state.conditions import STATE_DIRECTORY, STORED
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.paths import join
from fsmv2.core.state.store_state import Kept, StoreState
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.model import DesiredState, same_observation

WAITS = "waits until its desired state is stored"
DURABLE = Cause("stored", "its desired state")
FROM_MEMORY = Cause("stored", "not: the store fails, and it continues from memory")
LOST = Cause("stored", "no longer: the store was lost")


# ---- in each tick -------------------------------------------------------------------------------


def save_desired(tree: Tree, s: Supervisor) -> None:
    """Have the desired state saved when it, or what is declared, is not as it was saved."""
    store, desired, declared = tree.store, s.desired, s.declared
    if store is None or desired is None or s.definition is NOT_CREATED.definition:
        return
    kept = store.kept[s.path]
    if kept.desired is desired and kept.declared is declared:
        return
    if s.parent is None and store.failing:
        _set_condition(tree, store.failing)  # a restarted root has lost its conditions
    if store.unmet:
        _drop_undeclared(tree, store, s, desired)
    before = kept.declared, kept.desired
    kept.declared, kept.desired = declared, desired
    try:
        if before == (declared, desired):
            return
    except ANY_RAISED:  # an author's `__eq__`: taken for different
        pass
    kept.asked = tree.serial()
    tree.emit(
        Save(
            s.path,
            s.incarnation,
            kept.asked,
            kept.created_at,
            tree.wall(),
            declared,
            desired,
        )
    )


def save_observed(tree: Tree, s: Supervisor) -> None:
    """Have state and observation saved when they say something else than those saved."""
    if tree.store is None or s.observed_at is None:
        return
    kept = tree.store.kept[s.path]
    before, kept.observed = kept.observed, s.observed
    if kept.state == s.state and kept.incarnation == s.incarnation and before is not None:
        try:
            if before is s.observed or same_observation(before, s.observed):
                return
        except ANY_RAISED:  # an author's `__eq__`: taken for different
            pass
    kept.state, kept.incarnation = s.state, s.incarnation
    at = tree.epoch + s.observed_at
    tree.emit(SaveObserved(s.path, s.incarnation, at, s.state, s.observed))


def withholds(tree: Tree, s: Supervisor) -> str:
    """Why an action that starts something has to wait, as a sentence; empty: it does not."""
    store = tree.store
    if store is None:
        return ""
    kept = store.kept[s.path]
    if kept.durable >= kept.asked or store.failing:
        return ""
    if s.path not in store.waiting:
        store.waiting.add(s.path)
        tree.set_timer(s, "store", tree.now + tree.settings.store_patience)
    return WAITS


def forget(tree: Tree, s: Supervisor) -> None:
    """A supervisor is gone: what was removed is deleted; what only stops stays stored."""
    store = tree.store
    if store is None:
        return
    store.waiting.discard(s.path)
    top = s
    while top.stop is not None and not top.stop.kind.is_top and top.parent is not None:
        top = top.parent
    recreated = top.recreate_as is not None and top.recreate_as.name == top.name
    removed = top.stop is not None and top.stop.kind.deletes_stored
    if not removed or (recreated and s is top):
        store.miss(s.path)  # until it is made again, or found to be declared no more
        return
    if s is top or (recreated and s.parent is top):
        store.drop(s.path)
        tree.emit(DeleteStored(s.path))
    else:
        store.kept.pop(s.path, None)


# ---- what the store says ------------------------------------------------------------------------


def saved(tree: Tree, event: Saved) -> None:
    """These generations are durable, and all that was to be saved is."""
    store = tree.store
    if store is None:
        return
    for path, generation in event.generations:
        kept = store.kept.get(path)
        if kept is not None:
            _now_durable(tree, store, path, kept, generation)
    for path, generation in event.overrides:
        if store.overrides_waiting.get(path, 0) <= generation:
            store.overrides_waiting.pop(path, None)
    if store.failing:
        store.failing = ""
        if tree.root is not None:
            tree.clear_condition(tree.root, STORED)
            tree.report("store", tree.root, "the store works again; all is stored")


def failed(tree: Tree, event: SaveFailed) -> None:
    """The store, or what is to be saved of one path, cannot be written: nothing waits for it.

    The runtime retries.
    """
    store = tree.store
    if store is None:
        return
    if event.path:
        s, of_path = tree.by_path.get(event.path), store.kept.get(event.path)
        if s is not None and of_path is not None:
            _now_durable(tree, store, event.path, of_path, of_path.asked)
            tree.set_condition(s, STORED, event.reason)
        return
    _fail(tree, store, event.reason)
    if event.lost:
        for path in tree.overrides:
            overrides.save(tree, path)
        for path, kept in store.kept.items():
            kept.desired, kept.observed = None, None
            s = tree.by_path.get(path)
            if s is not None:
                tree.mark(s, LOST)


def unanswered(tree: Tree, s: Supervisor) -> None:
    """An action has waited long enough: a store that hangs must not hold up the tree."""
    store = tree.store
    if store is not None and s.path in store.waiting:
        _fail(tree, store, f"it has not answered for {tree.settings.store_patience:g} s")


def state_directory_lost(tree: Tree, event: StateDirectoryLost) -> None:
    """Have it stand at the root, whichever instance runs there, until the place is there again."""
    if tree.root is None:
        return
    if event.reason:
        tree.set_condition(tree.root, STATE_DIRECTORY, event.reason)
        return
    was = (tree.root.conditions or {}).get(STATE_DIRECTORY)
    if was is not None:
        tree.clear_condition(tree.root, STATE_DIRECTORY)
        # Said again: what was recorded of it then was lost, or could not be recorded.
        text = f"the state directory is available again, after this: {was.reason}"
        tree.report("store", tree.root, text, level="warning")


# ---- inside -------------------------------------------------------------------------------------


def _now_durable(tree: Tree, store: StoreState, path: str, kept: Kept, generation: int) -> None:
    kept.durable = max(kept.durable, generation)
    s = tree.by_path.get(path)
    if s is None or kept.durable < kept.asked:
        return
    if s.parent is not None or not store.failing:
        tree.clear_condition(s, STORED)
    if path in store.waiting:
        store.waiting.discard(path)
        s.timers.pop("store", None)
        tree.mark(s, DURABLE)


def _fail(tree: Tree, store: StoreState, reason: str) -> None:
    if reason != store.failing:
        store.failing = reason
        _set_condition(tree, reason)
        if tree.root is not None:
            tree.report("store", tree.root, f"the store fails: {reason}", level="error")
    waiting, store.waiting = store.waiting, set()
    for path in sorted(waiting):  # a replay must mark them in the same order
        s = tree.by_path.get(path)
        if s is not None:
            s.timers.pop("store", None)
            tree.mark(s, FROM_MEMORY)


def _set_condition(tree: Tree, reason: str) -> None:
    if tree.root is not None:
        text = f"continues from memory, a crash now would lose what changes: {reason}"
        tree.set_condition(tree.root, STORED, text)


def _drop_undeclared(tree: Tree, store: StoreState, s: Supervisor, desired: DesiredState) -> None:
    """Delete what is stored below `s` and no longer declared: removed while nobody ran."""
    declared = {join(s.path, spec.name) for spec in desired.children_specs}
    found = store.unmet.get(s.path, set()) - declared
    if s.parent is None:
        found |= store.unmet.get("", set())
    for path in sorted(found):
        if path in tree.by_path:
            continue
        store.found(path)
        store.drop(path)
        tree.emit(DeleteStored(path))
        tree.report(
            "store", s, f"{path} was stored and is no longer declared: removed from the store"
        )
