"""What a person may ask of one worker or subtree: restart, pause, resume, retry, acknowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core import ending, escalation, lifecycle, livelock, pausing
from fsmv2.core.events import (
    AcknowledgeAsked,
    PauseAsked,
    RestartAsked,
    ResumeAsked,
    RetryAsked,
)
from fsmv2.core.records import Cause
from fsmv2.errors import suggest

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor

TRIED_BY_TIMER = ("retry", "repair", "create", "breaker", "again", "recreate")
"""Timers that stand for a try which waits for its time."""


def restart(core: Core, event: RestartAsked) -> None:
    """A new instance is wanted, also of one that had ended."""
    s = _find(core, event.path, "restart", event.who)
    if s is not None:
        ending.forgive(core, s)
        lifecycle.restart(core, s, f"restart asked by {event.who}")


def pause(core: Core, event: PauseAsked) -> None:
    """Nothing is to be started in this subtree until it is resumed."""
    s = _find(core, event.path, "pause", event.who)
    if s is not None:
        pausing.pause(core, s, event.who, event.reason)


def resume(core: Core, event: ResumeAsked) -> None:
    """A paused subtree goes on."""
    s = _find(core, event.path, "resume", event.who)
    if s is None:
        return
    if s.paused is None:
        above = pausing.paused_by(core, s)
        text = f"{s.path} itself is not paused" + (f"; it is {above}" if above else "")
        core.report("command", s, f"{event.who} cannot resume: {text}", level="warning")
        return
    pausing.resume(core, s, event.who)


def retry(core: Core, event: RetryAsked) -> None:
    """Whatever waits for its next try in this subtree tries now; what was counted stays counted."""
    top = _find(core, event.path, "retry", event.who)
    if top is None:
        return
    core.report("command", top, f"retry asked by {event.who}")
    cause = Cause("command", f"retry asked by {event.who}")
    core.spread.each(core, (top,), "retry", cause, below=True)


def try_now(core: Core, s: Supervisor, cause: Cause) -> None:
    """Have one worker try what waits for its time."""
    ending.forgive(core, s)
    for kind in TRIED_BY_TIMER:
        if kind in s.timers:
            core.set_timer(s, kind, core.now)
    if s.attempts is not None:
        s.attempts.retry_at = min(s.attempts.retry_at, core.now)
    if s.repeat is not None:
        s.repeat.due = min(s.repeat.due, core.now)
    livelock.asked_anew(s)
    core.mark(s, cause)


def acknowledge(core: Core, event: AcknowledgeAsked) -> None:
    """A person has taken an escalation over."""
    s = _find(core, event.path, "acknowledge", event.who)
    if s is None:
        return
    if s.attempts is None or not s.attempts.escalated:
        text = f"{event.who} acknowledges, but there is no escalation of {s.path}"
        core.report("command", s, text, level="warning")
        return
    escalation.acknowledge(core, s, event.who, event.note)


def _find(core: Core, path: str, what: str, who: str) -> Supervisor | None:
    found = core.by_path.get(path)
    if found is None and core.root is not None:
        text = f"{who} asks to {what} '{path}', which is not there. {suggest(path, core.by_path)}"
        core.report("command", core.root, text, level="warning")
    return found
