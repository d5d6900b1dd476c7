"""What a person may ask: pause and resume, retry now, acknowledge; and detect-only trees."""

from __future__ import annotations

import pytest
from job_tree import Jobs, job, simulate, states, team
from lamp_tree import condition

from fsmv2 import EngineSettings, Group
from fsmv2.core.state.parts import pause_from_json
from fsmv2.testing import SimulatedStore


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


# ---- pause and resume ---------------------------------------------------------------------------


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


@pytest.mark.parametrize("what", ["pause", "resume", "retry", "restart", "acknowledge"])
def test_a_command_for_a_path_that_is_not_there_is_answered_with_the_nearest(
    jobs: Jobs, what: str
) -> None:
    with simulate(jobs, team("t", job("motor"))) as sim:
        sim.run(1)
        getattr(sim, what)("t/moter")
        sim.run(1)
        said = sim.texts("command", "t")[-1]
        assert f"test asks to {what} 't/moter', which is not there" in said
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


def test_a_stored_pause_that_cannot_be_read_is_a_pause() -> None:
    pause = pause_from_json("{")
    assert str(pause) == "paused by somebody: what was stored of it cannot be read"
    assert pause.at == 0.0  # nobody knows when


# ---- retry now ----------------------------------------------------------------------------------


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


def test_retry_now_begins_again_what_had_ended(jobs: Jobs) -> None:
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


# ---- acknowledge --------------------------------------------------------------------------------


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


# ---- detect only --------------------------------------------------------------------------------


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
