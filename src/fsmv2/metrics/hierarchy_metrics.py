"""Figures of the tree: how many workers, how deep, and what the supervision of it does."""

from __future__ import annotations

from fsmv2.metrics.census import Census
from fsmv2.metrics.measured_source import Source
from fsmv2.metrics.readings import Readings


def read_hierarchy(source: Source, census: Census, to: Readings) -> None:
    """Put the figures into `to`."""
    core = source.core
    to.put_all("fsmv2_workers", census.workers)
    to.put("fsmv2_active_supervisors", len(core.by_path))
    to.put_all("fsmv2_children", census.children)
    to.put("fsmv2_tick_depth", census.levels)
    to.put("fsmv2_resync_healed_total", core.counters.healed)
