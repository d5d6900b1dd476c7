"""The semantics of a settled tree, a second time: obvious, slow, and nothing of the core in it.

Given what is declared, the variables, which paths an operator has stopped, and which workers
somebody asked to restart, `settle` works out from the top what every path must come to: whether it
is there, its state and who decided it, its config, and whether it is the instance of before or a
new one. It has no events, no ticks and no time. What it keeps between two settled moments is only
what the contract says is kept.

To add a rule of supervision: a field of `Node`, and a line in the one function that the contract's
sentence is about (`control`, `is_new`, `children_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

STATES = ("stopped", "half", "on")
KINDS = ("leaf", "group", "shell")
"""A leaf is created anew when its spec or config changes, and so is a shell, with all below it; a
group takes changes in place."""
IN_PLACE = ("group",)
DEPTH = 4
"""Levels that are allowed; what is declared deeper is there and not created."""


@dataclass(frozen=True)
class Node:
    """One declared worker."""

    name: str
    kind: str = "leaf"
    value: int = 0
    wish: str = "on"
    hold: bool = False
    uses: str = ""
    sets: tuple[tuple[str, int], ...] = ()
    children: tuple[Node, ...] = ()
    # what a change of starts nothing anew:
    mapping: tuple[tuple[str, str], ...] = ()
    enabled: bool = True
    depends_on: tuple[str, ...] = ()

    @property
    def spec(self) -> Node:
        """What its own type's update policy is about."""
        return replace(self, name="", mapping=(), enabled=True, depends_on=())


@dataclass(frozen=True)
class Desired:
    """What a derive gives."""

    wish: str
    hold: bool
    config: int | None
    children: tuple[Node, ...]


@dataclass(frozen=True)
class Settled:
    """What one path has come to."""

    node: Node
    created: bool
    state: str
    why: str
    config: int | None
    new: bool
    disabled: bool = False
    complaints: frozenset[str] = frozenset()
    desired: Desired | None = None
    accepted: tuple[Node, ...] = ()
    applied: Node | None = None
    variables: Mapping[str, int] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether something of it runs: it was created, and knew once what to do."""
        return self.created and self.desired is not None


Tree = dict[str, Settled]


@dataclass(frozen=True)
class Asked:
    """What stands beside the declared tree. `stopped`, `restarts`: paths, by operators."""

    global_: Mapping[str, int]
    stopped: frozenset[str] = frozenset()
    restarts: frozenset[str] = frozenset()


def settle(root: Node, asked: Asked, before: Tree) -> Tree:
    """What every path comes to, parents first."""
    after: Tree = {}
    _place(root.name, root, None, asked, before, after)
    return after


def _place(
    path: str,
    node: Node,
    parent: Settled | None,
    asked: Asked,
    before: Tree,
    after: Tree,
) -> None:
    old = before.get(path)
    if old is not None and old.node.kind != node.kind:
        old = None  # another type is another worker
    variables = {**(parent.variables if parent else {}), **dict(node.sets)}
    created = can_be_created(path, node)
    fresh = derive(node, variables, asked.global_) if created else None
    new = is_new(path, node, old, fresh, asked.restarts)
    desired = fresh or (old.desired if old is not None and not new else None)
    settled = Settled(
        node,
        created,
        state="",
        why="",
        config=desired.config if desired else None,
        new=new,
        disabled=not node.enabled
        or path in asked.stopped
        or (parent is not None and parent.disabled),
        desired=desired,
        accepted=children_of(node, desired, old, new),
        applied=node if fresh or new or old is None else old.applied,
        variables=variables,
    )
    state, why = control(settled, parent) if created else ("stopped", "not created")
    complaints = complaints_of(path, settled, fresh)
    after[path] = settled = replace(settled, state=state, why=why, complaints=complaints)
    below = before if not new or node.kind in IN_PLACE else {}
    for child in settled.accepted:
        _place(f"{path}/{child.name}", child, settled, asked, below, after)


def derive(node: Node, variables: Mapping[str, int], global_: Mapping[str, int]) -> Desired | None:
    """Its desired state, or None: a variable that it uses is missing, so the derive fails."""
    config = None
    if node.uses:
        config = (global_ if node.uses == "G" else variables).get(node.uses)
        if config is None:
            return None
    return Desired(node.wish, node.hold, config, node.children)


def is_new(
    path: str, node: Node, old: Settled | None, fresh: Desired | None, restarts: frozenset[str]
) -> bool:
    """Whether another instance runs than before."""
    if old is None or path in restarts:
        return True
    if node.kind in IN_PLACE or not old.live or old.applied is None:
        return False
    if node.spec != old.applied.spec:
        return True
    return fresh is not None and fresh.config != old.config


def children_of(
    node: Node, desired: Desired | None, old: Settled | None, new: bool
) -> tuple[Node, ...]:
    """Those it declares; those of before while two have one name, or while it declares nothing."""
    kept = old.accepted if old is not None and (not new or node.kind in IN_PLACE) else ()
    if desired is None:
        return kept
    names = [child.name for child in desired.children]
    return desired.children if len(set(names)) == len(names) else kept


def can_be_created(path: str, node: Node) -> bool:
    """Whether it is of a known type, and not too deep."""
    return node.kind in KINDS and path.count("/") < DEPTH


def complaints_of(path: str, s: Settled, fresh: Desired | None) -> frozenset[str]:
    """What operators must be shown of it, by the names of conditions."""
    found = set()
    if not s.created:
        found.add("Created")
    elif fresh is None:
        found.add("Derived")
    if s.desired is not None and s.desired.children != s.accepted:
        found.add("ChildrenAccepted")
    there = [child for child in s.accepted if can_be_created(f"{path}/{child.name}", child)]
    asked = {state for child in there for _, state in child.mapping}
    if asked - set(STATES):
        found.add("Mapped")
    return frozenset(found)


def control(s: Settled, parent: Settled | None) -> tuple[str, str]:
    """The state that counts, and who decided it; the strongest first."""
    desired = s.desired
    if s.disabled:
        return "stopped", "disabled"
    if desired is None:
        return "stopped", "nothing could be derived"
    if desired.hold:
        return desired.wish, "its hold"
    asked = dict(s.node.mapping)
    if parent is not None and asked:
        mapped = asked.get(parent.state, asked.get("*"))
        if mapped in STATES:  # one that asks for what it does not know is refused
            return mapped, "the mapping"
    return desired.wish, "its own wish"


# ---- the order in which things stop ------------------------------------------------------------


def stop_first(path: str, tree: Tree) -> set[str]:
    """Who must be stopped before `path` may be, when all of them are to stop: what is below it, and
    what depends on it, unless those cannot stop before it."""
    below = {other for other in tree if other.startswith(path + "/")}
    dependents = {other for other, s in tree.items() if path in s.node.depends_on}
    return below | {other for other in dependents if not _waits_for(path, other, tree)}


def _waits_for(path: str, dependent: str, tree: Tree) -> bool:
    """Whether the dependent is above `path`, or `path` depends on it in turn."""
    if path == dependent or path.startswith(dependent + "/"):
        return True
    seen: set[str] = set()
    todo = list(tree[path].node.depends_on)
    while todo:
        one = todo.pop()
        if one == dependent:
            return True
        if one not in seen:
            seen.add(one)
            todo += tree[one].node.depends_on if one in tree else ()
    return False
