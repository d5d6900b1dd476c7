"""Who waits for whom; a cycle of waits is found and named (H27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core.conditions import WAITING

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def waits(core: Core, s: Supervisor, paths: tuple[str, ...]) -> None:
    """Note what `s` waits for; when that closes a cycle, all of it is named on `s`."""
    if paths == s.waits_for and (s.conditions is None or WAITING not in s.conditions):
        return  # a cycle that was named is looked at again: another may have left it
    s.waits_for = paths
    cycle = _cycle(core, s)
    if cycle:
        core.set_condition(s, WAITING, "wait cycle: " + " → ".join(cycle))
        return
    core.clear_condition(s, WAITING)


def _cycle(core: Core, start: Supervisor) -> list[str]:
    # By hand, not by recursion: a chain of waits may be longer than the stack is deep.
    came_from: dict[str, str] = {}
    todo = [start.path]
    while todo:
        path = todo.pop()
        s = core.by_path.get(path)
        for further in s.waits_for if s is not None else ():
            if further == start.path:
                trail = [start.path, path]
                while trail[-1] != start.path:
                    trail.append(came_from[trail[-1]])
                return trail[::-1]
            if further not in came_from:
                came_from[further] = path
                todo.append(further)
    return []
