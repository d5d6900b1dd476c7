"""Who waits for whom, and who depends on whom; a cycle of either is found and named (H27)."""

from __future__ import annotations

from collections.abc import Callable

from fsmv2.core.state.conditions import DEPENDENCIES, WAITING
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree


def waits(tree: Tree, s: Supervisor, paths: tuple[str, ...]) -> None:
    """Note what `s` waits for; when that closes a cycle, all of it is named on `s`."""
    if paths == s.waits_for and (s.conditions is None or WAITING not in s.conditions):
        return  # a cycle that was named is looked at again: another may have left it
    s.waits_for = paths
    cycle = _cycle(tree, s, lambda s: s.waits_for)
    if cycle:
        tree.set_condition(s, WAITING, "wait cycle: " + " → ".join(cycle))
        return
    tree.clear_condition(s, WAITING)


def depends(tree: Tree, s: Supervisor) -> None:
    """Look at what `s` is declared to depend on; when that closes a circle, name it on `s`.

    Nothing gets stuck in one: they stop in no particular order, which is what the reason says.
    """
    cycle = _cycle(tree, s, lambda s: s.upstream) if s.upstream else []
    if cycle:
        tree.circular.add(s.path)
        circle = " → ".join(cycle)
        reason = f"depends_on is circular: {circle}; they stop in no particular order"
        tree.set_condition(s, DEPENDENCIES, reason)
    elif s.path in tree.circular:
        tree.circular.discard(s.path)
        tree.clear_condition(s, DEPENDENCIES)


def depends_less(tree: Tree) -> None:
    """Somebody depends on less than before, or is gone: a circle may have been opened."""
    for path in sorted(tree.circular):
        s = tree.by_path.get(path)
        if s is None:
            tree.circular.discard(path)
        else:
            depends(tree, s)


def _cycle(
    tree: Tree, start: Supervisor, edges: Callable[[Supervisor], tuple[str, ...]]
) -> list[str]:
    # By hand, not by recursion: a chain of waits may be longer than the stack is deep.
    # Only cycles through `start`, not all there are: a cycle closes with its newest edge, which is
    # one of `start`.
    came_from: dict[str, str] = {}
    todo = [start.path]
    while todo:
        path = todo.pop()
        s = tree.by_path.get(path)
        for further in edges(s) if s is not None else ():
            if further == start.path:
                trail = [start.path, path]
                while trail[-1] != start.path:
                    trail.append(came_from[trail[-1]])
                return trail[::-1]
            if further not in came_from:
                came_from[further] = path
                todo.append(further)
    return []
