"""A person is called when retries do not help, and it is shown until it is over."""

from __future__ import annotations

import pytest
from job_tree import Jobs, job, simulate, team
from lamp_tree import (
    Device,
    World,
    condition,
    device,
    factory_for,
    group,
)
from lamp_tree import simulate as simulate_devices

from fsmv2 import (
    PermanentError,
)
from fsmv2.testing import Simulation


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_an_escalation_is_shown_until_it_is_over_and_by_whom_it_was_taken(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.acknowledge("t/a", "too early")
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.until(lambda sim: condition(sim, "t/a", "Recovers") != "", within=400, step=1)
        assert sim.texts("command", "t/a") == [
            "test acknowledges, but there is no escalation of t/a"
        ]
        assert condition(sim, "t/a", "Recovers").startswith("EscalationRequired: 5 attempts")
        sim.acknowledge("t/a", "on my way")
        sim.acknowledge("t/a", "there")
        sim.restart("t/a")
        sim.run(30)
        said = condition(sim, "t/a", "Recovers")
        assert said.endswith(" — acknowledged by test: there")
        assert said.count("acknowledged") == 1
        jobs.broken.clear()
        sim.retry("t/a")
        sim.run(400)
        assert condition(sim, "t/a", "Recovers") == ""


@pytest.fixture
def world() -> World:
    return World()


def test_an_escalation_says_what_the_type_tells_its_person_to_do(world: World) -> None:
    class Guided(Device):
        runbook = "https://plant.example/lamps"
        manual_steps = ("Look whether it is plugged in.", "Change the bulb.")

    factory = factory_for(world)
    factory.register(Guided, make=lambda: Guided(world))
    world.act["g/a"] = PermanentError("dead")
    root = group("g", device("a", worker_type="guided"))
    with Simulation(root, factory) as sim:
        sim.run(400)
        (called,) = [t for t in sim.texts("escalation") if "EscalationRequired" in t]
        assert "What to do: (1) Look whether it is plugged in. (2) Change the bulb." in called
        assert called.endswith("Runbook: https://plant.example/lamps")
        assert sim.core.counters.escalations == 1


def test_every_escalation_is_counted_and_reported_as_a_sentence(world: World) -> None:
    world.act["g/a"] = PermanentError("wrong BOX.")
    world.act["g/b"] = PermanentError("...nothing")
    with simulate_devices(world, group("g", device("a"), device("b"))) as sim:
        sim.run(400)
        assert sim.core.counters.escalations == 2
        for path, said in (("g/a", "wrong BOX"), ("g/b", "...nothing")):
            warned, called = [r for r in sim.reports if (r.kind, r.path) == ("escalation", path)]
            assert (warned.level, called.level) == ("warning", "critical")
            assert f"healthy seconds: cannot be lit: {said}. Retries go on" in called.text
