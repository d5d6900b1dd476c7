"""A paused subtree: it is observed and derived, and nothing in it is started or restarted.

What stops passes, as it passes every other gate. The pause belongs to the path: a new instance, or
fsmv2 itself restarted with a store, finds it still paused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fsmv2.core.conditions import MANAGED
from fsmv2.core.records import Cause

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


class Pause(msgspec.Struct, frozen=True):
    """Who paused, why, and when in Unix seconds."""

    who: str
    reason: str
    at: float

    def __str__(self) -> str:
        return f"paused by {self.who}" + (f": {self.reason}" if self.reason else "")


def to_json(paused: Pause | None) -> str:
    """As a store keeps it; empty when there is none."""
    return "" if paused is None else msgspec.json.encode(paused).decode()


def from_json(text: str) -> Pause:
    """Back from a store; what cannot be read is a pause all the same, which is the safe side."""
    try:
        return msgspec.json.decode(text, type=Pause)
    except msgspec.DecodeError:
        return Pause("somebody", "what was stored of it cannot be read", 0.0)


def pause(core: Core, s: Supervisor, who: str, reason: str) -> None:
    """Pause `s` and all below it; asked again it says the new reason."""
    keep(core, s, Pause(who, reason, core.wall()))
    core.report("command", s, str(s.paused))
    cause = Cause("command", f"paused at {s.path}")
    core.spread.each(core, (s,), "mark", cause, below=True)


def keep(core: Core, s: Supervisor, paused: Pause) -> None:
    """Have `s` be paused, without a word of it."""
    core.paused[s.path] = s.paused = paused
    core.set_condition(s, MANAGED, f"{paused}; it is observed, nothing in it is started")


def resume(core: Core, s: Supervisor, who: str) -> None:
    """Let `s` and all below it go on with what waited meanwhile."""
    s.paused = None
    del core.paused[s.path]
    core.clear_condition(s, MANAGED)
    core.report("command", s, f"resumed by {who}")
    cause = Cause("command", f"resumed at {s.path}")
    core.spread.each(core, (s,), "go on", cause, below=True)
    if s.parent is not None:
        core.mark(s.parent, Cause("command", f"resumed at {s.path}"))  # its checks


def go_on(core: Core, s: Supervisor, cause: Cause) -> None:
    """Have one worker that is no longer paused do what waited."""
    if s.recreate_due:
        core.set_timer(s, "recreate", core.now)
    core.mark(s, cause)


def paused_by(core: Core, s: Supervisor) -> str:
    """The pause that holds `s`, its own or one above, as words; empty when there is none."""
    if not core.paused:
        return ""
    above: Supervisor | None = s
    while above is not None:
        if above.paused is not None:
            return f"{above.paused}" + ("" if above is s else f" (at {above.path})")
        above = above.parent
    return ""
