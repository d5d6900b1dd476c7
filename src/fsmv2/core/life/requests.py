"""What an operator may ask of one worker or subtree: restart, pause, resume, retry, acknowledge."""

from __future__ import annotations

from fsmv2.core.contract.events import (
    AcknowledgeAsked,
    PauseAsked,
    RestartAsked,
    ResumeAsked,
    RetryAsked,
)
from fsmv2.core.life import restart_policy, stop
from fsmv2.core.policy import escalation, livelock, pauses
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.errors import suggest

TRIED_BY_TIMER = ("retry", "repair", "create", "breaker", "restart", "recreate")
"""Timers that stand for a try which waits for its time."""


def restart(tree: Tree, event: RestartAsked) -> None:
    """A new instance is wanted, also of one that had ended."""
    s = _find(tree, event.path, "restart", event.who)
    if s is not None:
        restart_policy.restart_ended(tree, s)
        stop.restart(tree, s, f"restart asked by {event.who}")


def pause(tree: Tree, event: PauseAsked) -> None:
    """Nothing is to be started in this subtree until it is resumed."""
    s = _find(tree, event.path, "pause", event.who)
    if s is not None:
        pauses.pause(tree, s, event.who, event.reason)


def resume(tree: Tree, event: ResumeAsked) -> None:
    """A paused subtree goes on."""
    s = _find(tree, event.path, "resume", event.who)
    if s is None:
        return
    if s.paused is None:
        above = pauses.paused_by(s)
        text = f"{s.path} itself is not paused" + (f"; it is {above}" if above else "")
        tree.report("command", s, f"{event.who} cannot resume: {text}", level="warning")
        return
    pauses.resume(tree, s, event.who)


def retry(tree: Tree, event: RetryAsked) -> None:
    """Whatever waits for its next try in this subtree tries now; what was counted stays counted."""
    top = _find(tree, event.path, "retry", event.who)
    if top is None:
        return
    tree.report("command", top, f"retry asked by {event.who}")
    cause = Cause("command", f"retry asked by {event.who}")
    tree.for_each((top,), "retry", cause, below=True)


def try_now(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """Have one worker try what waits for its time."""
    restart_policy.restart_ended(tree, s)
    for kind in TRIED_BY_TIMER:
        if kind in s.timers:
            tree.set_timer(s, kind, tree.now)
    if s.attempts is not None:
        s.attempts.retry_at = min(s.attempts.retry_at, tree.now)
    if s.repeat is not None:
        s.repeat.due = min(s.repeat.due, tree.now)
    livelock.reset(s)
    tree.mark(s, cause)


def acknowledge(tree: Tree, event: AcknowledgeAsked) -> None:
    """An operator has taken an escalation over."""
    s = _find(tree, event.path, "acknowledge", event.who)
    if s is None:
        return
    if s.attempts is None or not s.attempts.escalated:
        text = f"{event.who} acknowledges, but there is no escalation of {s.path}"
        tree.report("command", s, text, level="warning")
        return
    escalation.acknowledge(tree, s, event.who, event.note)


def _find(tree: Tree, path: str, what: str, who: str) -> Supervisor | None:
    found = tree.by_path.get(path)
    if found is None and tree.root is not None:
        text = f"{who} asks to {what} '{path}', which is not there. {suggest(path, tree.by_path)}"
        tree.report("command", tree.root, text, level="warning")
    return found
