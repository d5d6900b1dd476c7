"""What becomes of a child that ended by itself, and of those that are restarted with it.

A child *fails* when it enters a state of phase failed, or is found at fault; it *finishes* when it
goes to a stopped state from a starting, running or degraded one without having been asked.

| it       | permanent                    | transient      | temporary     |
|----------|------------------------------|----------------|---------------|
| fails    | restarted                  | restarted    | stays stopped |
| finishes | restarted, after a backoff | stays stopped  | stays stopped |

One that finished after it had been ready ended as planned, such as a queue worker after its share
of jobs: it waits the first delay and no longer, counts as no attempt, and its failures of before
are forgotten as if it had gone on. One that finishes before it was ever ready is in trouble.

Whoever is restarted takes its group along: a temporary member is stopped for good then, a
transient one is restarted even if it had finished. These are OTP's rules for its supervisors.
"""

from __future__ import annotations

from fsmv2.core.life import stop
from fsmv2.core.policy import detect_only, overrides
from fsmv2.core.policy.attempts import count_failure, forget_failures
from fsmv2.core.policy.control import switched_off
from fsmv2.core.policy.escalation import escalate
from fsmv2.core.policy.ordering import NOT_BEGUN
from fsmv2.core.state.conditions import RECOVERS
from fsmv2.core.state.parts import Ended
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tallies import RestartReason
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.worker import Phase


def failed(tree: Tree, s: Supervisor, reason: str) -> None:
    """`s` failed, and goes on by its FSM unless it is temporary."""
    if s.stop is not None or s.disabled:
        return
    if s.declared.restart == "temporary":
        _end(tree, s, Ended(f"failed ({reason}); temporary, so it is not restarted", False))
        return
    _take_along(tree, s, f"failed: {reason}")


def finished(tree: Tree, s: Supervisor, reason: str, *, planned: bool = False) -> None:
    """`s` has finished: that is its end, or, if it is permanent, there is a pause before more.

    `planned`: it had been ready, so this end is no failure.
    """
    if s.declared.restart != "permanent":
        _end(tree, s, Ended(f"finished: {reason}", normally=True))
        return
    due = tree.now + s.backoff.delay(0) if planned else count_failure(tree, s)
    again = f"finished ({reason}); permanent, so it is restarted in {due - tree.now:.1f} s"
    _end(tree, s, Ended(again, normally=True, until=due, planned=planned))
    tree.set_timer(s, "restart", due)
    if not planned:
        escalate(tree, s, f"it keeps finishing: {reason}")
    _take_along(tree, s, f"finished: {reason}")


def restart_faulty(tree: Tree, s: Supervisor, reason: str, *, because: RestartReason) -> None:
    """`s` was found at fault: a new instance, with its group; the end of it if it is temporary."""
    if s.ended is not None or detect_only.detects(s) or overrides.paused_by(s):
        return  # whatever found it at fault finds it again
    if s.declared.restart == "temporary" and s.stop is None:
        _end(tree, s, Ended(f"{reason}; temporary, so it is not restarted", normally=False))
        return
    stop.restart(tree, s, reason, because=because)
    if s.definition.in_place:
        _restart_children(tree, s)
    _take_along(tree, s, reason)


def _restart_children(tree: Tree, s: Supervisor) -> None:
    """What ended is restarted; and all of them, when one that keeps failing is the reason."""
    escalated = any(c.attempts is not None and c.attempts.escalated for c in s.children.values())
    for child in s.children.values():
        restart_ended(tree, child)
        if escalated:
            forget_failures(child)
            tree.clear_condition(child, RECOVERS)
            stop.restart(tree, child, f"restarted with {s.path}", because="escalation")


def restart_ended(tree: Tree, s: Supervisor) -> None:
    """One that failed or finished for good runs again, and what had ended below it."""
    if s.ended is not None:
        s.ended = None
        tree.tallies.restarts[s.type_name, "ended"] += 1
        s.timers.pop("restart", None)
        tree.report("ended", s, "is restarted")
        tree.mark(s, Cause("ended", "no longer", tree.deciding))
        for child in s.children.values():
            restart_ended(tree, child)


def review_auto_stop(tree: Tree, s: Supervisor, policy: str) -> None:
    """End `s` when one, or all, of its significant children have ended by themselves."""
    if s.stop is not None or s.disabled:
        return
    significant = [child for child in s.children.values() if child.declared.significant]
    gone = [child for child in significant if _has_ended(child)]
    if gone and (policy == "any_significant" or len(gone) == len(significant)):
        reason = f"its significant {', '.join(child.name for child in gone)} ended"
        if s.parent is None:  # the work of the whole tree is done
            _end(tree, s, Ended(f"finished: {reason}", normally=True))
        else:
            finished(tree, s, reason)


def wake_group(tree: Tree, s: Supervisor) -> None:
    """The status of `s` changed: who waits for it because of a group must look again."""
    parent = s.parent
    assert parent is not None  # noqa: S101  (only a child is in a group)
    for group in parent.groups:
        for name in group.affected(s.name):
            other = parent.children.get(name)
            if other is not None:
                tree.mark(other, Cause("sibling", f"{s.name} is {s.state}", tree.deciding))


def _has_ended(s: Supervisor) -> bool:
    return s.ended is not None and s.ended.by_itself and s.ended.until is None


def _end(tree: Tree, s: Supervisor, ended: Ended) -> None:
    s.ended = ended
    tree.report("ended", s, ended.reason, level="info" if ended.normally else "warning")
    tree.mark(s, Cause("ended", ended.reason, tree.deciding))
    if s.parent is not None:
        tree.mark(s.parent, Cause("ended", s.path, tree.deciding))


def _take_along(tree: Tree, s: Supervisor, why: str) -> None:
    """Restart its group with `s`, in the group's way."""
    parent = s.parent
    if parent is None or parent.stop is not None:
        return
    for group in parent.groups:
        for name in group.affected(s.name):
            other = parent.children.get(name)
            if other is not None and other.stop is None and not switched_off(other):
                _take_one(tree, other, f"restarted with {s.name} ({group.strategy}), which {why}")


def _take_one(tree: Tree, s: Supervisor, reason: str) -> None:
    if detect_only.detects(s) or overrides.paused_by(s):
        return
    if s.ended is not None:
        if s.declared.restart != "temporary" and s.ended.until is None:
            restart_ended(tree, s)
        return
    phase = s.definition.states[s.state].phase
    if phase is Phase.FAILED or (phase in NOT_BEGUN and s.action is None):
        return  # it has begun nothing, or has a backoff of its own to wait for
    if s.declared.restart == "temporary":
        text = f"would be {reason}; temporary, so it is not"
        _end(tree, s, Ended(text, normally=False, by_itself=False))
    else:
        stop.restart(tree, s, reason, because="group")
