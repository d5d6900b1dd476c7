"""A simulated month of churn and trouble: what there is at its end is what there was on its second
day (H39). `python -m bench.soak` does the same for twenty real minutes.
"""

from __future__ import annotations

import asyncio
import gc
import sys

import pytest
from works import workshop

from fsmv2.testing import FaultKind, FaultPlan, SimulatedStore
from fsmv2.testing.simulated_world import SimulatedWorld

NO_CRASH = tuple(kind for kind in FaultKind if kind is not FaultKind.CRASH)
"""A crash would begin everything anew, and hide what grows."""


def sizes(world: SimulatedWorld) -> dict[str, int]:
    """Everything that a month might fill."""
    core, work, store = world.sim.core, world.sim.dispatcher, world.store
    supervisors = list(core.by_path.values())
    assert core.store is not None
    kept = core.store
    gc.collect()
    return {
        "workers": len(supervisors),
        "objects": len(gc.get_objects()),
        "blocks of memory": sys.getallocatedblocks(),
        "tasks": len(asyncio.all_tasks(world.sim.loop)),
        "handles": len(world.sim.loop._scheduled),  # type: ignore[attr-defined]
        "collectors": len(work.collectors),
        "actions": len(work.executor._running),
        "records": sum(len(s.records or ()) for s in supervisors),
        "timers": len(core._timers),
        "fences": sum(map(len, core.fences.values())),
        "dependents": sum(map(len, core.dependents.values())),
        "resync ring": len(core._resync_ring),
        "uncovered": len(core.uncovered),
        "circular": len(core.circular),
        "kept by path": len(kept.kept) + len(kept.unmet) + len(kept.waiting),
        "stored rows": len(store._identity) + len(store._desired) + len(store._observed),
        "stored bytes": sum(
            len(row.declared) + len(row.desired) for row in store._desired.values()
        ),
        "breaker times": sum(len(s.breaker.times) for s in supervisors if s.breaker),
        "timers by worker": sum(len(s.timers) for s in supervisors),
    }


ALLOWED = {
    "objects": 3_000,
    "blocks of memory": 6_000,
    "handles": 150,
    "records": 60,
    "timers": 250,
}
"""By how much the last day may exceed the second, in number; else by a tenth and ten."""


def soak(
    days: int, *, hours: int, every: float
) -> tuple[dict[str, int], dict[str, int], SimulatedWorld]:
    """The largest sizes of the second day and of the last, each looked at every hour.

    A day has so many `hours`; a fault comes `every` so many seconds.
    """
    tree = workshop()
    assert tree.settings is not None
    plan = FaultPlan.draw(11, days * hours * 3600.0, every=every, kinds=NO_CRASH)
    largest: dict[int, dict[str, int]] = {1: {}, days - 1: {}}
    store = SimulatedStore(delay=0.01, events_kept=500)  # so few that they are there on day one
    with SimulatedWorld(tree, plan, seed=11, settings=tree.settings, store=store) as world:
        for hour in range(1, days * hours + 1):
            world.run_to(hour * 3600.0)
            assert world.violation is None, str(world.violation)
            seen = largest.get((hour - 1) // hours)
            if seen is not None:
                for name, size in sizes(world).items():
                    seen[name] = max(size, seen.get(name, 0))
        return largest[1], largest[days - 1], world


def grown(second: dict[str, int], last: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What is more on the last day than it may be."""
    return {
        name: (second[name], last[name])
        for name in last
        if last[name] > second[name] + ALLOWED.get(name, 10 + second[name] // 10)
    }


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_after_a_month_of_churn_there_is_no_more_than_after_a_day() -> None:
    second, last, world = soak(30, hours=24, every=150)
    assert grown(second, last) == {}
    assert sum(world.injector.hits.values()) > 10_000
    assert world.sim.core.counters.created > 5_000


@pytest.mark.slow
def test_after_a_day_of_churn_there_is_no_more_than_after_some_hours() -> None:
    second, last, world = soak(5, hours=4, every=120)
    assert grown(second, last) == {}
    assert world.sim.core.counters.created > 200
