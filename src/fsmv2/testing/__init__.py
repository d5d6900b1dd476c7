"""Tools to test workers and trees; public, and used by our own tests.

simulation: a whole tree on a virtual clock.    virtual: that clock's event loop.
by_hand: a tree in which nothing happens but what you do.
store: one that is slow, fails or hangs when it is told to.
fsm_check: what the steps of a type do with everything they can see.
"""

from fsmv2.testing.by_hand import ByHand
from fsmv2.testing.fsm_check import FsmBench, FsmReport, check_fsm
from fsmv2.testing.simulation import Simulation
from fsmv2.testing.store import SimulatedStore
from fsmv2.testing.virtual import VirtualLoop

__all__ = [
    "ByHand",
    "FsmBench",
    "FsmReport",
    "SimulatedStore",
    "Simulation",
    "VirtualLoop",
    "check_fsm",
]
