"""What is done is counted, so that a regression fails on any machine, however fast it is."""

from __future__ import annotations

import gc
import sys
from collections import Counter
from typing import Any

import pytest
from bench.micro import DECLARED, Flat
from bench.tree import Crashing, GroupSpec, LeafSpec, Nothing, factory, root

from fsmv2 import ChildSpec, EngineSettings, VariableBundle
from fsmv2.core import (
    Core,
    Declared,
    Instruction,
    Observed,
    Release,
    Released,
    Supervisor,
    Update,
    Watch,
)
from fsmv2.core.phases import reconcile
from fsmv2.core.phases.reconcile import LOOKED_AT, LOOKS_PER_TICK
from fsmv2.core.state.fan_out import AT_ONCE
from fsmv2.testing import Simulation

PARENTS = 50
WORKERS = 1 + PARENTS * 4
NO_RESYNC = EngineSettings(resync=1e9)


class Driven:
    """A core whose every watch and look is answered at once, with what the trivial workers see."""

    def __init__(self, tree: ChildSpec, settings: EngineSettings = NO_RESYNC) -> None:
        made = factory()
        made.register(Flat)
        self.core = Core(made, settings, seed=1)
        self.now = 0.0
        self.asked: list[Instruction] = []
        self.declare(tree)

    def declare(self, tree: ChildSpec) -> None:
        self.core.handle(Declared(tree, tree.user_spec.variables.global_), self.now)
        self.run()

    def observe(self, path: str) -> None:
        s = self.core.by_path[path]
        self.core.handle(Observed(path, s.incarnation, self.now, Nothing()), self.now)

    def run(self) -> None:
        taken = True
        while self.core.run(self.now) or taken:
            taken = bool(batch := self.core.take())
            self.asked += batch
            for one in batch:
                if isinstance(one, Watch) or type(one).__name__ == "Collect":
                    self.observe(one.path)
                elif isinstance(one, Release):
                    self.core.handle(Released(one.path, one.incarnation), self.now)


@pytest.fixture
def tree() -> Driven:
    return Driven(root(PARENTS))


def test_a_start_costs_one_derive_and_few_ticks_for_each_worker(tree: Driven) -> None:
    """Created, observed, its parent runs: three ticks at most; one derive; one transition."""
    done = tree.core.counters
    assert len(tree.core.by_path) == WORKERS
    assert done.derives == WORKERS
    assert done.transitions == WORKERS
    assert done.ticks <= 3 * WORKERS
    assert done.steps <= 3 * WORKERS
    assert sum(isinstance(one, Watch) for one in tree.asked) == WORKERS


def test_an_unchanged_tree_is_ticked_for_nothing(tree: Driven) -> None:
    top = tree.core.root
    assert top is not None
    before = tree.core.counters.ticks
    assert top.tick() == 0
    tree.core.run(1.0)
    assert tree.core.counters.ticks == before


def test_an_unchanged_observation_ticks_nobody_and_leaves_nothing(tree: Driven) -> None:
    before, blocks = tree.core.counters.ticks, 0
    for round_ in range(3):
        tree.now += 5.0
        for path in tree.core.by_path:
            tree.observe(path)
        if round_ == 0:
            gc.collect()
            blocks = sys.getallocatedblocks()
    assert tree.core.take() == []
    assert tree.core.counters.ticks == before
    # One float for each: when it was seen last, which takes the place of the one before.
    assert sys.getallocatedblocks() - blocks < WORKERS / 4


def test_a_variable_of_the_root_derives_and_ticks_who_reads_it_once(tree: Driven) -> None:
    before, ticks = tree.core.counters.derives, tick_counts(tree.core)
    tree.asked.clear()
    tree.declare(root(PARENTS, rate="2s"))
    assert tree.core.counters.derives - before == WORKERS
    assert set((tick_counts(tree.core) - ticks).values()) == {1}
    assert sum(isinstance(one, Update) for one in tree.asked) == WORKERS
    assert len(tree.asked) == WORKERS + 1, "an update for each, and the report that it was applied"


def test_changes_of_a_variable_leave_nothing_behind(tree: Driven) -> None:
    """After some changes, as many blocks of memory as before: records are a ring, no more."""
    rates = [f"{n}s" for n in range(40)]
    for rate in rates[:20]:
        tree.declare(root(PARENTS, rate=rate))
    tree.asked.clear()
    gc.collect()
    before = sys.getallocatedblocks()
    for rate in rates[20:]:
        tree.declare(root(PARENTS, rate=rate))
        tree.asked.clear()
    gc.collect()
    assert (sys.getallocatedblocks() - before) / WORKERS < 1


def test_one_that_crashes_again_and_again_ticks_none_of_its_siblings() -> None:
    leaves = [ChildSpec(f"w{n}", "leaf", LeafSpec()) for n in range(50)]
    crashing = ChildSpec("crashing", Crashing.definition.name, LeafSpec())
    with flat([*leaves, crashing]) as sim:
        sim.run(5)
        assert sim["flat/w7"].state == "running"
        before = tick_counts(sim.core)
        sim.run(3600)
        ticks = tick_counts(sim.core) - before
    assert ticks.pop("flat/crashing") > 50
    assert set(ticks) <= {"flat"}, "nobody but the parent, which sees its state"


def test_a_thousand_children_are_added_and_removed_a_few_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """H51: no step of the core grows with the number of children it is about."""
    most = watch_the_work_of_a_tick(monkeypatch)
    with flat(many(1000)) as sim:
        sim.run(5)
        assert len(sim.core.by_path) == 1001
        sim.declare(flat_root(many(0)))
        sim.run(60)
        assert set(sim.core.by_path) == {"flat"}
    assert most["Watch"] == most["Release"] == 1
    assert 0 < most["marks"] <= AT_ONCE


def test_a_large_subtree_stops_and_is_released_a_few_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """H51, of one child with a thousand below it; a restart of it begins them all again."""
    most = watch_the_work_of_a_tick(monkeypatch)
    with Simulation(root(300), factory(), settings=NO_RESYNC) as sim:
        sim.run(5)
        sim.restart("plant")
        sim.run(60)
        assert len(sim.core.by_path) == 1201
        assert sim.stop() < 30
        assert not sim.core.by_path
    assert 100 < most["Release"] <= AT_ONCE
    assert most["marks"] <= 3 * AT_ONCE


def test_children_are_gone_through_once_for_each_declaration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twenty ticks make a thousand children; none of them restarts with the first."""
    begun = []

    def counted(*args: Any, **more: Any) -> Any:
        begun.append(args)
        return begin(*args, **more)

    begin = reconcile.Reconciling
    monkeypatch.setattr(reconcile, "Reconciling", counted)
    assert LOOKED_AT * LOOKS_PER_TICK >= 1000
    with flat(many(1000)) as sim:
        sim.run(5)
        assert len(sim.core.by_path) == 1001
        assert len(begun) == 1, "a leaf has none to go through"
        sim.declare(flat_root(many(2000)))
        sim.run(5)
        assert len(sim.core.by_path) == 2001
        assert len(begun) == 2


def test_children_that_were_refused_are_not_gone_through_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not before something else is declared; the previous children go on."""
    refused = []

    def counted(specs: Any) -> Any:
        refused.append(specs)
        return by_name(specs)

    by_name = reconcile._by_name
    with flat(many(10)) as sim:
        sim.run(5)
        monkeypatch.setattr(reconcile, "_by_name", counted)
        twice = [*many(10), *many(10)]
        sim.declare(flat_root(twice))
        sim.run(5)
        sim.restart("flat/w3")
        sim.run(5)
        assert [len(specs) for specs in refused] == [20]
        assert len(sim.core.by_path) == 11


# ---- what the tests share ----------------------------------------------------------------------


def tick_counts(core: Core) -> Counter[str]:
    return Counter({path: s.tick_count for path, s in core.by_path.items()})


def many(count: int) -> list[ChildSpec]:
    return [ChildSpec(f"w{n}", "leaf", LeafSpec()) for n in range(count)]


def flat_root(children: list[ChildSpec]) -> ChildSpec:
    DECLARED[(len(children), -1)] = tuple(children)
    variables = VariableBundle({"IP": "x", "PORT": 1, "RATE": "1s"}, {"contract": "_raw"})
    spec = GroupSpec(
        children=(len(children), -1), variables=variables, location={"enterprise": "a"}
    )
    return ChildSpec("flat", "flat", spec)


def flat(children: list[ChildSpec]) -> Simulation:
    made = factory()
    made.register(Flat)
    return Simulation(flat_root(children), made, settings=NO_RESYNC)


def watch_the_work_of_a_tick(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The most that one tick did: instructions by their kind, and marks."""
    most: Counter[str] = Counter()
    here: Counter[str] = Counter()
    emit, mark, tick = Core.emit, Core.mark, Core._tick

    def emitted(core: Core, instruction: Instruction) -> None:
        here[type(instruction).__name__] += 1
        emit(core, instruction)

    def marked(core: Core, s: Supervisor, cause: Any) -> None:
        here["marks"] += 1
        mark(core, s, cause)

    def ticked(core: Core, s: Supervisor) -> None:
        here.clear()
        tick(core, s)
        for kind, count in here.items():
            most[kind] = max(most[kind], count)

    monkeypatch.setattr(Core, "emit", emitted)
    monkeypatch.setattr(Core, "mark", marked)
    monkeypatch.setattr(Core, "_tick", ticked)
    return most
