"""Who stops before whom: what is below stops first, and so does whoever depends on it.

Who waits for others to stop is told when one of them no longer keeps it from it; a supervisor that
stands already hands that on, because those above it wait for what is below it too.
"""

from __future__ import annotations

from fsmv2.core.policy import detect_only
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.worker import Phase

# Bound once, as in `policy/control`: these are asked of every child in each tick of a stop.
STOPPED, RESTART = Phase.STOPPED, StopKind.RESTART


def stop_blocker(tree: Tree, s: Supervisor) -> Supervisor | None:
    """Who must be stopped before `s` may be: who is below it, or depends on it, and is to stop."""
    passed_down = s.stop is not None and not keeps_children(s)
    todo = [s]
    while todo:
        for child in todo.pop().children.values():
            if _still_stopping(child) or (passed_down and child.stop is None):
                return child
            if child.children and not child.drained and _stands(child):
                todo.append(child)
    if s.path in tree.dependents:
        for dependent in tree.dependents[s.path].values():
            if _still_stopping(dependent) and not _waits_for(tree, s, dependent):
                return dependent
    return None


def keeps_children(s: Supervisor) -> bool:
    """Whether `s` is only restarted, and its type adapts live: then its children go on."""
    return s.stop is not None and s.stop.kind is RESTART and s.definition.in_place


def _is_to_stop(s: Supervisor) -> bool:
    return s.stop is not None or s.control == s.definition.stop_state


def _still_stopping(s: Supervisor) -> bool:
    if not _is_to_stop(s):
        return False
    if detect_only.detects(s):
        return False  # it does nothing, a stop neither
    if s.breaker is not None and s.breaker.open:
        return False  # its steps are stopped; it ends by force, nobody waits for it
    return s.definition.states[s.state].phase is not STOPPED


def _stands(s: Supervisor) -> bool:
    """Whether `s` is to stop, and has stopped."""
    return _is_to_stop(s) and s.definition.states[s.state].phase is STOPPED


def _waits_for(tree: Tree, s: Supervisor, dependent: Supervisor) -> bool:
    """Whether `dependent` cannot stop before `s`: two that wait for each other would never stop."""
    above: Supervisor | None = s
    while above is not None:
        if above is dependent:
            return True
        above = above.parent
    seen, todo = {s.path}, list(s.upstream)
    while todo:
        path = todo.pop()
        if path == dependent.path:
            return True
        if path not in seen:
            seen.add(path)
            upstream = tree.by_path.get(path)
            todo.extend(upstream.upstream if upstream is not None else ())
    return False


# ---- telling those that wait --------------------------------------------------------------------


def notify_above(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """Mark those above `s` that wait for it to stop: its parent, and past those that stand."""
    if s.parent is not None:
        if _is_to_stop(s.parent):
            tree.mark(s.parent, cause)
        hand_on(tree, s.parent, cause)


def hand_on(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """`s` was notified of something below it; if it stands, notify who waits above it."""
    while s.parent is not None and _stands(s):
        s = s.parent
        if _is_to_stop(s):
            tree.mark(s, cause)


def notify_upstream(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """Mark those that `s` depends on, and that wait for it to stop."""
    for path in s.upstream:
        upstream = tree.by_path.get(path)
        if upstream is not None and _is_to_stop(upstream):
            tree.mark(upstream, cause)
