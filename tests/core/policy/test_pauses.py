"""A paused subtree: nothing in it is started, and what stops passes."""

from __future__ import annotations

import pytest
from job_tree import Jobs, job, simulate, states, team
from lamp_tree import condition

from fsmv2 import Group
from fsmv2.testing import SimulatedStore


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_in_a_paused_subtree_nothing_is_started_and_observation_goes_on(jobs: Jobs) -> None:
    with simulate(jobs, team("r", team("t", job("a")), job("d"))) as sim:
        sim.run(10)
        sim.pause("r/t", "the pump is open")
        sim.run(1)
        assert condition(sim, "r/t", "Managed").startswith("paused by test: the pump is open")
        assert sim["r/t/a"].paused == "paused by test: the pump is open (at r/t)"
        jobs.end("r/t/a", "badly")
        jobs.end("r/d", "badly")
        sim.run(30)
        assert sim["r/t/a"].observed.out == "badly"
        assert (sim["r/t/a"].state, sim["r/t/a"].reason) == ("running", sim["r/t/a"].paused)
        assert jobs.log.count("+a") == 1
        assert jobs.log.count("+d") == 2  # a neighbour is not paused
        sim.resume("r/t")
        sim.run(30)
        assert sim["r/t/a"].state == "running"
        assert jobs.log.count("+a") == 2
        assert condition(sim, "r/t", "Managed") == ""
        assert sim.texts("command", "r/t") == [
            "paused by test: the pump is open",
            "resumed by test",
        ]


def test_what_is_declared_meanwhile_is_made_and_waits(jobs: Jobs) -> None:
    with simulate(jobs, team("r", team("t", job("a")))) as sim:
        sim.run(10)
        sim.pause("r/t")
        sim.run(1)
        sim.declare(team("r", team("t", job("a"), job("b"))))
        sim.run(30)
        assert sim["r/t/b"].state == "stopped"
        assert jobs.log == ["+a"]
        sim.resume("r/t")
        sim.until(lambda sim: sim["r/t/b"].state == "running")


def test_a_changed_spec_waits_for_the_resume(jobs: Jobs) -> None:
    with simulate(jobs, job("a")) as sim:
        sim.run(10)
        sim.pause("a")
        sim.run(1)
        sim.declare(job("a", pin=1))
        sim.run(60)
        assert (sim["a"].incarnation, jobs.log) == (1, ["+a"])
        sim.resume("a")
        sim.run(20)
        assert (sim["a"].incarnation, jobs.log) == (2, ["+a", "-a", "+a"])


@pytest.mark.parametrize("how", ["stop", "removed", "disabled"])
def test_a_stop_passes_a_pause(jobs: Jobs, how: str) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.pause("t/a")
        sim.run(1)
        if how == "stop":
            assert sim.stop() < 10
        else:
            children = [job("a", enabled=False)] if how == "disabled" else []
            sim.declare(team("t", *children))
            sim.run(20)
        assert jobs.log == ["+a", "-a"]
        assert sim.core.paused == {} or how == "disabled"


def test_a_pause_belongs_to_the_path_and_outlasts_a_restart(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.pause("t/a")
        sim.restart("t/a")
        sim.run(20)
        assert sim["t/a"].incarnation == 2
        assert sim["t/a"].state == "stopped"
        assert condition(sim, "t/a", "Managed") != ""
        sim.resume("t/a")
        sim.run(10)
        assert sim["t/a"].state == "running"


def test_members_of_a_group_that_are_paused_are_left_alone(jobs: Jobs) -> None:
    group = Group("one_for_all", ("a", "b"))
    with simulate(jobs, team("t", job("a"), job("b"), groups=(group,))) as sim:
        sim.run(10)
        sim.pause("t/b")
        sim.run(1)
        jobs.end("t/a", "badly")
        sim.run(30)
        assert sim["t/a"].state == "running"
        assert (sim["t/b"].incarnation, jobs.log.count("+b")) == (1, 1)


def test_a_pause_outlasts_the_program_with_a_store(jobs: Jobs) -> None:
    store = SimulatedStore()
    tree = team("t", job("a"), job("b"))
    with simulate(jobs, tree, store=store) as sim:
        sim.run(10)
        sim.pause("t/a", "hands in the machine")
        sim.run(5)
        store.lose()
        sim.restart("t/b")  # something to write, which finds out
        sim.run(20)
    jobs.works.clear()
    with simulate(jobs, tree, store=store) as sim:
        sim.run(20)
        assert states(sim, "ab") == ["stopped", "running"]
        assert sim["t/a"].paused == "paused by test: hands in the machine"
        assert condition(sim, "t/a", "Managed") != ""
        sim.resume("t/a")
        sim.run(10)
        assert sim["t/a"].state == "running"
    with simulate(jobs, tree, store=store) as sim:
        sim.run(10)
        assert sim["t/a"].paused == ""
