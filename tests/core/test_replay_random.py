"""Whatever happens to a tree, and whatever a person asks of it, is decided again as it was."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from job_tree import Job, Jobs, Team
from lamp_tree import World, device, factory_for, group
from random_teams import EVENTS, Event, happen, teams

from fsmv2 import ChildSpec, WorkerFactory
from fsmv2.testing import SimulatedStore, Simulation, VirtualJournal, replay


def team_factory(jobs: Jobs) -> WorkerFactory:
    factory = WorkerFactory()
    factory.register(Job, make=lambda: Job(jobs))
    factory.register(Team)
    return factory


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(teams(), st.lists(EVENTS, max_size=10), st.integers(5, 30))
def test_teams_orders_groups_and_commands(root: ChildSpec, events: list[Event], every: int) -> None:
    jobs = Jobs()
    factory = team_factory(jobs)
    with tempfile.TemporaryDirectory() as folder:
        with (
            contextlib.closing(VirtualJournal(folder, every=every)) as journal,
            Simulation(root, factory, store=SimulatedStore(), journal=journal) as sim,
        ):
            sim.run(3)
            for event in events:
                happen(sim, jobs, event)
                sim.run(2)
            sim.stop()
        assert_the_same(folder, factory)


def assert_the_same(folder: str, factory: WorkerFactory) -> None:
    whole = replay(folder, factory)
    assert whole.difference is None, whole.difference
    assert whole.core is not None
    assert whole.core.finished
    files = sorted(Path(folder).glob("*.journal"))
    assert files
    for path in files[::3]:
        alone = replay(path, factory)
        assert alone.difference is None, alone.difference


IN_STEPS = ("step", "stubborn")


@pytest.mark.parametrize(
    ("what", "store"),
    [
        ("collect", "fails"),
        ("act", "hangs"),
        ("silent", "lost"),
        ("hangs", "fails"),
        ("deaf", "none"),
        ("step", "none"),
        ("stubborn", "hangs"),
    ],
)
def test_what_goes_wrong_with_a_worker_and_with_the_store(what: str, store: str) -> None:
    world = World()
    factory = factory_for(world)
    wrong = getattr(world, what)
    if what in IN_STEPS:  # what a step does may not change while it is recorded
        _add(wrong, what)
    kept = None if store == "none" else SimulatedStore(delay=0.3)
    with tempfile.TemporaryDirectory() as folder:
        with (
            contextlib.closing(VirtualJournal(folder, every=25)) as journal,
            Simulation(plant(), factory, store=kept, journal=journal) as sim,
        ):
            sim.run(5)
            if what not in IN_STEPS:
                _add(wrong, what)
            world.broken["plant/west"] = "a"
            if kept is not None:
                kept.fails = "the disk is full" if store == "fails" else ""
                kept.hangs = store == "hangs"
                if store == "lost":
                    kept.lose()
            sim.restart("plant/east/b")
            sim.run(90)
            world.broken.clear()
            sim.declare(group("plant", group("east", device("b"), device("d"))))
            sim.run(60)
            world.deaf.clear()
            sim.stop(within=200)
        assert_the_same(folder, factory)


def plant() -> ChildSpec:
    east = group("east", *(device(name) for name in "abc"))
    west = group("west", *(device(name) for name in "abc"), depends_on=("plant/east",))
    return group("plant", east, west)


def _add(wrong: Any, what: str) -> None:
    if isinstance(wrong, set):
        wrong.add("plant/east/b")
    else:
        wrong["plant/east/b"] = ValueError(f"{what} goes wrong")
