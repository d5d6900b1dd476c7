"""What an operator may ask of one worker or subtree, and what is refused, with the reason.

Stop, pause and set are overrides, which last until their opposite; restart, retry and acknowledge
are requests, which are done once.
"""

from __future__ import annotations

from fsmv2.core.contract.events import (
    AcknowledgeAsked,
    PauseAsked,
    RestartAsked,
    ResumeAsked,
    RetryAsked,
    SetVariableAsked,
    StartPathAsked,
    StopPathAsked,
    UnsetVariableAsked,
)
from fsmv2.core.life import restart_policy, stop
from fsmv2.core.policy import escalation, livelock, overrides
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.errors import suggest
from fsmv2.model import ENGINE_KEYS

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
        overrides.pause(tree, s, event.who, event.reason)


def resume(tree: Tree, event: ResumeAsked) -> None:
    """A paused subtree goes on."""
    path, who = event.path, event.who
    if overrides.of(tree, path).pause is not None:
        overrides.resume(tree, path, who)
    elif (s := _find(tree, path, "resume", who)) is not None:
        above = overrides.paused_by(s)
        text = f"{path} itself is not paused" + (f"; it is {above}" if above else "")
        _refuse(tree, s, f"{who} cannot resume: {text}")


def stop_path(tree: Tree, event: StopPathAsked) -> None:
    """What is at the path is to be stopped, as if it were declared disabled."""
    s = _find(tree, event.path, "stop", event.who)
    if s is not None:
        overrides.stop(tree, s, event.who, event.reason, event.until)


def start_path(tree: Tree, event: StartPathAsked) -> None:
    """What was stopped at the path is again what is declared."""
    path, who = event.path, event.who
    if overrides.of(tree, path).stop is not None:
        _start(tree, path, who)
    elif (s := _find(tree, path, "start", who)) is not None:
        above = overrides.stopped_by(s)
        if above:
            text = f"{path} itself is not stopped; it is {above}"
        elif not s.declared.enabled:
            text = f"{path} is disabled where it is declared"
        else:
            text = f"{path} is not stopped"
        _refuse(tree, s, f"{who} cannot start: {text}")


def set_variable(tree: Tree, event: SetVariableAsked) -> None:
    """A user variable is to have another value than is declared."""
    s = _find(tree, event.path, "set a variable of", event.who)
    if s is None:
        return
    if event.name not in s.user:
        known = [name for name in s.user if name not in ENGINE_KEYS]
        text = f"{s.path} has no variable '{event.name}'. {suggest(event.name, known)}"
        _refuse(tree, s, f"{event.who} cannot set: {text}")
        return
    overrides.set_variable(tree, s, event.name, event.value, event.who, event.reason, event.until)


def unset_variable(tree: Tree, event: UnsetVariableAsked) -> None:
    """A user variable is to be as declared again."""
    path, name, who = event.path, event.name, event.who
    found = overrides.of(tree, path).variables
    if name in found:
        overrides.unset_variable(tree, path, name, who)
    elif (s := _find(tree, path, "unset a variable of", who)) is not None:
        text = f"'{name}' is not set by hand at {path}. {suggest(name, found)}".rstrip()
        _refuse(tree, s, f"{who} cannot unset: {text}")


def end_overrides(tree: Tree, s: Supervisor) -> None:
    """End what was asked for until now."""
    stopped, names = overrides.due(tree, s.path)
    if stopped:
        _start(tree, s.path, "the end of its time")
    for name in names:
        overrides.unset_variable(tree, s.path, name, "the end of its time")
    overrides.set_timer(tree, s)  # for the next one; or the clock of the machine was set back


def _start(tree: Tree, path: str, who: str) -> None:
    overrides.start(tree, path, who)
    s = tree.by_path.get(path)
    if s is not None:
        restart_policy.restart_ended(tree, s)


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
        _refuse(tree, s, f"{event.who} acknowledges, but there is no escalation of {s.path}")
        return
    escalation.acknowledge(tree, s, event.who, event.note)


def _refuse(tree: Tree, s: Supervisor, text: str) -> None:
    tree.report("command", s, text, level="warning")


def _find(tree: Tree, path: str, what: str, who: str) -> Supervisor | None:
    found = tree.by_path.get(path)
    if found is None and tree.root is not None:
        text = f"{who} asks to {what} '{path}', which is not there. {suggest(path, tree.by_path)}"
        tree.report("command", tree.root, text, level="warning")
    return found
