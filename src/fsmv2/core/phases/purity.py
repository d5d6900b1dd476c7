"""The guard of purity: asks derive and step a second time with the same inputs, and compares.

In tests and simulation, at each resync of a worker; never in production, where author code is run
only when something changed.
"""

from __future__ import annotations

from fsmv2.containment import ANY_RAISED
from fsmv2.core.phases.derive import impure_derive
from fsmv2.core.phases.step import impure_step
from fsmv2.core.state.conditions import PURE
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.core.state.tree import Tree


def check(tree: Tree, s: Supervisor) -> None:
    """Set the condition when the same inputs gave another answer."""
    try:
        found = impure_derive(s) or impure_step(tree, s)
    except ANY_RAISED:  # author code; contained and counted where it is in earnest
        return
    if found:
        tree.set_condition(
            s,
            PURE,
            f"{found}; it must depend on nothing else: no clock, no randomness, no I/O, nothing "
            "kept in the worker",
        )
