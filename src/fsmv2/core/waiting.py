"""Who waits for whom; a cycle of waits is found and named (H27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core.conditions import WAITING

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def waits(core: Core, s: Supervisor, paths: tuple[str, ...]) -> None:
    """Note what `s` waits for; when that closes a cycle, all of it is named on `s`."""
    if paths == s.waits_for:
        return
    s.waits_for = paths
    cycle = _cycle(core, s)
    if cycle:
        core.set_condition(s, WAITING, "wait cycle: " + " → ".join(cycle))
        return
    core.clear_condition(s, WAITING)


def _cycle(core: Core, start: Supervisor) -> list[str]:
    trail: list[str] = [start.path]
    seen: set[str] = set()

    def follow(path: str) -> bool:
        if path == start.path:
            trail.append(path)
            return True
        if path in seen:
            return False
        seen.add(path)
        s = core.by_path.get(path)
        if s is None:
            return False
        trail.append(path)
        if any(follow(further) for further in s.waits_for):
            return True
        trail.pop()
        return False

    return trail if any(follow(path) for path in start.waits_for) else []
