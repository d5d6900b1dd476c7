"""What an operator may ask of one worker or subtree, and what is refused, with the reason.

Stop, pause, silence, log level and set are overrides, which last until their opposite; restart,
retry, acknowledge and signal are requests, which are done once. `refusal` says beforehand what
would be refused, and why.
"""

from __future__ import annotations

from collections.abc import Mapping

from fsmv2.core.contract.events import (
    AcknowledgeRequested,
    LogLevelEndRequested,
    LogLevelRequested,
    PauseRequested,
    RestartRequested,
    ResumeRequested,
    RetryRequested,
    SetVariableRequested,
    SignalRequested,
    SignalSent,
    SilenceRequested,
    StartPathRequested,
    StopPathRequested,
    UnsetVariableRequested,
    UnsilenceRequested,
)
from fsmv2.core.life import restart_policy, stop
from fsmv2.core.policy import escalation, livelock, overrides, permission, settable
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.model import ENGINE_KEYS
from fsmv2.name_suggestions import suggest

TRIED_BY_TIMER = ("retry", "repair", "create", "breaker", "restart", "recreate")
"""Timers that stand for a try which waits for its time."""

LATEST_END = 253_402_300_800.0
"""The year 10000, in Unix seconds: what is later cannot be written as a time."""

Request = (
    RestartRequested
    | RetryRequested
    | PauseRequested
    | ResumeRequested
    | StopPathRequested
    | StartPathRequested
    | SetVariableRequested
    | UnsetVariableRequested
    | SilenceRequested
    | UnsilenceRequested
    | LogLevelRequested
    | LogLevelEndRequested
    | AcknowledgeRequested
    | SignalRequested
)
"""What a person may ask of a path."""

VERBS: Mapping[type, str] = {
    RestartRequested: "restart",
    RetryRequested: "retry",
    PauseRequested: "pause",
    ResumeRequested: "resume",
    StopPathRequested: "stop",
    StartPathRequested: "start",
    SetVariableRequested: "set",
    UnsetVariableRequested: "unset",
    SilenceRequested: "silence",
    UnsilenceRequested: "unsilence",
    LogLevelRequested: "change the log level",
    LogLevelEndRequested: "reset the log level",
    AcknowledgeRequested: "acknowledge",
    SignalRequested: "signal",
}


# ---- what is refused ----------------------------------------------------------------------------


def refusal(tree: Tree, event: Request) -> str:
    """Why this cannot be done now, as a sentence with the next step; empty when it can."""
    found, s = overrides.of(tree, event.path), tree.by_path.get(event.path)
    match event:
        case ResumeRequested() if found.pause is not None:
            return ""
        case StartPathRequested() if found.stop is not None:
            return ""
        case UnsetVariableRequested(_, name) if name in found.variables:
            return ""
        case UnsilenceRequested() if found.silence is not None:
            return ""
        case LogLevelEndRequested() if found.log_level is not None:
            return ""
    if s is None:
        return f"'{event.path}' does not exist. {suggest(event.path, tree.by_path)}".rstrip()
    match event:
        case ResumeRequested():
            above = overrides.paused_by(s)
            return f"{s.path} itself is not paused" + (f"; it is {above}" if above else "")
        case StartPathRequested():
            return _not_stopped(s)
        case SetVariableRequested(_, name, _) if name.startswith("global."):
            return f"'{name}' holds for all workers: change it in the document."
        case SetVariableRequested(_, name, value):
            if name not in s.user or name in ENGINE_KEYS:
                known = [one for one in s.user if one not in ENGINE_KEYS]
                return f"{s.path} has no variable '{name}'. {suggest(name, known)}".rstrip()
            return settable.unsettable(name, s.user[name], value) or _no_end(event)
        case StopPathRequested() | SilenceRequested() | LogLevelRequested():
            return _no_end(event)
        case UnsilenceRequested():
            return f"{s.path} itself is not silenced"
        case LogLevelEndRequested():
            return f"{s.path} itself is logged at the level of the document"
        case UnsetVariableRequested(_, name):
            by_hand = f"'{name}' is not set by hand at {s.path}."
            return f"{by_hand} {suggest(name, found.variables)}".rstrip()
        case RestartRequested() | RetryRequested():
            return _held(s)
        case SignalRequested():
            return _held(s) or _not_permitted(tree, s)
        case AcknowledgeRequested() if s.attempts is None or not s.attempts.escalated:
            return f"there is no escalation of {s.path}"
    return ""


def _no_end(
    event: SetVariableRequested | StopPathRequested | SilenceRequested | LogLevelRequested,
) -> str:
    """Why it cannot end when it is to: stored, that would be an override nobody can show."""
    fits = event.until is None or 0.0 <= event.until < LATEST_END
    return "" if fits else f"it cannot end at {event.until} s: that is not a time"


def _held(s: Supervisor) -> str:
    """Why nothing is started here, so that a restart would be a stop and a retry nothing at all."""
    if paused := overrides.paused_by(s):
        return f"{s.path} is {paused}. Resume it first."
    if stopped := overrides.stopped_by(s):
        return f"{s.path} is {stopped}. Start it first."
    return "" if s.declared.enabled else f"{s.path} is disabled where it is declared"


def _not_permitted(tree: Tree, s: Supervisor) -> str:
    """Why nothing may be done to what the worker keeps, as nothing may be written to a machine."""
    why = permission.refusal(tree, s.path, s.incarnation)
    return f"nothing may be done to {s.path} now: {why}" if why else ""


def _not_stopped(s: Supervisor) -> str:
    above = overrides.stopped_by(s)
    if above:
        return f"{s.path} itself is not stopped; it is {above}"
    if not s.declared.enabled:
        return f"{s.path} is disabled where it is declared"
    return f"{s.path} is not stopped"


def _refused(tree: Tree, event: Request) -> bool:
    """Whether it is refused; that is reported, since it may have been asked for from anywhere."""
    text = refusal(tree, event)
    if not text:
        return False
    s = tree.by_path.get(event.path) or tree.root
    if s is not None:
        verb = VERBS[type(event)]
        tree.report("command", s, f"{event.who} cannot {verb}: {text}", level="warning")
    return True


def _by(
    event: RestartRequested
    | RetryRequested
    | ResumeRequested
    | StartPathRequested
    | UnsetVariableRequested
    | UnsilenceRequested
    | LogLevelEndRequested
    | SignalRequested,
) -> str:
    return event.who + (f": {event.reason}" if event.reason else "")


# ---- what is done -------------------------------------------------------------------------------


def restart(tree: Tree, event: RestartRequested) -> None:
    """A new instance is wanted, also of one that had ended."""
    if not _refused(tree, event):
        s, reason = tree.by_path[event.path], f"restart requested by {_by(event)}"
        tree.for_each((s,), "asked", Cause("command", reason), below=True)
        restart_policy.restart_ended(tree, s)
        stop.restart(tree, s, reason, because="request")


def pause(tree: Tree, event: PauseRequested) -> None:
    """Nothing is to be started in this subtree until it is resumed."""
    if not _refused(tree, event):
        overrides.pause(tree, tree.by_path[event.path], event.who, event.reason)


def resume(tree: Tree, event: ResumeRequested) -> None:
    """A paused subtree goes on."""
    if not _refused(tree, event):
        overrides.resume(tree, event.path, _by(event))


def stop_path(tree: Tree, event: StopPathRequested) -> None:
    """What is at the path is to be stopped, as if it were declared disabled."""
    if not _refused(tree, event):
        s = tree.by_path[event.path]
        overrides.stop(tree, s, event.who, event.reason, event.until)


def start_path(tree: Tree, event: StartPathRequested) -> None:
    """What was stopped at the path is again what is declared."""
    if not _refused(tree, event):
        _start(tree, event.path, _by(event))


def set_variable(tree: Tree, event: SetVariableRequested) -> None:
    """A user variable is to have another value than is declared."""
    if not _refused(tree, event):
        s, name, who = tree.by_path[event.path], event.name, event.who
        overrides.set_variable(tree, s, name, event.value, who, event.reason, event.until)


def unset_variable(tree: Tree, event: UnsetVariableRequested) -> None:
    """A user variable is to be as declared again."""
    if not _refused(tree, event):
        overrides.unset_variable(tree, event.path, event.name, _by(event))


def silence(tree: Tree, event: SilenceRequested) -> None:
    """Nobody is to be notified of this subtree, until `unsilence` or for a while."""
    if not _refused(tree, event):
        s = tree.by_path[event.path]
        overrides.silence(tree, s, event.who, event.reason, event.until)


def unsilence(tree: Tree, event: UnsilenceRequested) -> None:
    """Notifications of this subtree go on."""
    if not _refused(tree, event):
        overrides.unsilence(tree, event.path, _by(event))


def log_level(tree: Tree, event: LogLevelRequested) -> None:
    """This subtree is to be logged from another level on."""
    if not _refused(tree, event):
        s, level = tree.by_path[event.path], event.level
        overrides.log_level(tree, s, level, event.who, event.reason, event.until)


def end_log_level(tree: Tree, event: LogLevelEndRequested) -> None:
    """This subtree is logged back to that of the document."""
    if not _refused(tree, event):
        overrides.end_log_level(tree, event.path, _by(event))


def retry(tree: Tree, event: RetryRequested) -> None:
    """Whatever waits for its next try in this subtree tries now; what was counted stays counted."""
    if not _refused(tree, event):
        top = tree.by_path[event.path]
        cause = Cause("command", f"retry requested by {_by(event)}")
        tree.report("command", top, cause.detail)
        tree.for_each((top,), "retry", cause, below=True)


def acknowledge(tree: Tree, event: AcknowledgeRequested) -> None:
    """An operator has taken an escalation over."""
    if not _refused(tree, event):
        escalation.acknowledge(tree, tree.by_path[event.path], event.who, event.note)


def signal(tree: Tree, event: SignalRequested) -> None:
    """A process is about to be sent a signal; recorded before, since a crash may follow."""
    if not _refused(tree, event):
        s = tree.by_path[event.path]
        tree.report("command", s, f"signal {event.signal} requested by {_by(event)}")


def signal_sent(tree: Tree, event: SignalSent) -> None:
    """What became of a signal that was asked for."""
    s = tree.by_path.get(event.path)
    if s is None:  # it is recorded that it was asked for; nobody is left of whom to say more
        return
    if event.error:
        text = f"signal {event.signal} was not sent: {event.error}"
        tree.report("command", s, text, level="warning")
    else:
        tree.report("command", s, f"signal {event.signal} was sent to pid {event.pid}")


# ---- what happens by itself, and for each of many -----------------------------------------------


def end_overrides(tree: Tree, s: Supervisor) -> None:
    """End what was asked for until now, and warn of what lasts long."""
    _end_overrides(tree, s.path)
    overrides.set_timer(tree, s)  # for the next one; or the clock of the machine was set back


def end_absent_overrides(tree: Tree, _root: Supervisor) -> None:
    """The same for all paths at which nobody is."""
    for path in overrides.absent(tree):
        _end_overrides(tree, path)
    overrides.watch_absent(tree)


def _end_overrides(tree: Tree, path: str) -> None:
    for kind, name in overrides.due(tree, path):
        if kind == "stop":
            _start(tree, path, "the end of its time")
        elif kind == "silence":
            overrides.unsilence(tree, path, "the end of its time")
        elif kind == "log-level":
            overrides.end_log_level(tree, path, "the end of its time")
        elif kind == "set":
            overrides.unset_variable(tree, path, name, "the end of its time")
    overrides.warn(tree, path)


def _start(tree: Tree, path: str, who: str) -> None:
    overrides.start(tree, path, who)
    s = tree.by_path.get(path)
    if s is not None:
        restart_policy.restart_ended(tree, s)


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
