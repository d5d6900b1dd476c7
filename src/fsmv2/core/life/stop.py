"""From the request to stop to a subtree that is down: asked, passed down, drained, finished.

What each kind of stop leads to stands in `stop_kind`. A stop is passed down the tree by ticks; each
supervisor stops by its own FSM, takes a last observation and is drained; when a whole subtree is
drained, or its deadline is reached, its top is released (`release`).
"""

from __future__ import annotations

from fsmv2.core.contract.events import ForceRequested, LeaveRequested, StopRequested
from fsmv2.core.contract.instructions import Collect
from fsmv2.core.life.release import finish, stops_together
from fsmv2.core.policy import detect_only
from fsmv2.core.policy.stop_order import hand_on, keeps_children
from fsmv2.core.state.parts import StopRequest
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tallies import RestartReason
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.worker import Phase

MORE = Cause("stop", "goes on")

ASKED_AT_ONCE = 500
"""Children asked to stop in one tick: a slice keeps its 5 ms. H51"""

# Bound once, as in `policy/control`: these are asked of every child in each tick of a stop.
STOPPED = Phase.STOPPED


# ---- events -------------------------------------------------------------------------------------


def stop_all(tree: Tree, event: StopRequested) -> None:
    """Ask the whole tree to stop, with one deadline for all of it (H10)."""
    tree.stopping = True
    root = tree.root
    if root is not None:
        seconds = event.deadline if event.deadline is not None else tree.settings.stop_deadline
        due = tree.now + seconds
        if root.stop is not None and root.stop.kind is StopKind.SHUTDOWN:
            due = min(due, root.stop.deadline)  # asking twice never gives more time
        request_stop(tree, root, StopKind.SHUTDOWN, due, f"stop requested by {event.who}")


def force_all(tree: Tree, event: ForceRequested) -> None:
    """Stop waiting and release everything."""
    tree.stopping = True
    if tree.root is not None:
        tree.root.stop = StopRequest(StopKind.SHUTDOWN, tree.now, f"forced by {event.who}")
        deadline_reached(tree, tree.root)


def leave_all(tree: Tree, event: LeaveRequested) -> None:
    """Release everything without asking anybody to stop: what they started goes on running."""
    tree.stopping = True
    if tree.root is not None:
        why = f": {event.reason}" if event.reason else ""
        reason = f"fsmv2 ends and leaves what runs: requested by {event.who}{why}"
        tree.root.stop = StopRequest(StopKind.SHUTDOWN, tree.now, reason)
        tree.report("stop", tree.root, reason)
        finish(tree, tree.root, forced=True)


# ---- asking -------------------------------------------------------------------------------------


def request_stop(tree: Tree, s: Supervisor, kind: StopKind, deadline: float, reason: str) -> None:
    """Ask one supervisor to stop as the top of its subtree; the first tick passes it down."""
    # One deadline for the whole subtree, kept at its top: a deadline for each level would add up
    # with the depth, and a tree of ten levels would have five minutes to stop. H10
    s.stop = StopRequest(kind, deadline, reason)
    s.drained, s.final_after = False, None
    tree.set_timer(s, "stop", deadline)
    tree.mark(s, Cause("stop", reason, tree.deciding))
    tree.report("stop", s, reason)


def remove(tree: Tree, s: Supervisor, reason: str, *, paced: bool = False) -> None:
    """Ask to stop, keep ticking until the subtree is down, release it, and only then forget it.

    Not `paced`: no other follows at its path, so that its place in the pace is free.
    """
    if not paced:
        tree.pace.done(s.path)
    if s.stop is not None:
        # H12, H15: the removal wins over a restart, within the deadline that is running already.
        if s.stop.kind.gives_way:
            s.stop = StopRequest(StopKind.REMOVE, s.stop.deadline, reason)
            tree.mark(s, Cause("stop", reason, tree.deciding))
        return
    request_stop(tree, s, StopKind.REMOVE, tree.now + tree.settings.stop_deadline, reason)


def restart(tree: Tree, s: Supervisor, reason: str, *, because: RestartReason) -> None:
    """Stop, then restart as a new incarnation; ignored while it is stopping anyway."""
    if s.stop is None and s.recreate_as is not None:
        remove(tree, s, reason, paced=True)  # it comes back as what it is to become
    elif s.stop is None:
        tree.counters.restarts += 1
        tree.tallies.restarts[s.type_name, because] += 1
        request_stop(tree, s, StopKind.RESTART, tree.now + tree.settings.stop_deadline, reason)


def call_off(tree: Tree, top: Supervisor, cause: Cause) -> list[Supervisor]:
    """End the stop of `top` and of what stops with it; returns them. H1

    One below that is being removed for its own sake is still removed.
    """
    called_off = [
        s for s in top.subtree() if s is top or (s.stop is not None and not s.stop.kind.is_top)
    ]
    for s in called_off:
        s.stop, s.drained, s.final_after = None, False, None
        s.timers.pop("stop", None)
        tree.mark(s, cause)
    return called_off


# ---- in each tick -------------------------------------------------------------------------------


def pass_stop_down(tree: Tree, s: Supervisor) -> None:
    """Hand the stop of `s` to the children that have none, with the same deadline."""
    stop = s.stop
    if stop is None or keeps_children(s):
        return
    asked = 0
    for child in s.children.values():
        if child.stop is None or child.stop.kind.gives_way:
            asked += 1
            if asked > ASKED_AT_ONCE:
                tree.mark(s, MORE)  # it stops after those that are still to be asked
                return
            child.stop = StopRequest(StopKind.WITH_PARENT, stop.deadline, f"stops with {s.path}")
            child.drained, child.final_after = False, None
            child.timers.pop("stop", None)
            tree.mark(child, Cause("stop", f"with {s.path}", tree.deciding))
    if asked:
        hand_on(tree, s, Cause("stop", f"handed on by {s.path}", tree.deciding))


def advance(tree: Tree, s: Supervisor) -> None:
    """Carry a stop on to its last observation and its end."""
    if s.stop is None:
        return
    if s.releasing is not None and s.releasing.forced:
        finish(tree, s)  # it takes several ticks, and what is seen meanwhile must not hold it up
        return
    if s.drained and (s.action is not None or not _is_down(s)):
        _undrain(s)
    if not s.drained:
        _drain(tree, s)
    if s.drained and s.stop.kind.is_top:
        finish(tree, s)


def _drain(tree: Tree, s: Supervisor) -> None:
    """The worker is down and its children are: look once more, then it is drained (H36)."""
    broken = s.breaker is not None and s.breaker.open
    if detect_only.detects(s):
        if all(child.drained for child in s.children.values()):
            _drained(tree, s)  # what it only looked at stays as it is
        return
    if not _is_down(s):
        if s.final_after is not None:
            # What it saw last made it go on; the look after that will be the last one. H36
            s.final_after = None
            s.timers.pop("final", None)
        return
    below = () if keeps_children(s) else s.children.values()
    if s.action is not None or not all(child.drained for child in below):
        return
    if broken and s.watched_at is not None:
        text = "its steps are stopped by its breaker, so it is released as it is"
        tree.report("forced", s, text, level="error")
    if broken or s.watched_at is None:
        _drained(tree, s)
    elif s.final_after is None:
        s.final_after = tree.now
        tree.emit(Collect(s.path, s.incarnation))
        tree.set_timer(s, "final", tree.now + tree.settings.final_observation)
    elif s.observed_at is not None and s.observed_at >= s.final_after:
        _drained(tree, s)


def _is_down(s: Supervisor) -> bool:
    """Whether it is stopped, or cannot be asked any more, or must not be touched."""
    if detect_only.detects(s) or (s.breaker is not None and s.breaker.open):
        return True
    return s.definition.states[s.state].phase is STOPPED


def _undrain(s: Supervisor) -> None:
    """What it saw after its last look made it go on, so nothing above it is done either. H36"""
    above: Supervisor | None = s
    while above is not None and above.drained:
        above.drained, above.final_after = False, None
        above = above.parent


def give_up_final(tree: Tree, s: Supervisor) -> None:
    """The last observation did not come in time; the stop goes on without it."""
    if s.stop is not None and not s.drained and s.final_after is not None:
        if s.observed_at is not None and s.observed_at >= s.final_after:
            return  # it came at this very moment: the tick it asked for decides what it means
        _drained(tree, s)
        tree.mark(s, Cause("timer", "last observation did not come"))


def _drained(tree: Tree, s: Supervisor) -> None:
    s.drained = True
    s.timers.pop("final", None)
    if s.parent is not None:
        tree.mark(s.parent, Cause("drained", s.path, tree.deciding))


def deadline_reached(tree: Tree, top: Supervisor) -> None:
    """The one deadline of a stopping subtree is over: force it, and say who was not done (H11)."""
    if top.stop is None or not top.stop.kind.is_top:
        return
    if top.releasing is not None and top.releasing.forced:
        return  # it is ending already
    late = [s for s in stops_together(top) if not s.drained]
    # Whoever is above one that is late only waits for it: it is named last, if at all.
    waiting = {s.parent.path for s in late if s.parent is not None}
    late.sort(key=lambda s: s.path in waiting)
    names = ", ".join(f"{s.path} ({s.state}: {s.reason})" for s in late[:10])
    more = f" and {len(late) - 10} more" if len(late) > 10 else ""
    if late:
        tree.report("forced", top, f"not stopped in time, forced: {names}{more}", level="error")
    finish(tree, top, forced=True)
