"""Tools to test workers and trees; public, and used by our own tests.

simulation: a whole tree on a virtual clock.    virtual: that clock's event loop.
simulate: whole trees under faults drawn from a seed, and what must hold meanwhile.
simulate_many: the same under many seeds.    Surroundings: what a simulated tree stands in.
document_tree: the tree of a document, in PlantSurroundings.
by_hand: a tree in which nothing happens but what you do.
store: one that is slow, fails or hangs when it is told to.
journal: one that is written on the virtual clock; replay: whether the same is decided again.
check_fsm: what the steps of a type do with everything they can see.
conformance: what every worker owes the engine; pytest_plugin: the same as tests.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsmv2.runtime.journal import Difference, Replayed, replay
    from fsmv2.testing.by_hand import ByHand
    from fsmv2.testing.campaign import Campaign, simulate_many
    from fsmv2.testing.conformance import Conformance, ConformanceError
    from fsmv2.testing.fault_simulation import SimulationResult, load_tree, simulate
    from fsmv2.testing.faults import FaultKind, FaultPlan, PlannedFault
    from fsmv2.testing.plant_surroundings import PlantSurroundings
    from fsmv2.testing.simulated_builtins import register_simulated
    from fsmv2.testing.simulated_document import document_tree
    from fsmv2.testing.simulated_store import SimulatedStore
    from fsmv2.testing.simulated_world import SimulatedTree
    from fsmv2.testing.simulation import Simulation
    from fsmv2.testing.surroundings import Surroundings
    from fsmv2.testing.virtual_journal import VirtualJournal
    from fsmv2.testing.virtual_loop import VirtualLoop
    from fsmv2.worker.fsm_bench import FsmBench
    from fsmv2.worker.fsm_check import FsmReport, check_fsm

# Imported when first asked for: pytest loads the plugin in this package wherever it is installed.
_MODULE_OF = {
    "ByHand": "fsmv2.testing.by_hand",
    "Campaign": "fsmv2.testing.campaign",
    "Conformance": "fsmv2.testing.conformance",
    "ConformanceError": "fsmv2.testing.conformance",
    "Difference": "fsmv2.runtime.journal",
    "PlannedFault": "fsmv2.testing.faults",
    "FaultKind": "fsmv2.testing.faults",
    "FaultPlan": "fsmv2.testing.faults",
    "FsmBench": "fsmv2.worker.fsm_bench",
    "FsmReport": "fsmv2.worker.fsm_check",
    "check_fsm": "fsmv2.worker.fsm_check",
    "SimulationResult": "fsmv2.testing.fault_simulation",
    "Replayed": "fsmv2.runtime.journal",
    "SimulatedTree": "fsmv2.testing.simulated_world",
    "load_tree": "fsmv2.testing.fault_simulation",
    "simulate": "fsmv2.testing.fault_simulation",
    "PlantSurroundings": "fsmv2.testing.plant_surroundings",
    "register_simulated": "fsmv2.testing.simulated_builtins",
    "document_tree": "fsmv2.testing.simulated_document",
    "simulate_many": "fsmv2.testing.campaign",
    "Surroundings": "fsmv2.testing.surroundings",
    "Simulation": "fsmv2.testing.simulation",
    "SimulatedStore": "fsmv2.testing.simulated_store",
    "VirtualJournal": "fsmv2.testing.virtual_journal",
    "VirtualLoop": "fsmv2.testing.virtual_loop",
    "replay": "fsmv2.runtime.journal",
}

__all__ = [
    "ByHand",
    "Campaign",
    "Conformance",
    "ConformanceError",
    "Difference",
    "FaultKind",
    "FaultPlan",
    "FsmBench",
    "FsmReport",
    "PlannedFault",
    "PlantSurroundings",
    "Replayed",
    "SimulatedStore",
    "SimulatedTree",
    "Simulation",
    "SimulationResult",
    "Surroundings",
    "VirtualJournal",
    "VirtualLoop",
    "check_fsm",
    "document_tree",
    "load_tree",
    "register_simulated",
    "replay",
    "simulate",
    "simulate_many",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        """Import a public name at its first use (PEP 562)."""
        import importlib

        module = _MODULE_OF.get(name)
        if module is None:
            raise AttributeError(f"module 'fsmv2.testing' has no attribute '{name}'")
        value = globals()[name] = getattr(importlib.import_module(module), name)
        return value
