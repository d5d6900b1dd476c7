"""Overrides in any order beside what is declared and what fails: they hold, and leave no trace."""

from __future__ import annotations

import random
from typing import Any

import pytest
from job_tree import Jobs, job, team
from job_tree import simulate as simulate_jobs
from lamp_tree import World, device, group, simulate

from fsmv2 import ChildSpec, Group
from fsmv2.testing import SimulatedStore, Simulation

POLICIES = ("permanent", "transient", "temporary")
JOBS = ("a", "b", "c", "d")
SEEDS = [*range(5), *(pytest.param(n, marks=pytest.mark.thorough) for n in range(5, 20))]

SETTLES = 400.0
"""Seconds within which every backoff is over."""


def draw_team(rng: random.Random, *, watched: bool) -> ChildSpec:
    """Four jobs of any policy, some grouped, some that need another; `watched`: some only that."""
    children = []
    for number, name in enumerate(JOBS):
        options: dict[str, Any] = {}
        if number and rng.random() < 0.4:
            options[rng.choice(("requires", "after"))] = (rng.choice(JOBS[:number]),)
        options["enabled"] = rng.random() < 0.9
        options["pin"] = rng.randrange(2)
        options["detect_only"] = watched and rng.random() < 0.1
        children.append(job(name, rng.choice(POLICIES), **options))
    groups = (Group("one_for_all", ("a", "b")),) if rng.random() < 0.5 else ()
    return team("r", team("t", *children, groups=groups))


def held(sim: Simulation, path: str) -> bool:
    """Whether an override at the path or above has it started by nobody, by what was asked."""
    while path:
        found = sim.core.overrides.get(path)
        if found is not None and (found.pause or found.stop):
            return True
        path = path.rpartition("/")[0]
    return False


def ask_something(rng: random.Random, sim: Simulation) -> None:
    path = rng.choice(("r", "r/t", *(f"r/t/{name}" for name in JOBS)))
    match rng.randrange(7):
        case 0:
            sim.pause(path)
        case 1:
            sim.resume(path)
        case 2:
            sim.stop_path(path)
        case 3:
            sim.stop_path(path, until=sim.core.wall() + rng.choice((1.0, 30.0, 1000.0)))
        case 4:
            sim.start_path(path)
        case 5:
            sim.restart(path)
        case 6:
            sim.retry(path)


def end_all(sim: Simulation) -> None:
    for path, found in dict(sim.core.overrides).items():
        if found.pause:
            sim.resume(path)
        if found.stop:
            sim.start_path(path)


def settled(sim: Simulation) -> dict[str, str]:
    sim.run(SETTLES)
    return {node.path: node.state for node in sim.view().nodes}


def check_held(sim: Simulation, jobs: Jobs, before: list[str], was_held: set[str]) -> None:
    """What was held all the while was not begun, and may write nothing."""
    for name in JOBS:
        path = f"r/t/{name}"
        if path not in was_held or not held(sim, path) or path not in sim:
            continue
        assert f"+{name}" not in jobs.log[len(before) :], f"{path} was started"
        assert jobs.refusals[path]() != "", path
        assert sim[path].overrides != ()


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_held_never_starts_and_what_has_ended_leaves_no_trace(seed: int) -> None:
    rng = random.Random(seed)
    jobs, store, declared = Jobs(), SimulatedStore(), draw_team(rng, watched=seed % 2 == 0)
    with_failures = seed % 2 == 0
    sim = simulate_jobs(jobs, declared, store=store)
    sim.run(20)
    for _ in range(25):
        if rng.random() < 0.2:
            declared = draw_team(rng, watched=with_failures)
            sim.declare(declared)
        if with_failures and rng.random() < 0.3:
            jobs.end(f"r/t/{rng.choice(JOBS)}", rng.choice(("well", "badly")))
        if rng.random() < 0.1:
            sim.__exit__(None, None, None)  # killed; what runs goes on
            sim = simulate_jobs(jobs, declared, store=store)
        if rng.random() < 0.7:
            ask_something(rng, sim)
        sim.run(2)
        before, was_held = [*jobs.log], {f"r/t/{n}" for n in JOBS if held(sim, f"r/t/{n}")}
        sim.run(rng.choice((1.0, 10.0, 100.0)))
        check_held(sim, jobs, before, was_held)
    end_all(sim)
    sim.run(5)
    end_all(sim)
    found = settled(sim)
    assert sim.core.overrides == {}
    assert store.overrides() == ()
    assert not any(
        c.type == "Managed"
        for s in sim.core.by_path.values()
        for c in (s.conditions or {}).values()
    )
    sim.__exit__(None, None, None)
    with simulate_jobs(Jobs(), declared) as fresh:
        expected = settled(fresh)
    if not with_failures:  # else what ended for good stays ended, and what is watched as it was
        assert found == expected


# ---- set ----------------------------------------------------------------------------------------

LEVELS = ("g", "g/h", "g/h/a", "g/b")
"""Two groups within each other, and a device in each."""


def draw_lamps(rng: random.Random) -> tuple[ChildSpec, dict[str, int]]:
    """A tree, and by path the PORT that is declared there; the top always has one."""
    declared = {path: rng.randrange(100) for path in LEVELS if path == "g" or rng.random() < 0.5}
    user = {path: {"PORT": declared[path]} if path in declared else {} for path in LEVELS}
    a = device("a", template="{{ .PORT }}", user=user["g/h/a"])
    b = device("b", template="{{ .PORT }}", user=user["g/b"])
    return group("g", group("h", a, user=user["g/h"]), b, user=user["g"]), declared


def expected_at(path: str, declared: dict[str, int], by_hand: dict[str, int]) -> int:
    """The nearest that is set, by hand before declared at one path."""
    while path not in by_hand and path not in declared:
        path = path.rpartition("/")[0]
    return by_hand.get(path, declared.get(path, -1))


@pytest.mark.parametrize("seed", SEEDS[:12])
def test_the_nearest_value_counts_and_by_hand_before_declared(seed: int) -> None:
    rng = random.Random(seed)
    world, store = World(), SimulatedStore()
    root, declared = draw_lamps(rng)
    by_hand: dict[str, int] = {}
    ends: dict[str, float] = {}
    sim = simulate(world, root, store=store)
    sim.run(10)
    for _ in range(25):
        path = rng.choice(LEVELS)
        match rng.randrange(6):
            case 0 | 1:
                by_hand[path] = rng.randrange(100, 200)
                ends.pop(path, None)
                until = None
                if rng.random() < 0.4:
                    ends[path] = until = sim.core.wall() + rng.choice((3.0, 20.0, 500.0))
                sim.set_variable(path, "PORT", by_hand[path], until=until)
            case 2:
                sim.unset_variable(path, "PORT")
                by_hand.pop(path, None)
                ends.pop(path, None)
            case 3:
                root, declared = draw_lamps(rng)
                sim.declare(root)
            case 4:
                sim.restart(path)
            case 5:
                sim.__exit__(None, None, None)
                before = sim.core.wall()
                sim = simulate(world, root, store=store)
                assert sim.core.wall() <= before, "the clock was set back"
        sim.run(rng.choice((5.0, 15.0)))
        for over in [path for path, end in ends.items() if end <= sim.core.wall()]:
            del ends[over], by_hand[over]
        sim.run(3)
        for over in [path for path, end in ends.items() if end <= sim.core.wall()]:
            del ends[over], by_hand[over]
            sim.run(1)
        for path in ("g/h/a", "g/b"):
            desired = sim.core.by_path[path].desired
            assert desired is not None
            assert desired.config == expected_at(path, declared, by_hand), (path, seed)
        assert {p: o.values["PORT"] for p, o in sim.core.overrides.items()} == by_hand
    sim.__exit__(None, None, None)
