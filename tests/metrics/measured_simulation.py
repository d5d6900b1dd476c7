"""A simulation as a scrape sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fsmv2.core import Core
from fsmv2.flow.engine_figures import EngineFigures
from fsmv2.metrics.exposition import read
from fsmv2.metrics.measured_source import Source
from fsmv2.notify import TargetStatus
from fsmv2.runtime.action_executor import Executor
from fsmv2.runtime.durations import Durations
from fsmv2.runtime.store_writer import StoreWriter
from fsmv2.testing import Simulation

Series = dict[tuple[str, ...], float]


class MeasuredSimulation:
    """What there is of it to read; it has no store of ours, no flows and no document."""

    durations: Durations | None = None
    store: StoreWriter | None = None
    journal_dropped = 0
    notifications: tuple[TargetStatus, ...] = ()
    loop_lags: Mapping[str, float] = {}

    def __init__(self, core: Core, now: Callable[[], float], executor: Executor | None) -> None:
        self.core = core
        self.executor = executor
        self._now = now

    @property
    def now(self) -> float:
        """By the virtual clock."""
        return self._now()

    def flows(self) -> EngineFigures | None:
        """None."""
        return None

    def document(self) -> None:
        """None."""
        return


def measured(sim: Simulation) -> MeasuredSimulation:
    """As `TreeHandle.measured`."""
    return MeasuredSimulation(sim.core, sim.clock.now, sim.dispatcher.executor)


def series(of: Simulation | Source, name: str) -> Series:
    """The series of one metric now, by the values of their labels; of a histogram, how many."""
    source = measured(of) if isinstance(of, Simulation) else of
    found = read(source).of(f"fsmv2_{name}")
    return {k: v if isinstance(v, int | float) else sum(v.counts) for k, v in found.items()}
