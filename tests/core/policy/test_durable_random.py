"""Random trees, random trouble, and a store that fails, hangs and is lost in between."""

from __future__ import annotations

import random

import pytest
from lamp_tree import World, simulate
from test_core_random import Ledger, check_counts, disturb, draw_tree

from fsmv2 import EngineSettings
from fsmv2.core.state.not_created import NOT_CREATED
from fsmv2.model.serialise import to_json
from fsmv2.testing import SimulatedStore, Simulation

SETTINGS = EngineSettings(stop_deadline=5.0, children_per_tick=2, store_patience=2.0)


def trouble(rng: random.Random, store: SimulatedStore) -> None:
    store.delay = rng.choice((0.0, 0.0, 0.01, 1.0))
    match rng.randrange(8):
        case 0:
            store.fails = "full"
        case 1:
            store.hangs = True
        case 2:
            store.lose()
        case _:
            store.fails, store.hangs = "", False


def check_stored(sim: Simulation, store: SimulatedStore) -> None:
    """Exactly what is in the tree is stored, as it is."""
    assert sim.core.store is not None
    assert sim.core.store.failing == ""
    for path, s in sim.core.by_path.items():
        if s.definition is NOT_CREATED.definition or s.desired is None:
            continue
        kept = store.read(path)
        assert kept is not None, path
        assert kept.desired is not None
        assert kept.desired.desired == to_json(s.desired)
        assert kept.desired.declared == to_json(s.declared)
        assert kept.identity.created_at == s.created_at
        if s.observed_at is not None:
            assert kept.observed is not None
            assert kept.observed.state == s.state
            assert kept.observed.observed == to_json(s.observed)
        assert not any(c.type == "Stored" for c in (s.conditions or {}).values())
    assert {path for path in store._identity if path not in sim.core.by_path} == set()
    assert set(sim.core.store.kept) == set(sim.core.by_path), "what is gone is not remembered"
    assert sim.core.store.unmet == {}


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.thorough
def test_whatever_happens_to_tree_and_store_all_is_stored_in_the_end(seed: int) -> None:
    """Ten histories, each killed once in the middle."""
    rng = random.Random(seed)
    store = SimulatedStore()
    ages: dict[str, float] = {}
    tree = draw_tree(rng)
    for _ in range(2):
        store.fails, store.hangs = "", False
        world = World()
        with simulate(world, tree, settings=SETTINGS, seed=seed, store=store) as sim:
            sim.run(0.0)
            if sim.core.root is not None and "root" in ages:
                assert sim.core.root.created_at == ages["root"]
            ledger = Ledger(sim)
            for _ in range(12):
                disturb(rng, world, sim)
                trouble(rng, store)
                sim.run(rng.choice((0.0, 0.001, 0.3, 3.0, 20.0)))
                check_counts(sim)
            vars(world).update(vars(World()))
            store.fails, store.hangs, store.delay = "", False, 0.0
            tree = draw_tree(rng)
            sim.declare(tree)
            sim.run(200)
            check_stored(sim, store)
            assert ledger.faults == []
            ages = {path: s.created_at for path, s in sim.core.by_path.items()}


def test_a_stop_ends_whatever_the_store_does() -> None:
    """The store hangs from the start; the stop is asked for at once."""
    store = SimulatedStore()
    store.hangs = True
    with simulate(World(), draw_tree(random.Random(4)), settings=SETTINGS, store=store) as sim:
        sim.run(0.5)
        assert sim.stop(within=6.0) <= 6.0
