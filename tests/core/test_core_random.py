"""Random trees under random changes: whatever happens in whatever order, these things hold.

At most one live instance at a path; nothing dirty is left over; counts agree with what they count;
what is gone is forgotten; a stop always comes to its end.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lamp_tree import World, device, group, simulate

from fsmv2 import EngineSettings, PermanentError, stay
from fsmv2.core import Release, Released, Watch
from fsmv2.model import ChildSpec
from fsmv2.testing import Simulation

NAMES = ("a", "b", "c", "d/e")
MAPPINGS = ({}, {"*": "running"}, {"maintenance": "paused"}, {"maintenance": "stopped"})


def draw_tree(rng: random.Random, name: str = "root", depth: int = 0) -> ChildSpec:
    """A tree of at most three levels; siblings may depend on each other, even in a circle."""
    if depth == 3 or (depth and rng.random() < 0.5):
        return device(
            name,
            pin=rng.randrange(2),
            wish=rng.choice(("running", "running", "stopped")),
            hold=rng.choice((None, None, None, "held")),
            template=rng.choice((None, "{{ .X }}")),
            state_mapping=rng.choice(MAPPINGS),
            enabled=rng.random() < 0.9,
            discovered=rng.random() < 0.1,
            depends_on=rng.choice(((), (), ("root/a",), ("root/b",))),
        )
    names = [n for n in NAMES if rng.random() < 0.6]
    return group(
        name,
        *[draw_tree(rng, n, depth + 1) for n in names],
        kind=rng.choice(("group", "group", "guarded")) if depth else "group",
        user=rng.choice((None, {"X": 1}, {"X": 2})),
        wish=rng.choice(("running", "running", "maintenance", "stopped")),
        waits=rng.random() < 0.2,
        acts=rng.random() < 0.1,
    )


class Ledger:
    """Counts which incarnations live, by the instructions and answers at the cut."""

    def __init__(self, sim: Simulation) -> None:
        self.live: Counter[str] = Counter()
        self.faults: list[str] = []
        self.released = 0
        deliver, handle = sim.supervision._deliver, sim.core.handle

        def watched(batch):  # type: ignore[no-untyped-def]
            for i in batch:
                if isinstance(i, Watch):
                    self.live[i.path] += 1
                    if self.live[i.path] > 1:
                        self.faults.append(f"two instances of {i.path}")
                elif isinstance(i, Release):
                    self.released += 1
            deliver(batch)

        def handled(event, now):  # type: ignore[no-untyped-def]
            if isinstance(event, Released):
                self.live[event.path] -= 1
            handle(event, now)

        sim.supervision._deliver = watched
        sim.core.handle = handled  # type: ignore[method-assign]


def check_counts(sim: Simulation) -> None:
    """Everything the core counts or keeps agrees with the tree there is."""
    core = sim.core
    tree = core.root.subtree() if core.root is not None else []
    assert {s.path: s for s in tree} == core.by_path
    assert core._dirty_count == sum(s.dirty for s in tree)
    for s in tree:
        assert s.dirty_below == sum(below.dirty for below in s.subtree())
        assert s.dirty == (s.causes is not None)
        assert all(kept is s.children[name].status for name, kept in s.statuses.items())
    depends = {(path, s.path) for s in tree for path in s.declared.depends_on}
    assert {(p, d) for p, among in core.dependents.items() for d in among} == depends
    assert core.open_circuits == sum(s.withheld is not None for s in tree)
    assert set(core.pace.under_way) <= set(core.by_path)
    assert sum(map(len, core._dirty)) <= 4 * len(tree) + 50
    live = [t for t in core._timers if t[2].timers.get(t[3]) == t[0]]
    assert all(core.by_path.get(t[2].path) is t[2] for t in live)


def disturb(rng: random.Random, world: World, sim: Simulation) -> None:
    """One random thing happens."""
    paths = list(sim.core.by_path) or ["root"]
    path = rng.choice(paths)
    name = path.rpartition("/")[2]
    match rng.randrange(12):
        case 0 | 1 | 2:
            sim.declare(draw_tree(rng), {"g": rng.randrange(2)})
        case 3:
            sim.restart(path)
        case 4:
            world.lit[path] = rng.random() < 0.5
        case 5:
            (world.silent.add if rng.random() < 0.5 else world.silent.discard)(path)
        case 6:
            world.step[path] = rng.choice((ValueError("step"), None, stay("mine")))
        case 7:
            world.act[path] = rng.choice((OSError("act"), PermanentError("act")))
        case 8:
            (world.hangs if rng.random() < 0.7 else world.deaf).add(path)
        case 9:
            world.derive[name] = rng.choice((ValueError("derive"), "nonsense"))
        case 10:
            world.stubborn.add(path)
            world.broken["inside"] = rng.choice(("a", "b"))
        case _:
            world.construct = rng.choice((None, OSError("make")))
    if rng.random() < 0.3:
        for kept in (world.step, world.act, world.hangs, world.deaf, world.derive, world.broken):
            kept.clear()
        world.construct = None


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32))
def test_whatever_happens_the_tree_stays_consistent_and_a_stop_ends(seed: int) -> None:
    rng = random.Random(seed)
    world = World()
    chosen = EngineSettings(stop_deadline=5.0, children_per_tick=2, restarts_at_once=2)
    with simulate(world, draw_tree(rng), settings=chosen, seed=seed) as sim:
        ledger = Ledger(sim)
        for _ in range(rng.randrange(5, 25)):
            disturb(rng, world, sim)
            sim.run(rng.choice((0.0, 0.001, 0.3, 3.0, 20.0)))
            check_counts(sim)
        # deaf tasks end at last, or nobody could tell a stop that hangs from one that waits
        world.deaf.clear()
        assert sim.stop(within=12.0) <= 12.0
        sim.run(1)
        assert ledger.faults == []
        assert +ledger.live == Counter()
        assert ledger.released == sim.core.counters.released
        assert sim.core._dirty_count == 0
        assert sim.core.dependents == {}
        assert sim.core.open_circuits == 0
        assert sim.core.pace.under_way == {}
        ticks = sim.core.counters.ticks
        sim.run(1000)
        assert sim.core.counters.ticks == ticks  # no timer of anything forgotten fires


@pytest.mark.parametrize("seed", range(10))
def test_what_was_broken_and_is_mended_comes_to_what_is_declared(seed: int) -> None:
    """After any history, a healthy world and one more declaration give the declared tree."""
    rng = random.Random(seed)
    world = World()
    chosen = EngineSettings(stop_deadline=5.0)
    with simulate(world, draw_tree(rng), settings=chosen, seed=seed) as sim:
        for _ in range(15):
            disturb(rng, world, sim)
            sim.run(rng.choice((0.0, 0.3, 5.0)))
        healthy = World()
        vars(world).update(vars(healthy))
        goal = group("root", device("a"), group("b", device("c"), user={"X": 1}), user={"n": 1})
        sim.declare(goal)
        sim.run(300)
        shown = {n.path: (n.state, n.reason) for n in sim.view().nodes}
        assert {p: s for p, (s, _) in shown.items()} == dict.fromkeys(
            ("root", "root/a", "root/b", "root/b/c"), "running"
        ), shown
        check_counts(sim)


def test_siblings_of_what_changed_are_not_ticked() -> None:
    """Zero calls on what is the same, under a hundred random changes of one child."""
    world = World()
    rest = [device(f"d{n}") for n in range(30)]
    quiet = EngineSettings(resync=100_000.0)
    with simulate(world, group("g", device("x"), *rest), settings=quiet) as sim:
        sim.run(5)
        before = {n.path: n.ticks for n in sim.view().nodes}
        derived = dict(world.derives)
        for n in range(100):
            sim.declare(group("g", device("x", pin=n), *rest))
            sim.run(0.5)
        after = {n.path: n.ticks for n in sim.view().nodes}
        assert {p for p in after if after[p] != before[p]} == {"g", "g/x"}
        assert {p for p, n in world.derives.items() if n != derived[p]} == {"g", "g/x"}
