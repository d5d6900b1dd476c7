"""Map a parent's FSM state onto the states asked of its children."""

from __future__ import annotations

from fsmv2.core.state.conditions import MAPPED
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tick_record import Cause
from fsmv2.core.state.tree import Tree
from fsmv2.name_suggestions import suggest


def map_children(tree: Tree, s: Supervisor) -> None:
    """Ask every child for the state that its mapping gives for the parent's new state."""
    cause = Cause("parent", f"is {s.state}", tree.deciding)
    tree.for_each(s.children.values(), "map", cause)


def map_again(tree: Tree, child: Supervisor, cause: Cause) -> None:
    """Have one child mapped, and derive, as its parent is in another state."""
    map_child(tree, child)
    tree.derive_again(child, cause)


def map_child(tree: Tree, child: Supervisor) -> None:
    """Work out the state asked of one child; an unknown one is refused on the parent (H57)."""
    parent, mapping = child.parent, child.declared.state_mapping
    if parent is None:
        return
    warn_uncovered(tree, child)
    if unknown_states(child) or (parent.conditions is not None and MAPPED in parent.conditions):
        review_mappings(tree, parent)
    asked = mapping.get(parent.state, mapping.get("*")) if mapping else None
    if asked not in child.definition.states:
        asked = None
    if asked != child.asked:
        child.asked = asked
        tree.mark(child, Cause("mapping", f"{parent.state} → {asked}", tree.deciding))


def warn_uncovered(tree: Tree, child: Supervisor) -> None:
    """Tell, once for each pair of types, which states of a parent a mapping says nothing for.

    And which it speaks of that the parent has not. In the former the child keeps its own wish,
    which may be meant; a forgotten state looks the same.
    """
    parent, mapping = child.parent, child.declared.state_mapping
    if parent is None or not mapping:
        return
    _warn_unknown(tree, parent, child)
    if "*" in mapping:
        return
    uncovered = [name for name in parent.definition.states if name not in mapping]
    key = (parent.definition.name, child.definition.name, *uncovered)
    if not uncovered or key in tree.uncovered:
        return
    tree.uncovered.add(key)
    tree.report(
        "mapping",
        parent,
        f"the state mapping of {child.name} has no entry for {', '.join(uncovered)}: there it "
        "keeps its own desired state. Name them, or give a default with '*'",
        level="warning",
    )


def _warn_unknown(tree: Tree, parent: Supervisor, child: Supervisor) -> None:
    """Tell, once for each pair of types, of keys that the parent never has as a state: misspelt."""
    states = parent.definition.states
    unknown = [key for key in child.declared.state_mapping if key != "*" and key not in states]
    once = (parent.definition.name, child.definition.name, "", *unknown)
    if not unknown or once in tree.uncovered:
        return
    tree.uncovered.add(once)
    said = " ".join(
        f"'{key}', which is not a state of {parent.definition.name}. {suggest(key, states)}"
        for key in unknown
    )
    text = f"the state mapping of {child.name} has an entry for {said}"
    tree.report("mapping", parent, text, level="warning")


def unknown_states(child: Supervisor) -> list[str]:
    """The states its mapping asks for that the child does not know, whatever the parent's now."""
    known = child.definition.states
    if child.definition is NOT_CREATED.definition:
        return []
    return sorted({asked for asked in child.declared.state_mapping.values() if asked not in known})


def review_mappings(tree: Tree, parent: Supervisor) -> None:
    """Refuse the mappings of a parent that cannot be followed, or clear the refusal."""
    problems = [
        f"the state mapping of {child.name} asks for '{asked}', which {child.definition.name} does "
        f"not know; it keeps its own state. {suggest(asked, child.definition.states)}"
        for child in parent.children.values()
        for asked in unknown_states(child)
    ]
    if problems:
        more = f" And {len(problems) - 3} more." if len(problems) > 3 else ""
        tree.set_condition(parent, MAPPED, " ".join(problems[:3]) + more)
    else:
        tree.clear_condition(parent, MAPPED)
