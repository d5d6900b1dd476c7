"""A paused subtree: it is observed and derived, and nothing in it is started or restarted.

What stops passes, as it passes every other gate. The pause belongs to the path: a new instance, or
fsmv2 itself restarted with a store, finds it still paused.
"""

from __future__ import annotations

from fsmv2.core.state.conditions import MANAGED
from fsmv2.core.state.parts import Pause
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree


def pause(tree: Tree, s: Supervisor, who: str, reason: str) -> None:
    """Pause `s` and all below it; asked again it says the new reason."""
    keep(tree, s, Pause(who, reason, tree.wall()))
    tree.report("command", s, str(s.paused))
    cause = Cause("command", f"paused at {s.path}")
    tree.for_each((s,), "mark", cause, below=True)


def keep(tree: Tree, s: Supervisor, paused: Pause) -> None:
    """Have `s` be paused, without a word of it."""
    tree.paused[s.path] = s.paused = paused
    tree.set_condition(s, MANAGED, f"{paused}; it is observed, nothing in it is started")


def resume(tree: Tree, s: Supervisor, who: str) -> None:
    """Let `s` and all below it go on with what waited meanwhile."""
    s.paused = None
    del tree.paused[s.path]
    tree.clear_condition(s, MANAGED)
    tree.report("command", s, f"resumed by {who}")
    cause = Cause("command", f"resumed at {s.path}")
    tree.for_each((s,), "go on", cause, below=True)
    if s.parent is not None:
        tree.mark(s.parent, Cause("command", f"resumed at {s.path}"))  # its checks


def go_on(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """Have one worker that is no longer paused do what waited."""
    if s.recreate_due:
        tree.set_timer(s, "recreate", tree.now)
    tree.mark(s, cause)


def paused_by(s: Supervisor) -> str:
    """The pause that holds `s`, its own or one above, as words; empty when there is none."""
    if not s.tree.paused:
        return ""
    above: Supervisor | None = s
    while above is not None:
        if above.paused is not None:
            return f"{above.paused}" + ("" if above is s else f" (at {above.path})")
        above = above.parent
    return ""
