"""A simulation as a scrape sees it."""

from __future__ import annotations

from fsmv2.core import Core
from fsmv2.testing import Simulation


class MeasuredSimulation:
    """What there is of it to read; it has no document."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def document(self) -> None:
        """None."""
        return


def measured(sim: Simulation) -> MeasuredSimulation:
    """As `TreeHandle.measured`."""
    return MeasuredSimulation(sim.core)
