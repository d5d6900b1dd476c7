"""Siblings among each other: who starts after whom, who needs whom, who fails together.

`after` and `requires` are edges from a child to its siblings. They stand beside `depends_on` among
its `upstream`, so that who changes wakes who waits for it, and who waits stops first.
"""

from __future__ import annotations

from fsmv2.core.policy import wait_cycles
from fsmv2.core.policy.control import decide_control, held_back, lacking, undecided
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.paths import join
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.model import siblings_before
from fsmv2.worker import Phase

NOT_BEGUN = (Phase.INITIAL, Phase.STOPPED)
STILL_TO_COME = (Phase.INITIAL, Phase.STOPPED, Phase.STARTING, Phase.STOPPING)


def relink(tree: Tree, s: Supervisor) -> None:
    """Work out again whom `s` waits for, when what is declared of it or its groups changed."""
    declared, parent = s.declared, s.parent
    upstream = declared.depends_on
    if parent is not None and (declared.after or declared.requires or parent.groups):
        names = siblings_before(declared, parent.groups)
        if names:
            upstream += tuple(join(parent.path, name) for name in names)
    if upstream != s.upstream:
        # A new edge can only close a circle that goes through `s`; an edge that is gone may have
        # opened any of those that are known. So the first is a look at one, the second at a few.
        fewer = bool(s.upstream)
        tree.link(s, upstream)
        if upstream or tree.circular:
            wait_cycles.depends(tree, s)
        if fewer:
            wait_cycles.depends_less(tree)


def wants_stopped(tree: Tree, s: Supervisor) -> None:
    """`s` is to stop: have those that require it stop first, and theirs before them."""
    todo = [s]
    while todo:
        needed = todo.pop()
        for dependent in tree.dependents.get(needed.path, {}).values():
            if dependent.parent is not needed.parent or dependent.control == _stopped(dependent):
                continue
            if needed.name in dependent.declared.requires:
                decide_control(dependent)
                tree.mark(dependent, Cause("sibling", f"{needed.name} is to stop", tree.deciding))
                todo.append(dependent)


def _stopped(s: Supervisor) -> str:
    return s.definition.stop_state


def withheld(tree: Tree, s: Supervisor) -> str:
    """Which sibling `s` waits for before it starts anything, as a sentence; or empty."""
    parent = s.parent
    if parent is None:
        return ""
    if s.declared.requires and (unknown := undecided(s)):
        return unknown
    if _phase(s) in NOT_BEGUN:
        for name in siblings_before(s.declared, parent.groups):
            other = parent.children.get(name)
            if other is not None and _is_still_to_come(other):
                return f"starts after {other.path}, which is {other.state}"
    if _phase(s) is Phase.FAILED:
        return ""  # two that failed may not withhold each other
    for group in parent.groups:
        for name in group.members:
            other = parent.children.get(name)
            if other is not None and s.name in group.affected(name) and is_down(tree, other):
                if other.attempts is not None and tree.now < other.attempts.retry_at:
                    tree.set_timer(s, "retry", other.attempts.retry_at)
                return f"restarts with {other.path}, which is {other.state}: {other.reason}"
    return ""


def is_down(tree: Tree, s: Supervisor) -> bool:
    """Whether `s` has failed or finished, and is to come back.

    Also when it has been stopped since, for a sibling that it requires: were its backoff forgotten,
    the two would restart each other as fast as they can.
    """
    if s.ended is not None:
        return s.ended.until is not None
    if s.disabled or s.stop is not None:
        return False
    phase = _phase(s)
    if phase is Phase.FAILED:
        return s.control != _stopped(s)
    waits = s.attempts is not None and tree.now < s.attempts.retry_at
    return waits and phase in (*NOT_BEGUN, Phase.STOPPING)


def wake_waiting(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """Mark who waits to start until `s` has, and past those that are held back who waits for them.

    One that is held back changes nothing of its own when what it requires does, so nobody who
    starts after it would hear that it is no longer about to come.
    """
    _wake_next(tree, s, cause)
    hand_on_waiting(tree, s, cause)


def hand_on_waiting(tree: Tree, s: Supervisor, cause: Cause) -> None:
    """The same for those past the dependents of `s`, which have been marked."""
    seen = {s.path}
    todo = _held_next(tree, s, seen)
    while todo:
        held = todo.pop()
        _wake_next(tree, held, cause)
        todo += _held_next(tree, held, seen)


def _wake_next(tree: Tree, s: Supervisor, cause: Cause) -> None:
    for dependent in tree.dependents.get(s.path, {}).values():
        if _phase(dependent) in NOT_BEGUN:
            tree.mark(dependent, cause)


def _held_next(tree: Tree, s: Supervisor, seen: set[str]) -> list[Supervisor]:
    """Who waits for `s`, is held back by what it requires, and is not `seen`; it is then."""
    held = [
        dependent
        for dependent in tree.dependents.get(s.path, {}).values()
        if dependent.declared.requires
        and dependent.control == _stopped(dependent)
        and dependent.path not in seen
    ]
    seen.update(dependent.path for dependent in held)
    return held


def _is_still_to_come(s: Supervisor) -> bool:
    """Whether `s` is about to come up; also when it waits for others who are, and they for more."""
    seen, todo = {s.path}, [s]
    while todo:
        other = todo.pop()
        if other.definition is NOT_CREATED.definition or _phase(other) not in STILL_TO_COME:
            return False
        if other.control != _stopped(other):
            continue
        if not held_back(other):
            return False
        for needed in lacking(other):
            if needed is None:
                return False
            if needed.path not in seen:
                seen.add(needed.path)
                todo.append(needed)
    return True


def _phase(s: Supervisor) -> Phase:
    return s.definition.states[s.state].phase
