"""From the first watch to the release: start, stop, removal in two phases, restart, force.

A stop is passed down the tree by ticks; each supervisor stops by its own FSM, takes a last
observation and is drained; when a whole subtree is drained its top finishes: it is removed, begun
again as a new incarnation, or the tree is done. At the deadline the top finishes by force.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from fsmv2.core import detecting
from fsmv2.core.conditions import MAPPED, OF_THE_PATH
from fsmv2.core.create import create, make, retry_later
from fsmv2.core.events import ForceAsked, Released, StopAsked
from fsmv2.core.instructions import Collect, Release, Watch
from fsmv2.core.mapping import map_child, map_children, review_mappings
from fsmv2.core.null import NOT_CREATED
from fsmv2.core.records import Cause
from fsmv2.core.stop_order import hand_on, keeps_children, tell_above, tell_upstream
from fsmv2.core.supervisor import Releasing, StopRequest, Supervisor
from fsmv2.worker import Phase

if TYPE_CHECKING:
    from fsmv2.core.machine import Core

MORE = Cause("stop", "goes on")

ASKED_AT_ONCE, RELEASED_AT_ONCE = 500, 250
"""Supervisors asked to stop, and released, in one tick: a slice keeps its 5 ms. H51"""


# ---- events ---------------------------------------------------------------------------------


def stop_all(core: Core, event: StopAsked) -> None:
    """Ask the whole tree to stop, with one deadline for all of it (H10)."""
    core.stopping = True
    root = core.root
    if root is not None:
        seconds = event.deadline if event.deadline is not None else core.settings.stop_deadline
        due = core.now + seconds
        if root.stop is not None and root.stop.kind == "shutdown":
            due = min(due, root.stop.deadline)  # asking twice never gives more time
        ask_stop(core, root, "shutdown", due, f"stop asked by {event.who}")


def force_all(core: Core, event: ForceAsked) -> None:
    """Stop waiting and release everything."""
    core.stopping = True
    if core.root is not None:
        core.root.stop = StopRequest("shutdown", core.now, f"forced by {event.who}")
        deadline_reached(core, core.root)


def released(core: Core, event: Released) -> None:
    """The tasks of an incarnation have all ended: its successor may act."""
    fence = core.fences.get(event.path)
    if fence is None:
        return
    fence.discard(event.incarnation)
    if not fence:
        del core.fences[event.path]
        s = core.by_path.get(event.path)
        if s is not None:
            core.mark(s, Cause("released", f"incarnation {event.incarnation}"))


# ---- asking ---------------------------------------------------------------------------------


def ask_stop(core: Core, s: Supervisor, kind: str, deadline: float, reason: str) -> None:
    """Ask one supervisor to stop as the top of its subtree; the first tick passes it down."""
    s.stop = StopRequest(kind, deadline, reason)
    s.drained, s.final_after = False, None
    core.set_timer(s, "stop", deadline)
    core.mark(s, Cause("stop", reason, core.tick_id))
    core.report("stop", s, reason)


def remove(core: Core, s: Supervisor, reason: str, *, paced: bool = False) -> None:
    """Ask to stop, keep ticking until the subtree is down, release it, and only then forget it.

    Not `paced`: no other follows at its path, so that its place in the pace is free.
    """
    if not paced:
        core.pace.done(s.path)
    if s.stop is not None:
        # H12, H15: the removal wins over a restart, within the deadline that is running already.
        if s.stop.kind == "restart":
            s.stop = StopRequest("remove", s.stop.deadline, reason)
            core.mark(s, Cause("stop", reason, core.tick_id))
        return
    ask_stop(core, s, "remove", core.now + core.settings.stop_deadline, reason)


def restart(core: Core, s: Supervisor, reason: str) -> None:
    """Stop, then restart as a new incarnation; ignored while it is stopping anyway."""
    if s.stop is None and s.comeback is not None:
        remove(core, s, reason, paced=True)  # it comes back as what it is to become
    elif s.stop is None:
        core.counters.restarts += 1
        ask_stop(core, s, "restart", core.now + core.settings.stop_deadline, reason)


# ---- in each tick ---------------------------------------------------------------------------


def pass_stop_down(core: Core, s: Supervisor) -> None:
    """Hand the stop of `s` to the children that have none, with the same deadline."""
    stop = s.stop
    if stop is None or keeps_children(s):
        return
    asked = 0
    for child in s.children.values():
        if child.stop is None or child.stop.kind == "restart":
            asked += 1
            if asked > ASKED_AT_ONCE:
                core.mark(s, MORE)  # it stops after those that are still to be asked
                return
            child.stop = StopRequest("with parent", stop.deadline, f"stops with {s.path}")
            child.drained, child.final_after = False, None
            child.timers.pop("stop", None)
            core.mark(child, Cause("stop", f"with {s.path}", core.tick_id))
    if asked:
        hand_on(core, s, Cause("stop", f"handed on by {s.path}", core.tick_id))


def _stops_together(top: Supervisor) -> list[Supervisor]:
    """Whom a stop of `top` ends: its subtree, or itself alone."""
    return [top] if keeps_children(top) else top.subtree()


def advance(core: Core, s: Supervisor) -> None:
    """Carry a stop on to its last observation and its end."""
    if s.stop is None:
        return
    if s.drained and (s.action is not None or not _is_down(s)):
        _undrain(s)
    if not s.drained:
        _drain(core, s)
    if s.drained and s.stop.kind != "with parent":
        finish(core, s)


def watch(core: Core, s: Supervisor) -> None:
    """Begin to watch what is new, as soon as no task of a predecessor is left."""
    if s.watched_at is not None or s.stop is not None or s.desired is None:
        return
    if s.definition is NOT_CREATED.definition or fenced(core, s):
        return
    s.watched_at = core.now
    s.applied = s.declared.user_spec
    s.live_spec, s.live_config = s.spec, s.desired.config
    assert s.live_spec is not None  # noqa: S101  (derive has just set it)
    core.emit(Watch(s.path, s.incarnation, s.worker, s.definition, s.live_spec, s.live_config))
    core.set_timer(s, "stale", core.now + stale_limit(core, s))


def fenced(core: Core, s: Supervisor) -> str:
    """Whose tasks `s` has to wait for before it may watch and act, as a sentence; or empty."""
    fence = core.fences.get(s.path)
    if not fence or s.definition.overlap_safe:
        return ""
    old = ", ".join(map(str, sorted(fence)))
    return f"waits until the tasks of incarnation {old} have ended"


def stale_limit(core: Core, s: Supervisor) -> float:
    """Age in seconds from which an observation of `s` is stale."""
    d = s.definition
    return max(core.settings.stale_after, 2 * d.interval + d.observe_timeout)


def _drain(core: Core, s: Supervisor) -> None:
    """The worker is down and its children are: look once more, then it is drained (H36)."""
    broken = s.breaker is not None and s.breaker.open
    if detecting.detects(s):
        if all(child.drained for child in s.children.values()):
            _drained(core, s)  # what it only looked at stays as it is
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
        core.report("forced", s, text, level="error")
    if broken or s.watched_at is None:
        _drained(core, s)
    elif s.final_after is None:
        s.final_after = core.now
        core.emit(Collect(s.path, s.incarnation))
        core.set_timer(s, "final", core.now + core.settings.final_observation)
    elif s.observed_at is not None and s.observed_at >= s.final_after:
        _drained(core, s)


def _is_down(s: Supervisor) -> bool:
    """Whether it is stopped, or cannot be asked any more, or must not be touched."""
    if detecting.detects(s) or (s.breaker is not None and s.breaker.open):
        return True
    return s.definition.states[s.state].phase is Phase.STOPPED


def _undrain(s: Supervisor) -> None:
    """What it saw after its last look made it go on, so nothing above it is done either. H36"""
    above: Supervisor | None = s
    while above is not None and above.drained:
        above.drained, above.final_after = False, None
        above.timers.pop("final", None)
        above = above.parent


def give_up_final(core: Core, s: Supervisor) -> None:
    """The last observation did not come in time; the stop goes on without it."""
    if s.stop is not None and not s.drained and s.final_after is not None:
        if s.observed_at is not None and s.observed_at >= s.final_after:
            return  # it came at this very moment: the tick it asked for decides what it means
        _drained(core, s)
        core.mark(s, Cause("timer", "last observation did not come"))


def _drained(core: Core, s: Supervisor) -> None:
    s.drained = True
    s.timers.pop("final", None)
    if s.parent is not None:
        core.mark(s.parent, Cause("drained", s.path, core.tick_id))


# ---- the end --------------------------------------------------------------------------------


def deadline_reached(core: Core, top: Supervisor) -> None:
    """The one deadline of a stopping subtree is over: force it, and say who was not done (H11)."""
    if top.stop is None or top.stop.kind == "with parent":
        return
    if top.releasing is not None:
        return  # it is ending already
    late = [s for s in _stops_together(top) if not s.drained]
    # Whoever is above one that is late only waits for it: it is named last, if at all.
    waiting = {s.parent.path for s in late if s.parent is not None}
    late.sort(key=lambda s: s.path in waiting)
    names = ", ".join(f"{s.path} ({s.state}: {s.reason})" for s in late[:10])
    more = f" and {len(late) - 10} more" if len(late) > 10 else ""
    core.report("forced", top, f"not stopped in time, forced: {names}{more}", level="error")
    finish(core, top, forced=True)


def finish(core: Core, top: Supervisor, *, forced: bool = False) -> None:
    """Release a subtree; then forget its top, or begin it again, or go on with what came back."""
    assert top.stop is not None  # noqa: S101  (only called for the top of a stop)
    kind, parent = top.stop.kind, top.parent
    if top.releasing is None:
        top.drained = True
        top.releasing = Releasing(deque(_stops_together(top)), forced)
    left, forced = top.releasing.left, top.releasing.forced
    keeps = keeps_children(top)
    kept = (top.children, top.statuses, top.accepted, top.groups) if keeps else None
    for _ in range(RELEASED_AT_ONCE):
        s = left.pop()  # who is below goes first
        if s is top:
            break
        if core.by_path.get(s.path) is s:  # else its own removal has ended meanwhile
            _release(core, s, forced)
            core.forget(s)
            if s.parent is not None:
                s.parent.children.pop(s.name, None)
                s.parent.statuses.pop(s.name, None)
    else:
        core.mark(top, MORE)
        return
    top.releasing = None
    _release(core, top, forced)
    paced = top.path in core.pace.under_way
    if kind != "restart":
        core.forget(top)
    if kind == "restart":
        renew(core, top)
        if kept is not None:
            top.children, top.statuses, top.accepted, top.groups = kept
            map_children(core, top)
        return
    core.report("removed", top, "removed" if kind == "remove" else "stopped and released")
    if parent is not None:
        parent.children.pop(top.name, None)
        parent.statuses.pop(top.name, None)
        parent.review_children()
        if parent.conditions is not None and MAPPED in parent.conditions:
            review_mappings(core, parent)
        cause = Cause("removed", top.path, core.tick_id)
        core.mark(parent, cause)
        hand_on(core, parent, cause)
    else:
        core.root = None
    if top.comeback is not None and not core.stopping and (parent is None or parent.stop is None):
        again = create(core, parent, top.comeback)
        again.incarnation = max(again.incarnation, top.incarnation + 1)
        if paced:
            core.pace.begun(again.path, core.now)
        if parent is None:
            core.root = again


def _release(core: Core, s: Supervisor, forced: bool) -> None:
    if s.withheld is not None:
        core.open_circuits -= 1
    if s.watched_at is not None:
        core.fences.setdefault(s.path, set()).add(s.incarnation)
        core.emit(Release(s.path, s.incarnation, forced))
        core.counters.released += 1
    if forced and s.upstream:
        tell_upstream(core, s, Cause("forced", s.path, core.tick_id))


def renew(core: Core, s: Supervisor) -> None:
    """Begin a new incarnation at the same path; every flag of the old one is gone (H13, H43)."""
    if s.path in core.pace.under_way:
        core.pace.begun(s.path, core.now)
    s.incarnation += 1
    s.timers.clear()
    kept = {t: c for t, c in (s.conditions or {}).items() if t in OF_THE_PATH}
    made = make(core, s.parent, s.declared, s.path)
    s.begin(made.registered, made.worker)
    s.conditions = kept or None
    if made.problem:
        retry_later(core, s, made.problem)
    map_child(core, s)
    if s.parent is not None:
        s.parent.statuses[s.name] = s.status
    core.report("restarted", s, f"incarnation {s.incarnation} begins")
    core.mark(s, Cause("restarted", f"incarnation {s.incarnation}", core.tick_id))
    tell_above(core, s, Cause("restarted", s.path, core.tick_id))
