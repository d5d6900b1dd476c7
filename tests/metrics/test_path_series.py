"""Series with a path: only while something is wrong, and at most so many; the rest is counted."""

from __future__ import annotations

import msgspec
from lamp_tree import World, device, factory_for, group, simulate
from measured_simulation import MeasuredSimulation, series

from fsmv2 import EngineSettings
from fsmv2.core import Core, Supervisor
from fsmv2.core.contract.settings import MetricsSettings
from fsmv2.core.state.backoff import Attempts
from fsmv2.core.state.conditions import FRESH
from fsmv2.core.state.override_data import Override, Overrides
from fsmv2.metrics.catalogue import METRICS
from fsmv2.metrics.exposition import exposition
from fsmv2.metrics.watched_metrics import WATCHED
from fsmv2.view.condition import Condition

FAILING = 10_000
"""Workers that are in every trouble that has series with a path."""

IN_TROUBLE = [
    name for name, metric in METRICS.items() if "path" in metric.labels and metric not in WATCHED
]


def plain(name: str) -> str:
    return name.removeprefix("fsmv2_")


def test_a_healthy_tree_has_none() -> None:
    with simulate(World(), group("g", device("a"))) as sim:
        sim.run(10)
        assert [name for name in IN_TROUBLE if series(sim, plain(name))] == []
        assert {*series(sim, "series_dropped").values()} == {0}


def in_trouble(settings: EngineSettings, workers: int = FAILING) -> MeasuredSimulation:
    """A core of which every worker is; made so at once, since it takes long to fail."""
    core = Core(factory_for(World()), settings)
    made = core.type_named("device")
    worker = made.make()
    attempts = Attempts()
    attempts.escalated = True
    asked = Overrides(Override("ann", "cleaning", 0.0))
    stale = {FRESH: Condition(FRESH, "Unknown", "silent", 0.0)}
    for n in range(workers):
        path = f"d{n}"
        s = core.by_path[path] = Supervisor(core, None, device(path), path, made, worker)
        s.attempts, s.overrides, s.conditions = attempts, asked, stale
        s.withheld, s.stuck, s.watched_at = frozenset(), 1, 0.0
        s.status = msgspec.structs.replace(s.status, in_trouble=True)
        core.tallies.failing_templates[path] = "device"
    return MeasuredSimulation(core, lambda: 60.0, None)


def test_ten_thousand_failing_workers_have_so_many_series_and_the_others_are_counted() -> None:
    """Of each metric; the totals count all, and the text of it stays small."""
    source = in_trouble(EngineSettings())
    dropped = series(source, "series_dropped")
    for name in IN_TROUBLE:
        assert len(series(source, plain(name))) == 200, name
        assert dropped[name,] == FAILING - 200, name
    for total in (
        "circuits_open",
        "escalations_active",
        "actions_stuck",
        "pauses",
    ):
        assert sum(series(source, total).values()) == FAILING, total
    assert sum(series(source, "observations_stale").values()) == FAILING
    assert sum(series(source, "workers_in_trouble").values()) == FAILING
    assert sum(series(source, "templates_failing").values()) == FAILING
    assert len(exposition(source)[0]) < 300_000


def test_a_plant_may_have_none_at_all() -> None:
    source = in_trouble(EngineSettings(metrics=MetricsSettings(series=0)), 40)
    assert {name: len(series(source, plain(name))) for name in IN_TROUBLE} == dict.fromkeys(
        IN_TROUBLE, 0
    )
    assert series(source, "series_dropped")["fsmv2_paused",] == 40
