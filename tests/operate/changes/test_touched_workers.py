"""When a worker that an apply touches has converged: by facts of the core, no worse than before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lamp_tree import World, device, group, simulate

from fsmv2 import ChildSpec, EngineSettings
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.operate.changes.change_plan import ChangePlan, WorkerChange
from fsmv2.operate.changes.touched_workers import (
    Touched,
    TouchedWorker,
    decoded,
    encoded,
    not_converged,
    touched_by,
)
from fsmv2.testing import Simulation


@pytest.fixture
def world() -> World:
    return World()


def lacking(
    sim: Simulation, touched: Touched, reached: dict[str, float] | None = None
) -> dict[str, str]:
    known = {} if reached is None else reached
    return not_converged(sim.core, sim.core.factory, touched, touched, known)


def touched(sim: Simulation, **actions: str) -> Touched:
    """What a plan that does this to these children of `g` touches."""
    workers = tuple(
        WorkerChange(path=f"g/{name}", type="device", action=action)  # type: ignore[arg-type]
        for name, action in actions.items()
    )
    return touched_by(ChangePlan(workers=workers), sim.core)


def looks(sim: Simulation, of: Touched, seconds: float = 60.0) -> Iterator[dict[str, str]]:
    for _ in range(int(seconds / 0.1)):
        sim.run(0.1)
        yield lacking(sim, of)


def test_a_changed_worker_has_converged_when_its_new_instance_is_what_it_was(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        of = touched(sim, a="recreate")
        assert of["g/a"].healthy
        world.slow["g/a"] = 1.0
        world.lit.clear()
        sim.declare(group("g", device("a", pin=1), device("b")))
        sim.run(0.05)
        assert set(lacking(sim, of)) == {"g/a"}
        until = next(n for n, found in enumerate(looks(sim, of)) if not found)
        assert until
        assert sim["g/a"].incarnation == 2
        assert sim["g/a"].healthy


def test_one_that_goes_on_with_another_config_has_to_be_observed_with_it(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        of, reached = touched(sim, a="reconfigure"), dict[str, float]()
        world.silent.add("g/a")
        sim.declare(group("g", device("a"), device("b")))
        sim.run(1)
        assert sim["g/a"].healthy
        assert "not observed yet with its new config" in lacking(sim, of, reached)["g/a"]
        world.silent.clear()
        sim.run(30)
        assert not lacking(sim, of, reached)
        assert sim["g/a"].incarnation == 1


def test_while_its_old_instance_stops_it_has_not(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        of = touched(sim, a="recreate")
        world.stubborn.add("g/a")
        sim.declare(group("g", device("a", pin=1)))
        for found in looks(sim, of, 20):
            assert "g/a" in found
        assert sim["g/a"].incarnation == 1


def test_one_that_is_worse_than_before_has_not(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        of = touched(sim, a="recreate")
        world.act["g/a"] = RuntimeError("no power")
        world.lit.clear()
        sim.declare(group("g", device("a", pin=1)))
        assert all(found for found in looks(sim, of))
        assert lacking(sim, of)["g/a"].startswith(("starting: ", "failed: "))


def test_a_recreated_one_has_to_reach_what_is_asked_of_it_however_it_was(world: World) -> None:
    world.act["g/a"] = RuntimeError("no power")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(30)
        of = touched(sim, a="recreate")
        assert not of["g/a"].healthy
        world.slow["g/a"] = 1.0
        del world.act["g/a"]
        world.hangs.add("g/a")
        sim.declare(group("g", device("a", pin=1)))
        sim.run(0.05)
        assert lacking(sim, of)
        assert all(found for found in looks(sim, of))
        assert sim["g/a"].incarnation == 2


def test_an_added_one_has_to_reach_what_is_asked_of_it(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        of = touched(sim, b="add")
        world.act["g/b"] = RuntimeError("no power")
        sim.declare(group("g", device("a"), device("b")))
        assert all(found for found in looks(sim, of))
        del world.act["g/b"]
        assert any(not found for found in looks(sim, of, 120))
        assert sim["g/b"].healthy


def test_one_that_could_not_be_created_is_named(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        of = {"g/b": TouchedWorker("added", healthy=False)}
        assert lacking(sim, of)["g/b"].startswith("it was not created: ")


def test_a_removed_one_has_to_be_gone(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        of = touched(sim, b="remove")
        world.stubborn.add("g/b")
        sim.declare(group("g", device("a")))
        sim.run(0.05)
        assert "it is not removed yet: " in lacking(sim, of)["g/b"]
        assert any(not found for found in looks(sim, of))
        assert "g/b" not in sim.core.by_path


def test_whoever_waits_for_its_turn_has_not_converged(world: World) -> None:
    settings = EngineSettings(restarts_at_once=1)
    names = "abc"
    with simulate(world, group("g", *(device(n) for n in names)), settings=settings) as sim:
        sim.run(5)
        of = touched(sim, **dict.fromkeys(names, "recreate"))
        world.slow = {f"g/{n}": 2.0 for n in names}
        world.lit.clear()
        sim.declare(group("g", *(device(n, pin=1) for n in names)))
        seen = list(looks(sim, of, 30))
        assert any("waits for its turn" in why for found in seen for why in found.values())
        assert not seen[-1]


@pytest.mark.parametrize("how", ["pause", "stop_path", "disabled", "detect_only"])
def test_who_is_not_asked_to_run_does_not_count(world: World, how: str) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        of = touched(sim, a="recreate")
        new: ChildSpec = device("a", pin=1)
        if how in ("disabled", "detect_only"):
            new = device(
                "a", pin=1, **{"enabled": False} if how == "disabled" else {"detect_only": True}
            )
        else:
            getattr(sim, how)("g/a")
            sim.run(1)
        world.act["g/a"] = RuntimeError("no power")
        sim.declare(group("g", new))
        assert any(not found for found in looks(sim, of, 10))


def test_one_whose_steps_are_withheld_has_not_acted(world: World) -> None:
    """It runs on as it was, and healthy, with its new spec."""
    settings = EngineSettings(types={"device": TypeSettings(update_policy="in_place")}, resync=5.0)
    root = group("g", device("a"), device("b"), kind="guarded")
    with simulate(world, root, settings=settings) as sim:
        sim.run(10)
        of = touched(sim, a="reconfigure")
        world.broken["inside"] = "b"
        sim.until(lambda sim: sim.core.open_circuits == 1)
        sim.declare(group("g", device("a", pin=1), device("b"), kind="guarded"))
        sim.run(1)
        assert sim["g/a"].healthy
        reached: dict[str, float] = {}
        assert lacking(sim, of, reached) == {"g/a": "running: the circuit of g is open"}
        del world.broken["inside"]
        sim.until(lambda sim: sim.core.open_circuits == 0)
        sim.run(6)  # until it has been looked at with its new config
        assert not lacking(sim, of, reached)


def test_what_is_kept_is_read_again_and_damage_is_nobody() -> None:
    of = {"g/a": TouchedWorker("there", healthy=True), "g/b": TouchedWorker("gone", healthy=False)}
    assert decoded(encoded(of)) == of
    assert decoded(b"{") == {}


def test_who_waits_for_what_a_paused_one_has_has_not_converged(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        of = touched(sim, a="reconfigure")
        sim.core.set_condition(sim.core.by_path["g/a"], "Applied", "its change waits until g/b")
        assert lacking(sim, of) == {"g/a": "its change waits until g/b"}
