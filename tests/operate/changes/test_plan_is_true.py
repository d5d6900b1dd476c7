"""What a plan foretells is what happens: random changes of random plants, planned and then made."""

from __future__ import annotations

from typing import Any

import pytest
from changed_plant import plant, restored
from foretold import Then, compared
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nested_lamps import LampSpec, changes, factory, trees
from random_plants import Deed, changed, deeds, plants, text

from fsmv2 import ChildSpec
from fsmv2.operate.changes.document_settings import DocumentSettings
from fsmv2.operate.changes.plan_comparison import compare
from fsmv2.testing import PlantSurroundings, Simulation, register_simulated
from fsmv2.worker import WorkerFactory

HOURS = 4 * 3600
"""Seconds for a long form: ten minutes of a processor, on a machine that has other things to do."""


def happen(sim: Simulation, around: PlantSurroundings, deed: Deed) -> None:
    path = deed[1]
    if path not in sim:
        return
    match deed:
        case ("pause", _):
            sim.pause(path)
        case ("stop", _):
            sim.stop_path(path)
        case ("restart", _):
            sim.restart(path)
        case ("set", _, name, value):
            sim.set_variable(path, name, value)
        case ("trouble", _, number):
            around.trouble(path, now=sim.now, seconds=1000.0, number=number)


def check(before: Any, after: Any, done: list[Deed], wait: float) -> None:
    old, new = plant(text(before)), plant(text(after))
    around, factory = PlantSurroundings(), WorkerFactory()
    register_simulated(factory, around)
    with Simulation(old.root, factory, settings=old.settings, secrets=old.vault) as sim:
        sim.run(20.0)
        for deed in done:
            happen(sim, around, deed)
        sim.run(wait)
        plan = compare(
            restored(sim),
            restored(sim),
            new.root,
            settings_before=DocumentSettings.of(old),
            settings_after=DocumentSettings.of(new),
        )
        then = {path: Then(s) for path, s in sim.core.by_path.items()}
        sim.reports.clear()
        sim.declare(new.root)
        sim.run(60.0)
        compared(sim, plan, then)
        again = compare(restored(sim), restored(sim), new.root)
        assert not [one for one in again.workers if not one.unknown], "it is what was declared"


def check_nested(before: LampSpec, after: LampSpec, paused: str) -> None:
    def root(spec: LampSpec) -> ChildSpec:
        return ChildSpec("top", "dimmer", spec)

    with Simulation(root(before), factory()) as sim:
        sim.run(5.0)
        if paused in sim:
            sim.pause(paused)
        sim.run(20.0)
        plan = compare(restored(sim), restored(sim), root(after))
        then = {path: Then(s) for path, s in sim.core.by_path.items()}
        sim.reports.clear()
        sim.declare(root(after))
        sim.run(120.0)
        compared(sim, plan, then)


NESTED = trees().flatmap(lambda before: st.tuples(st.just(before), changes(before)))
PLACES = st.sampled_from(["top/a", "top/b", "top/a/b", "nowhere"])
PAIRS = plants().flatmap(lambda before: st.tuples(st.just(before), changed(before)))
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
@given(PAIRS, deeds, st.sampled_from([0.2, 30.0]))
def test_what_is_foretold_happens(pair: Any, done: list[Deed], wait: float) -> None:
    check(*pair, done, wait)


@pytest.mark.slow
@pytest.mark.timeout(HOURS)
@settings(max_examples=1500, deadline=None, suppress_health_check=QUIET)
@given(PAIRS, deeds, st.sampled_from([0.0, 0.2, 1.0, 30.0]))
def test_what_is_foretold_happens_at_length(pair: Any, done: list[Deed], wait: float) -> None:
    check(*pair, done, wait)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
@given(NESTED, PLACES)
@pytest.mark.thorough
def test_what_is_foretold_of_nested_workers_happens(pair: Any, paused: str) -> None:
    check_nested(*pair, paused)


@pytest.mark.slow
@pytest.mark.timeout(HOURS)
@settings(max_examples=3000, deadline=None, suppress_health_check=QUIET)
@given(NESTED, PLACES)
def test_what_is_foretold_of_nested_workers_happens_at_length(pair: Any, paused: str) -> None:
    check_nested(*pair, paused)
