"""Detect only: what would be done is reported, and nothing is done."""

from __future__ import annotations

import pytest
from job_tree import Jobs, job, simulate, states, team
from lamp_tree import condition

from fsmv2 import EngineSettings, Group


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_detect_only_reports_what_would_be_done_and_does_nothing(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a", detect_only=True), job("b"))) as sim:
        sim.run(10)
        assert jobs.log == ["+b"]
        said = "detect only: would run begin: it does not work"
        assert condition(sim, "t/a", "Converged") == said
        assert sim.core.counters.drifts == 1
        jobs.works["t/a"] = True  # somebody else's doing
        sim.run(10)
        assert (sim["t/a"].state, condition(sim, "t/a", "Converged")) == ("running", "")
        jobs.end("t/a", "badly")
        sim.run(400)
        assert sim.core.counters.drifts == 2
        assert jobs.log == ["+b"]


def test_detect_only_holds_below_and_ends_with_the_declaration(jobs: Jobs) -> None:
    settings = EngineSettings(detect_only=True)
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        assert jobs.log == ["+a"]
    with simulate(jobs, team("t", job("x"), job("y")), settings) as sim:
        sim.run(10)
        assert jobs.log == ["+a"]
        jobs.works["t/x"] = True
        sim.run(10)
        assert sim.stop() < 5  # nothing is stopped either
        assert jobs.works["t/x"]
    watched = team("t", job("z"))
    watched = type(watched)("t", "team", watched.user_spec, detect_only=True)
    with simulate(jobs, watched) as sim:
        sim.run(10)
        assert sim["t/z"].reason == "detect only: would run begin: it does not work"
        sim.declare(team("t", job("z")))
        sim.run(10)
        assert sim["t/z"].state == "running"
        assert condition(sim, "t/z", "Converged") == ""


def test_detect_only_restarts_nobody_and_calls_nobody(jobs: Jobs) -> None:
    group = Group("one_for_all", ("a", "b"))
    children = (job("a", detect_only=True), job("b", detect_only=True))
    with simulate(jobs, team("t", *children, groups=(group,))) as sim:
        jobs.works |= {"t/a": True, "t/b": True}
        sim.run(10)
        assert states(sim, "ab") == ["running", "running"]
        jobs.end("t/a", "badly")
        sim.run(600)
        assert [sim[f"t/{n}"].incarnation for n in "ab"] == [1, 1]
        assert jobs.works["t/b"]
        assert sim.texts("escalation") == []
