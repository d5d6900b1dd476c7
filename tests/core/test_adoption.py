"""What an earlier run of the program left running is taken over, also where siblings are required.

Not looked at yet is not down: who requires a sibling that nothing is known of waits, and leaves
alone what stands there. And `after` waits for one that itself still waits.
"""

from __future__ import annotations

import pytest
from job_tree import Jobs, job, simulate, states, team

from fsmv2 import EngineSettings


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def left_running(jobs: Jobs, *names: str) -> None:
    """These run already, as after a kill -9 of the program that supervised them."""
    for name in names:
        jobs.works[f"t/{name}"] = True


@pytest.mark.parametrize("names", ["abc", "cba", "bca"], ids="-".join)
def test_h81_a_chain_of_requires_that_runs_is_taken_over_whole(jobs: Jobs, names: str) -> None:
    left_running(jobs, *names)
    declared = {"a": job("a"), "b": job("b", requires=["a"]), "c": job("c", requires=["b"])}
    with simulate(jobs, team("t", *(declared[name] for name in names))) as sim:
        sim.run(10)
        assert states(sim, "abc") == ["running"] * 3
        assert jobs.log == []


def test_h81_who_waits_for_the_first_look_at_a_sibling_says_so(jobs: Jobs) -> None:
    left_running(jobs, "a", "b")
    with simulate(jobs, team("t", job("b", requires=["a"]), job("a"))) as sim:
        sim.run(10)
        gates = [record.gate for record in sim.records("t/b")]
        assert "requires t/a, and whether that runs is not known yet" in gates


def test_h81_what_requires_one_that_is_found_down_is_ended_first(jobs: Jobs) -> None:
    left_running(jobs, "b")
    with simulate(jobs, team("t", job("a"), job("b", requires=["a"]))) as sim:
        sim.run(20)
        assert states(sim, "ab") == ["running"] * 2
        assert sorted(jobs.log[:2]) == ["+a", "-b"]
        assert jobs.log[2:] == ["+b"]


def test_h81_what_requires_a_finished_one_shot_that_is_done_again_is_left_alone(
    jobs: Jobs,
) -> None:
    left_running(jobs, "app")
    children = [job("migrate", "transient"), job("app", requires=["migrate"])]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(5)
        assert states(sim, ["migrate", "app"]) == ["running", "running"]
        jobs.end("t/migrate", "well")
        sim.run(10)
        assert states(sim, ["migrate", "app"]) == ["stopped", "running"]
        assert jobs.log == ["+migrate"]


@pytest.mark.parametrize("why", ["disabled", "failed"])
def test_h81_what_requires_one_that_will_not_run_is_ended(jobs: Jobs, why: str) -> None:
    left_running(jobs, "b")
    jobs.broken.add("t/a")
    first = job("a", "temporary", enabled=why != "disabled")
    with simulate(jobs, team("t", first, job("b", requires=["a"]))) as sim:
        sim.run(20)
        assert (sim["t/b"].state, jobs.works["t/b"]) == ("stopped", False)


def test_h81_what_requires_one_that_cannot_be_created_is_left_alone_until_the_stop(
    jobs: Jobs,
) -> None:
    left_running(jobs, "b")
    missing = type(job("a"))("a", "no-such-type", job("a").user_spec)
    with simulate(jobs, team("t", missing, job("b", requires=["a"]))) as sim:
        sim.run(60)
        assert jobs.log == []
        assert sim["t/b"].reason == "requires t/a, and whether that runs is not known yet"
        sim.stop()
        assert jobs.log == ["-b"]


def test_h82_after_waits_for_one_that_is_held_back_by_what_it_requires(jobs: Jobs) -> None:
    children = [job("c", after=["b"]), job("b", requires=["a"]), job("a", after=["z"]), job("z")]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(20)
        assert jobs.log == ["+z", "+a", "+b", "+c"]


def test_h82_after_waits_over_two_that_are_held_back(jobs: Jobs) -> None:
    children = [job("d", after=["c"]), job("c", requires=["b"]), job("b", requires=["a"]), job("a")]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(20)
        assert jobs.log == ["+a", "+b", "+c", "+d"]


@pytest.mark.parametrize("why", ["disabled", "ended", "failed", "disabled later"])
def test_h82_after_does_not_wait_for_one_held_back_by_one_that_does_not_come(
    jobs: Jobs, why: str
) -> None:
    kind = "temporary" if why == "ended" else "permanent"
    held = [job("b", requires=["a"]), job("c", after=["b"])]
    if why in ("ended", "failed"):
        jobs.broken.add("t/a")
    settings = EngineSettings(backoff_base=50.0, resync=1000.0)
    jobs.slow["t/a"] = 3.0
    first = job("a", kind, enabled=why != "disabled", after=["z"])
    with simulate(jobs, team("t", job("z"), first, *held), settings) as sim:
        if why == "disabled later":
            sim.run(1)
            assert sim["t/c"].state == "stopped"
            sim.declare(team("t", job("z"), job("a", enabled=False), *held))
        sim.run(30)
        assert (sim["t/b"].state, sim["t/c"].state) == ("stopped", "running")
