"""Map a parent's FSM state onto the states asked of its children."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsmv2.core.conditions import MAPPED
from fsmv2.core.null import NOT_CREATED
from fsmv2.core.records import Cause
from fsmv2.errors import suggest

if TYPE_CHECKING:
    from fsmv2.core.machine import Core
    from fsmv2.core.supervisor import Supervisor


def map_children(core: Core, s: Supervisor) -> None:
    """Ask every child for the state that its mapping gives for the parent's new state."""
    for child in s.children.values():
        map_child(core, child)
        core.derive_again(child, Cause("parent", f"is {s.state}", core.tick_id))


def map_child(core: Core, child: Supervisor) -> None:
    """Work out the state asked of one child; an unknown one is refused on the parent (H57)."""
    parent, mapping = child.parent, child.declared.state_mapping
    if parent is None:
        return
    asked = mapping.get(parent.state, mapping.get("*")) if mapping else None
    if asked is not None and asked not in child.definition.states:
        if child.definition is not NOT_CREATED.definition:
            core.set_condition(
                parent,
                MAPPED,
                f"the state mapping of {child.name} asks for '{asked}' while {parent.state}, which "
                f"{child.definition.name} does not know; it keeps its own state. "
                + suggest(asked, child.definition.states),
            )
        asked = None
    if asked != child.asked:
        child.asked = asked
        core.mark(child, Cause("mapping", f"{parent.state} → {asked}", core.tick_id))
