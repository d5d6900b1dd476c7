"""The end of a stop: a subtree is released, and its top removed, or restarted, or replaced."""

from __future__ import annotations

from collections import deque

from fsmv2.core.contract.events import Released
from fsmv2.core.contract.instructions import Release
from fsmv2.core.life.create import create, make, retry_later
from fsmv2.core.policy import author_errors, claims, durable, overrides, wait_cycles
from fsmv2.core.policy.mapping import map_child, map_children, review_mappings
from fsmv2.core.policy.stop_order import hand_on, keeps_children, notify_above, notify_upstream
from fsmv2.core.state.conditions import MAPPED
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.core.state.supervisor import Releasing, Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree

MORE = Cause("stop", "goes on")

RELEASED_AT_ONCE = 250
"""Supervisors released in one tick: a slice keeps its 5 ms. H51"""


def stops_together(top: Supervisor) -> list[Supervisor]:
    """Whom a stop of `top` ends: its subtree, or itself alone."""
    return [top] if keeps_children(top) else top.subtree()


def finish(tree: Tree, top: Supervisor, *, forced: bool = False) -> None:
    """Release a subtree; then restart its top, or remove it and go on with what takes its place."""
    assert top.stop is not None  # noqa: S101  (callers finish only the top of a stop)
    if top.releasing is None:
        top.releasing = Releasing(deque(stops_together(top)), forced)
    top.releasing.forced |= forced  # the deadline may be reached in the middle of a release
    if not _release_below(tree, top, top.releasing):
        tree.mark(top, MORE)
        return
    forced, top.releasing = top.releasing.forced, None
    _release(tree, top, forced)
    if top.stop.kind is StopKind.RESTART:
        _restart(tree, top, keep_children=keeps_children(top))
    else:
        _remove(
            tree, top, "removed" if top.stop.kind is StopKind.REMOVE else "stopped and released"
        )


def _release_below(tree: Tree, top: Supervisor, releasing: Releasing) -> bool:
    """Release and forget the next few below `top`, the deepest first; whether that was all."""
    for _ in range(RELEASED_AT_ONCE):
        s = releasing.left.pop()
        if s is top:
            return True
        # The list was made when the release began; by identity, because another supervisor may
        # stand at the same path by now.
        if tree.by_path.get(s.path) is s:
            _release(tree, s, releasing.forced)
            _forget(tree, s)
            if s.parent is not None:
                s.parent.disown(s)
    return False


def _remove(tree: Tree, top: Supervisor, reported: str) -> None:
    """Take `top` out of the tree, and make what was declared in its place meanwhile."""
    parent, paced = top.parent, top.path in tree.pace.under_way
    _forget(tree, top)
    tree.report("removed", top, reported)
    if parent is not None:
        parent.disown(top)
        parent.review_children()
        if parent.conditions is not None and MAPPED in parent.conditions:
            review_mappings(tree, parent)
        cause = Cause("removed", top.path, tree.deciding)
        tree.mark(parent, cause)
        hand_on(tree, parent, cause)
    else:
        tree.root = None
    if (
        top.recreate_as is not None
        and not tree.stopping
        and (parent is None or parent.stop is None)
    ):
        recreated = create(tree, parent, top.recreate_as, after=top.incarnation)
        if paced:
            tree.pace.started(recreated.path, tree.now)
        if parent is None:
            tree.root = recreated


def _forget(tree: Tree, s: Supervisor) -> None:
    """Take `s` out of the tree, and what others keep of it: the store, and who waits for whom."""
    durable.forget(tree, s)
    tree.forget(s)
    overrides.left(tree, s.path)
    wait_cycles.depends_less(tree)


def _release(tree: Tree, s: Supervisor, forced: bool) -> None:
    tree.tallies.cleanups += 1
    tree.tallies.cleanup_failures += forced
    if s.withheld is not None:
        tree.open_circuits -= 1
        if tree.log is not None:
            tree.log.circuit_closed(s, tree.tick_id)
    # Only who was watched has tasks in the runtime; a fence for anybody else would never be lifted.
    if s.watched_at is not None:
        if s.claims:
            claims.leave(tree, s)
        tree.fences.setdefault(s.path, set()).add(s.incarnation)
        tree.emit(Release(s.path, s.incarnation, forced))
        tree.counters.released += 1
    if forced and s.upstream:
        notify_upstream(tree, s, Cause("forced", s.path, tree.deciding))


def _restart(tree: Tree, s: Supervisor, *, keep_children: bool) -> None:
    """Begin a new incarnation at the same path; every flag of the old one is gone (H13, H43)."""
    if s.path in tree.pace.under_way:
        tree.pace.started(s.path, tree.now)
    s.clear_timers()
    made = make(tree, s.parent, s.declared, s.path)
    s.next_incarnation(made.registered, made.worker, keep_children=keep_children)
    author_errors.begin_anew(s)
    if made.problem:
        retry_later(tree, s, made.problem)
    map_child(tree, s)
    if s.parent is not None:
        s.parent.statuses[s.name] = s.status
    tree.report("restarted", s, f"incarnation {s.incarnation} begins")
    tree.mark(s, Cause("restarted", f"incarnation {s.incarnation}", tree.deciding))
    notify_above(tree, s, Cause("restarted", s.path, tree.deciding))
    if keep_children:
        map_children(tree, s)


def released(tree: Tree, event: Released) -> None:
    """The tasks of an incarnation have all ended: its successors may act."""
    if tree.claims.leaving:
        claims.released(tree, event.path, event.incarnation)
    fence = tree.fences.get(event.path)
    if fence is None:
        return
    fence.discard(event.incarnation)
    if not fence:
        del tree.fences[event.path]
        s = tree.by_path.get(event.path)
        if s is not None:
            tree.mark(s, Cause("released", f"incarnation {event.incarnation}"))


def fenced(tree: Tree, s: Supervisor) -> str:
    """Whose tasks `s` has to wait for before it may watch and act, as a sentence; or empty."""
    fence = tree.fences.get(s.path)
    if not fence or s.definition.overlap_safe:
        return ""
    old = ", ".join(map(str, sorted(fence)))
    return f"waits until the tasks of incarnation {old} have ended"
