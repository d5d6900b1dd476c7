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
from fsmv2.core.phases.publish import publish
from fsmv2.core.state.conditions import CIRCUIT, RECOVERS
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


DUPLICATES = (device("a"), device("a"))
UNKNOWN = (device("a", state_mapping={"*": "shining"}),)


@pytest.mark.parametrize(
    ("children", "type_", "said"),
    [
        (DUPLICATES, "ChildrenAccepted", "two children are named 'a'"),
        (UNKNOWN, "Mapped", "asks for 'shining', which device does not know"),
    ],
)
def test_a_false_condition_of_a_parent_shows_in_its_health_until_it_is_gone(
    children: tuple[ChildSpec, ...], type_: str, said: str
) -> None:
    """Its own state says nothing of it, so its health and its reason do, to its parent as well."""
    with simulate(World(), group("top", group("g", device("a")))) as sim:
        sim.run(20)
        assert sim["top/g"].healthy
        assert not trouble(sim, "top/g")
        sim.declare(group("top", group("g", *children)))
        sim.run(1)
        assert [one.type for one in sim["top/g"].conditions] == [type_]
        assert (sim["top/g"].phase, sim["top/g"].healthy) == (Phase.RUNNING, False)
        assert trouble(sim, "top/g")
        seen = sim.supervisor("top").statuses["g"]
        assert not seen.healthy
        assert said in seen.reason
        assert sim["top"].healthy  # nothing is wrong with what it declares itself
        sim.declare(group("top", group("g", device("a"))))
        sim.run(1)
        assert sim["top/g"].healthy
        assert sim["top/g"].reason == "runs"
        assert not trouble(sim, "top/g")


def test_a_list_that_is_refused_from_the_start_leaves_its_parent_unhealthy() -> None:
    """There is no child then that could be in trouble."""
    with simulate(World(), group("g", *DUPLICATES)) as sim:
        sim.run(20)
        assert (sim["g"].state, sim["g"].healthy) == ("running", False)
        assert "two children are named 'a'" in sim["g"].reason


def test_a_derive_that_fails_leaves_a_parent_unhealthy_while_its_children_go_on() -> None:
    world = World()
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(20)
        world.derive["g"] = ValueError("no such group")
        sim.declare(group("g", device("a"), wish="maintenance"))
        sim.run(1)
        assert (sim["g"].state, sim["g"].healthy, sim["g/a"].healthy) == ("running", False, True)
        assert "no such group" in sim["g"].reason


def test_a_pause_of_a_parent_and_a_condition_of_a_leaf_leave_both_healthy() -> None:
    """A pause was asked for; a leaf says by its state how the thing does."""
    world = World()
    with simulate(world, group("g", device("a", template="{{ .X }}"), user={"X": 1})) as sim:
        sim.run(20)
        sim.pause("g", "maintenance")
        world.derive["a"] = ValueError("no such device")
        sim.declare(group("g", device("a", template="{{ .X }}"), user={"X": 2}))
        sim.run(1)
        assert [one.type for one in sim["g"].conditions] == ["Managed"]
        assert sim["g"].healthy
        sim.resume("g")
        sim.run(20)
        assert [one.type for one in sim["g/a"].conditions] == ["Derived"]
        assert sim["g/a"].healthy


def test_a_page_that_goes_away_with_five_healthy_minutes_is_no_harm_to_health() -> None:
    """Or it would never go away."""
    with simulate(World(), group("g", device("a"))) as sim:
        sim.run(20)
        s = sim.supervisor("g")
        sim.core.set_condition(s, RECOVERS, "it has escalated")
        sim.run(1)
        assert sim["g"].healthy
        sim.core.set_condition(s, CIRCUIT, "a does not answer")
        sim.run(1)
        assert not sim["g"].healthy


def test_a_gate_is_the_reason_before_a_condition() -> None:
    """It says what the worker waits for now."""
    world = World()
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(20)
        sim.declare(group("g", *DUPLICATES))
        sim.run(1)
        s = sim.supervisor("g")
        s.gate = "waits for an observation"
        publish(sim.core, s)
        assert (s.status.reason, s.status.healthy) == ("waits for an observation", False)


def test_one_that_is_kept_stopped_reports_what_keeps_it_so_and_not_the_words_of_its_state() -> None:
    jobs = Jobs()
    with simulate_jobs(jobs, team("t", job("a"), job("b", requires=["a"]))) as sim:
        sim.run(5)
        sim.declare(team("t", job("a", enabled=False), job("b", requires=["a"])))
        sim.run(5)
        assert sim["t/a"].reason == "disabled"
        assert sim["t/b"].reason == "requires t/a, which is to stop"
        sim.stop_path("t", "cleaning")
        sim.run(5)
        assert sim["t"].reason.startswith("stopped")
        assert "cleaning" in sim["t"].reason
        assert sim["t/b"].reason == "t is disabled"
