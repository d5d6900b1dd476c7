"""What a person may ask: resume, retry, and a path that is not there."""

from __future__ import annotations

import pytest
from job_tree import Jobs, job, simulate, team

from fsmv2 import EngineSettings
from fsmv2.core import SignalRequested, SignalSent
from fsmv2.core.life.requests import LATEST_END


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.mark.parametrize("what", ["pause", "resume", "retry", "restart", "acknowledge"])
def test_a_command_for_an_unknown_path_is_answered_with_the_nearest(jobs: Jobs, what: str) -> None:
    with simulate(jobs, team("t", job("motor"))) as sim:
        sim.run(1)
        getattr(sim, what)("t/moter")
        sim.run(1)
        said = sim.texts("command", "t")[-1]
        assert f"test cannot {what}: 't/moter' does not exist" in said
        assert "Did you mean 't/motor'?" in said


def test_a_resume_where_nothing_is_paused_says_where_the_pause_is(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(1)
        sim.pause("t")
        sim.resume("t/a")
        sim.run(1)
        assert sim.texts("command", "t/a") == [
            "test cannot resume: t/a itself is not paused; it is paused by test (at t)"
        ]


def test_retry_now_tries_what_waits_without_forgetting_what_was_counted(jobs: Jobs) -> None:
    settings = EngineSettings(backoff_base=3000.0, backoff_cap=3000.0)
    with simulate(jobs, team("t", job("a"), job("b")), settings) as sim:
        sim.run(10)
        jobs.end("t/a", "badly")
        sim.run(10)
        assert sim["t/a"].state == "failed"
        sim.retry("t")
        sim.run(5)
        assert sim["t/a"].state == "running"
        assert sim["t/a"].attempts == 1
        assert jobs.log.count("+b") == 1


def test_retry_now_restarts_what_had_ended(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a", "temporary"))) as sim:
        sim.run(10)
        jobs.end("t/a", "badly")
        sim.run(10)
        assert sim["t/a"].state == "stopped"
        sim.retry("t/a")
        sim.run(10)
        assert sim["t/a"].state == "running"


def test_retry_now_makes_a_worker_that_could_not_be_made(jobs: Jobs) -> None:
    settings = EngineSettings(backoff_base=3000.0, backoff_cap=3000.0)
    missing = type(job("a"))("a", "later", job("a").user_spec)
    with simulate(jobs, team("t", missing), settings) as sim:
        sim.run(10)
        sim.core.factory.register_alias("later", "job")
        sim.run(10)
        assert sim["t/a"].state == "stopped"
        sim.retry("t/a")
        sim.run(10)
        assert sim["t/a"].state == "running"


@pytest.mark.parametrize("until", [-1.0, LATEST_END, float("inf"), float("nan")])
def test_an_end_that_is_no_time_is_refused(jobs: Jobs, until: float) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(1)
        sim.stop_path("t/a", until=until)
        sim.run(1)
        assert "test cannot stop: it cannot end at" in sim.texts("command", "t/a")[-1]
        assert sim.core.overrides == {}
        sim.stop_path("t/a", until=LATEST_END - 1)
        sim.run(1)
        assert sim["t/a"].overrides == ("stopped by test until 9999-12-31T23:59:59.000Z",)


def test_a_signal_is_recorded_with_who_and_why_and_what_became_of_it(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.post(SignalRequested("t/a", "HUP", "anna", "new limits"))
        sim.post(SignalSent("t/a", "HUP", 7))
        sim.post(SignalSent("t/a", "USR1", error="pid 7 has ended"))
        sim.post(SignalSent("t/gone", "HUP", 7))
        sim.run(1)
        assert sim.texts("command", "t/a") == [
            "signal HUP requested by anna: new limits",
            "signal HUP was sent to pid 7",
            "signal USR1 was not sent: pid 7 has ended",
        ]


def test_a_signal_to_what_is_to_be_left_alone_is_refused(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.pause("t", "hands in it")
        sim.post(SignalRequested("t/a", "HUP", "anna"))
        sim.run(1)
        assert sim.texts("command", "t/a") == [
            "anna cannot signal: t/a is paused by test: hands in it (at t). Resume it first."
        ]
        sim.resume("t")
        sim.stop_path("t/a")
        sim.run(1)
        sim.post(SignalRequested("t/a", "HUP", "anna"))
        sim.run(1)
        assert "t/a is stopped by test. Start it first" in sim.texts("command", "t/a")[-1]
