"""When a worker needs a look: by facts, so that a retry or a moment of health is no good news."""

from __future__ import annotations

from typing import Any

import pytest
from job_tree import Jobs, job, team
from job_tree import simulate as simulate_jobs
from lamp_tree import (
    World,
    device,
    factory_for,
    group,
)

from fsmv2 import (
    ChildSpec,
    EngineSettings,
    PermanentError,
    Phase,
)
from fsmv2.testing import Simulation


def simulate(world: World, root: ChildSpec, **settings: Any) -> Simulation:
    return Simulation(root, factory_for(world), settings=EngineSettings(**settings))


def trouble(sim: Simulation, path: str) -> bool:
    return sim.supervisor(path).status.in_trouble


def test_one_that_keeps_failing_is_in_trouble_through_all_its_retries() -> None:
    """Its parent does not change with each of them."""
    jobs = Jobs()
    jobs.broken.add("t/a")
    jobs.slow["t/a"] = 2.0
    with simulate_jobs(jobs, team("t", job("a"))) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["t/a"].state == "failed", within=20)
        phases = set()
        for _ in range(400):
            sim.run(0.25)
            phases.add(sim["t/a"].phase)
            assert trouble(sim, "t/a")
        assert phases == {Phase.STARTING, Phase.FAILED}


def test_one_that_is_well_again_is_in_trouble_for_as_long_as_its_next_delay() -> None:
    """What fails again meanwhile was never out of it; later, that is news."""
    world = World()
    world.act["g/a"] = PermanentError("trip")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["g/a"].state == "failed", within=20)
        world.act.clear()
        sim.until(lambda sim: sim["g/a"].healthy, within=20)
        s = sim.supervisor("g/a")
        assert s.attempts is not None
        next_delay = s.backoff.ceiling(s.attempts.count)
        sim.run(next_delay - 0.1)
        assert trouble(sim, "g/a")
        sim.run(0.2)
        assert not trouble(sim, "g/a")
        assert s.attempts is not None  # it counts, and is forgotten later
        world.act["g/a"] = PermanentError("trip")
        world.lit["g/a"] = False
        sim.until(lambda sim: sim["g/a"].state == "failed", within=20)
        assert trouble(sim, "g/a")


def test_what_is_over_is_not_shown_as_due() -> None:
    """One that is well again waits for no try, however often it was tried."""
    world = World()
    world.act["g/a"] = PermanentError("trip")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["g/a"].state == "failed", within=20)
        assert sim["g/a"].next_delays
        world.act.clear()
        sim.until(lambda sim: sim["g/a"].healthy, within=20)
        assert sim["g/a"].attempts
        assert (sim["g/a"].retry_in, sim["g/a"].next_delays) == (0.0, ())


def test_one_that_starts_above_a_worker_in_trouble_is_in_trouble() -> None:
    world = World()
    world.act["g/h/a"] = PermanentError("trip")
    with simulate(world, group("g", group("h", device("a")))) as sim:
        sim.run(1)
        sim.until(lambda sim: trouble(sim, "g/h/a"), within=20)
        h = sim.supervisor("g/h")
        assert trouble(sim, "g/h") is (h.phase in ("starting", "degraded", "failed"))


def test_what_is_stopped_on_purpose_is_in_no_trouble() -> None:
    world = World()
    world.act["g/a"] = PermanentError("trip")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["g/a"].state == "failed", within=20)
        sim.declare(group("g", device("a", enabled=False)))
        sim.until(lambda sim: sim["g/a"].state == "stopped", within=20)
        assert not trouble(sim, "g/a")


def test_one_whose_observation_is_too_old_is_in_trouble() -> None:
    world = World()
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["g/a"].healthy, within=20)
        assert not trouble(sim, "g/a")
        world.silent.add("g/a")
        sim.until(lambda sim: not sim["g/a"].fresh, within=60)
        assert trouble(sim, "g/a")


@pytest.mark.parametrize(("how", "expected"), [("well", False), ("badly", True)])
def test_a_temporary_one_that_ended_is_in_trouble_if_it_failed(how: str, expected: bool) -> None:
    jobs = Jobs()
    with simulate_jobs(jobs, team("t", job("a", restart="temporary"))) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["t/a"].healthy, within=20)
        jobs.end("t/a", how)
        sim.until(lambda sim: sim["t/a"].ended != "", within=20)
        sim.run(5)
        assert trouble(sim, "t/a") is expected


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("how", ["wish", "disabled", "mapping"])
def test_one_that_escalated_and_was_asked_to_stop_is_seen_stopped(world: World, how: str) -> None:
    """A parent that stops after its children waits for that: it would wait for ever."""
    mapping = {"maintenance": "stopped"} if how == "mapping" else {}
    world.act["g/a"] = PermanentError("dead")
    with simulate(world, group("g", device("a", state_mapping=mapping))) as sim:
        sim.run(400)
        g = sim.supervisor("g")
        assert g.statuses["a"].phase is Phase.FAILED
        wish, enabled = ("stopped" if how == "wish" else "running"), how != "disabled"
        child = device("a", wish=wish, enabled=enabled, state_mapping=mapping)
        sim.declare(group("g", child, wish="maintenance" if how == "mapping" else "running"))
        sim.run(10)
        assert (sim["g/a"].state, g.statuses["a"].phase) == ("stopped", Phase.STOPPED)
