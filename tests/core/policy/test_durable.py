"""The core with a store: what waits for it, what does not, and what survives a kill."""

from __future__ import annotations

import datetime
import re
from typing import Any

import msgspec
import pytest
from lamp_tree import World, condition, device, group, simulate, states

from fsmv2.model import ChildSpec
from fsmv2.testing import SimulatedStore, Simulation

WAITS = "it is dark; waits until its desired state is stored"


@pytest.fixture
def world() -> World:
    return World()


def reaches(sim: Simulation, path: str, state: str, *, within: float = 60.0) -> float:
    return sim.until(lambda sim: states(sim).get(path) == state, within=within)


def plant(*names: str, **more: Any) -> ChildSpec:
    return group("plant", *(device(name, **more) for name in names))


def test_the_first_action_waits_until_its_desired_state_is_stored(world: World) -> None:
    """A slow disk at the start."""
    store = SimulatedStore(delay=2.0)
    with simulate(world, plant("a"), store=store) as sim:
        sim.until(lambda sim: "plant/a" in sim and sim["plant/a"].reason == WAITS)
        assert sim["plant/a"].state == "starting"
        sim.run(1.5)
        assert not world.done
        took = reaches(sim, "plant/a", "running")
        assert took < 1.0, "it goes on at once when it is stored"
        assert world.done == [("plant/a", "on")]


def test_without_a_store_nothing_is_asked_of_one(world: World) -> None:
    with simulate(world, plant("a")) as sim:
        reaches(sim, "plant/a", "running", within=1.0)
        assert sim.core.store is None


def test_a_repair_of_what_is_durable_waits_for_no_store(world: World) -> None:
    """The lamp goes dark while the store hangs."""
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.run(1.0)
        store.hangs = True
        world.lit["plant/a"] = False
        sim.until(lambda sim: len(world.done) == 2, within=8.0)
        reaches(sim, "plant/a", "running", within=1.0)
        assert condition(sim, "plant", "Stored") == "", "nobody waited for it"


def test_a_stop_waits_for_no_store(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a", "b"), store=store) as sim:
        reaches(sim, "plant/b", "running")
        store.hangs = True
        sim.declare(plant("a", "b", wish="stopped"))
        sim.until(lambda sim: not any(world.lit.values()), within=3.0)
        assert sim.stop() < 5.0


def test_a_changed_desired_state_waits_again(world: World) -> None:
    """Switched off and on again; the second start waits for the second desired state."""
    store = SimulatedStore(delay=0.5)
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.declare(plant("a", wish="stopped"))
        reaches(sim, "plant/a", "stopped")
        sim.run(2.0)
        world.done.clear()
        sim.declare(plant("a"))
        sim.until(lambda sim: "plant/a" in sim and sim["plant/a"].reason == WAITS)
        sim.until(lambda sim: world.done == [("plant/a", "on")], within=2.0)


def test_the_desired_state_is_stored_before_the_action_begins(world: World) -> None:
    store = SimulatedStore(delay=0.2)
    world.slow["plant/a"] = 0.5
    with simulate(world, plant("a"), store=store) as sim:
        sim.until(lambda sim: "plant/a" in sim and bool(sim["plant/a"].action))
        kept = store.read("plant/a")
        assert kept is not None
        assert kept.desired is not None
        assert msgspec.json.decode(kept.desired.desired) == {"state": "running"}
        assert msgspec.json.decode(kept.desired.declared)["name"] == "a"


def test_a_store_that_fails_opens_the_gate_and_says_why_until_it_works(world: World) -> None:
    store = SimulatedStore()
    store.fails = "the store /data/store.db cannot be written: database or disk is full."
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running", within=3.0)
        assert condition(sim, "plant", "Stored") == (
            "continues from memory, a crash now would lose what changes: the store "
            "/data/store.db cannot be written: database or disk is full."
        )
        assert len(sim.texts("store", "plant")) == 1, "said once, not with every attempt"
        sim.run(120)
        assert len(sim.texts("store", "plant")) == 1
        store.fails = ""
        sim.until(lambda sim: not condition(sim, "plant", "Stored"), within=31.0)
        assert sim.texts("store", "plant")[-1] == "the store works again; all is stored"
        assert store.read("plant/a") is not None, "what changed meanwhile was written then"
        texts = [e.event.text for e in store.events()]
        assert any(text.startswith("the store fails: ") for text in texts)


def test_a_store_that_hangs_is_waited_for_five_seconds(world: World) -> None:
    store = SimulatedStore()
    store.hangs = True
    with simulate(world, plant("a", "b"), store=store) as sim:
        reaches(sim, "plant/b", "running", within=8.0)
        assert "it has not answered for 5 s" in condition(sim, "plant", "Stored")
        store.hangs = False
        sim.until(lambda sim: not condition(sim, "plant", "Stored"), within=2.0)


def test_the_condition_survives_a_restart_of_the_root(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        store.fails = "the disk is gone"
        sim.declare(plant("a", "b"))
        sim.until(lambda sim: bool(condition(sim, "plant", "Stored")))
        sim.restart("plant")
        sim.until(lambda sim: sim["plant"].incarnation == 2)
        reaches(sim, "plant/b", "running")
        assert "the disk is gone" in condition(sim, "plant", "Stored")


def test_a_lost_store_is_filled_again_with_everything(world: World) -> None:
    """Its file is deleted while the tree runs."""
    store = SimulatedStore()
    with simulate(world, plant("a", "b"), store=store) as sim:
        reaches(sim, "plant/b", "running")
        before = world.instances
        store.lose()
        sim.declare(plant("a", "b", "c"))
        sim.until(lambda sim: bool(sim.texts("store", "plant")))
        sim.until(lambda sim: store.read("plant/b") is not None, within=5.0)
        sim.run(2.0)
        for path in ("plant", "plant/a", "plant/b", "plant/c"):
            kept = store.read(path)
            assert kept is not None
            assert kept.desired is not None
            assert kept.observed is not None
        assert world.instances == before + 1
        assert not condition(sim, "plant", "Stored")


def test_what_did_not_change_is_not_written(world: World) -> None:
    """A quiet hour, with observations that differ in volatile fields only."""
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.run(5.0)
        written = len(store.written)
        for _ in range(60):
            world.noise += 1
            sim.run(60.0)
        assert len(store.written) == written


def test_the_last_observation_and_state_are_stored(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.run(1.0)
        kept = store.read("plant/a")
        assert kept is not None
        assert kept.observed is not None
        assert kept.observed.state == "running"
        assert msgspec.json.decode(kept.observed.observed)["lit"] is True


def born(sim: Simulation, path: str) -> Any:
    return sim.supervisor(path).internal["created_at"]


def test_the_age_of_a_path_is_given_to_templates_in_iso_8601(world: World) -> None:
    """In UTC, whatever the zone of the machine."""
    with simulate(world, plant("a")) as sim:
        reaches(sim, "plant/a", "running")
        text = born(sim, "plant/a")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
        seconds = datetime.datetime.fromisoformat(text).timestamp()
        assert abs(seconds - sim.supervisor("plant/a").created_at) < 0.001


def test_a_path_keeps_its_age_over_a_kill_and_a_restart(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        ages = {path: born(sim, path) for path in ("plant", "plant/a")}
        sim.run(1000)
        sim.restart("plant")
        sim.until(lambda sim: sim["plant"].incarnation == 2)
        reaches(sim, "plant/a", "running")
        assert {path: born(sim, path) for path in ages} == ages
    with simulate(world, plant("a", "b"), store=store) as sim:
        sim.run(500)
        assert {path: born(sim, path) for path in ages} == ages
        assert born(sim, "plant/b") >= ages["plant/a"]


def test_after_a_kill_what_is_stored_is_not_written_again(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.run(1.0)
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        kept = store.read("plant/a")
        assert kept is not None
        assert kept.desired is not None
        assert kept.desired.version == 1


def test_what_is_removed_is_forgotten_with_all_below(world: World) -> None:
    store = SimulatedStore()
    inner = group("inner", device("x"))
    with simulate(world, group("plant", device("a"), inner), store=store) as sim:
        reaches(sim, "plant/inner/x", "running")
        sim.declare(group("plant", device("a")))
        sim.until(lambda sim: "plant/inner" not in sim)
        sim.run(1.0)
        assert store.read("plant/inner") is None
        assert store.read("plant/inner/x") is None
        assert store.read("plant/a") is not None


def test_what_is_only_stopped_stays_stored(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.stop()
        sim.run(1.0)
        assert store.read("plant/a") is not None


def test_what_was_removed_while_nobody_ran_is_forgotten_and_reported(world: World) -> None:
    """Killed while it removed `b`, or the document was edited in between."""
    store = SimulatedStore()
    deep = group("b", device("x"))
    with simulate(world, group("plant", device("a"), deep), store=store) as sim:
        reaches(sim, "plant/b/x", "running")
        sim.run(1.0)
    with simulate(world, plant("a"), store=store) as sim:
        sim.run(1.0)
        assert store.read("plant/b") is None
        assert store.read("plant/b/x") is None
        assert sim.texts("store", "plant") == [
            "plant/b was stored and is no longer declared: removed from the store"
        ]


def test_another_root_forgets_the_one_before(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.declare(group("works", device("a")))
        reaches(sim, "works/a", "running")
        sim.run(1.0)
        assert store.read("plant") is None
        assert store.read("plant/a") is None
    with simulate(world, plant("z"), store=store) as sim:
        reaches(sim, "plant/z", "running")
        assert store.read("works/a") is None


def test_a_desired_state_that_is_no_data_is_reported_and_waits_for_nothing(world: World) -> None:
    store = SimulatedStore()
    from fsmv2 import DesiredState

    world.derive["a"] = DesiredState("running", config={"socket": 1j})
    with simulate(world, plant("a", "b"), store=store) as sim:
        reaches(sim, "plant/a", "running", within=3.0)
        assert "cannot be stored" in condition(sim, "plant/a", "Stored")
        assert sim["plant/b"].state == "running"
        assert condition(sim, "plant", "Stored") == ""
        world.derive.clear()
        sim.declare(plant("a", "b", pin=7))
        sim.until(lambda sim: not condition(sim, "plant/a", "Stored"), within=5.0)


def test_who_applied_what_is_an_event(world: World) -> None:
    store = SimulatedStore()
    with simulate(world, plant("a"), store=store) as sim:
        reaches(sim, "plant/a", "running")
        sim.run(1.0)
        kinds = {(e.event.kind, e.event.path, e.event.text) for e in store.events()}
        assert ("applied", "plant", "declared by test") in kinds
        assert ("transition", "plant/a", "starting → running: it is lit") in kinds
