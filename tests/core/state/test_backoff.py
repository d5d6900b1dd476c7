"""Delays between attempts: how they grow, and how they are drawn."""

from __future__ import annotations

import msgspec
import pytest
from job_tree import Jobs, job, team
from job_tree import simulate as simulate_jobs
from lamp_tree import World, device, group, simulate

from fsmv2 import Backoff, EngineSettings, ExponentialBackoff, PermanentError
from fsmv2.core.contract.settings import TypeSettings
from fsmv2.core.state.backoff import backoff_of


def test_the_longest_delay_doubles_up_to_the_cap() -> None:
    backoff = ExponentialBackoff()
    assert [backoff.ceiling(n) for n in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert ExponentialBackoff(base=0.5, cap=3.0).ceiling(2) == 2.0
    assert backoff.ceiling(-1) == 1.0


def test_delays_are_drawn_evenly_from_the_upper_half_of_each_step() -> None:
    drawn = [ExponentialBackoff(key=f"plant/{n}").delay(5) / 32 for n in range(2000)]
    for tenth in range(10):
        low, high = 0.5 + tenth / 20, 0.55 + tenth / 20
        share = sum(low < part <= high for part in drawn) / len(drawn)
        assert share == pytest.approx(0.1, abs=0.03), tenth


def test_delays_never_get_shorter_until_the_cap() -> None:
    for n in range(200):
        backoff = ExponentialBackoff(key=f"plant/{n}")
        delays = [backoff.delay(attempt) for attempt in range(6)]
        assert delays == sorted(delays), delays
        assert 0.5 <= delays[0] <= 1


def test_without_jitter_each_delay_is_its_whole_step() -> None:
    assert [ExponentialBackoff(jitter=0.0).delay(n) for n in range(3)] == [1, 2, 4]


def test_a_delay_depends_on_seed_path_and_attempt_and_on_nothing_else() -> None:
    first = ExponentialBackoff(base=60.0, seed=1, key="a")
    assert first.delay(0) == ExponentialBackoff(base=60.0, seed=1, key="a").delay(0)
    others = [
        ExponentialBackoff(base=60.0, seed=2, key="a").delay(0),
        ExponentialBackoff(base=60.0, seed=1, key="b").delay(0),
        first.delay(1),
    ]
    assert first.delay(0) not in others
    assert len(set(others)) == 3


def test_two_with_the_same_trouble_are_not_retried_in_step() -> None:
    world = World()
    world.act["g/a"] = world.act["g/b"] = PermanentError("no power")
    settings = EngineSettings(backoff_base=60.0)
    with simulate(world, group("g", device("a"), device("b")), settings=settings) as sim:
        sim.run(1)
        a, b = (sim.supervisor(path).attempts for path in ("g/a", "g/b"))
        assert a.count == b.count == 1
        assert abs(a.retry_at - b.retry_at) > 1


def test_the_narrowest_place_says_how_long_one_waits() -> None:
    """The child before its type's settings, these before the type, this before the engine's."""

    settings = EngineSettings(
        backoff_base=5.0,
        backoff_jitter=0.0,
        types={"lamp": TypeSettings(backoff=Backoff(cap=30.0))},
    )
    typed = Backoff(base=7.0, cap=70.0)
    tuned_type = settings.types["lamp"].backoff.over(typed)
    found = backoff_of(settings, Backoff(reset_after=9.0).over(tuned_type), 1, "a")
    assert (found.base, found.cap, found.jitter, found.reset_after) == (7.0, 30.0, 0.0, 9.0)


def test_a_child_type_and_engine_settings_reach_the_tree() -> None:
    world = World()
    world.act["g/a"] = world.act["g/b"] = world.act["g/c"] = PermanentError("no power")
    own = msgspec.structs.replace(device("a"), backoff=Backoff(base=40.0, cap=50.0, jitter=0.0))
    settings = EngineSettings(
        backoff_jitter=0.0, types={"device": TypeSettings(backoff=Backoff(base=20.0))}
    )
    with simulate(world, group("g", own, device("b")), settings=settings) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["g/a"].attempts == sim["g/b"].attempts == 1, within=10)
        assert sim["g/a"].next_delays[:2] == (50.0, 50.0)
        assert sim["g/b"].next_delays[:2] == (40.0, 60.0)
        assert 39 < sim["g/a"].retry_in <= 40
        assert 19 < sim["g/b"].retry_in <= 20


def test_a_planned_end_waits_the_base_delay_and_is_no_attempt() -> None:
    """It had been ready, and ends by itself and well, again and again, as a queue worker does."""
    jobs = Jobs()
    settings = EngineSettings(backoff_jitter=0.0)
    with simulate_jobs(jobs, team("t", job("a")), settings) as sim:
        sim.run(1)
        for _ in range(8):
            sim.until(lambda sim: sim["t/a"].state == "running", within=3)
            jobs.end("t/a", "well")
            sim.until(lambda sim: sim["t/a"].state == "stopped", within=3)
            assert "restarted in 1.0 s" in sim["t/a"].control_reason
            assert sim["t/a"].attempts == 0
        assert sim.texts("escalation", "t/a") == []


def test_planned_ends_do_not_keep_a_failure_from_being_forgotten() -> None:
    jobs = Jobs()
    with simulate_jobs(jobs, team("t", job("a"))) as sim:
        sim.run(1)
        sim.until(lambda sim: sim["t/a"].state == "running", within=3)
        jobs.end("t/a", "badly")
        sim.until(lambda sim: sim["t/a"].attempts == 1, within=3)
        for _ in range(30):
            sim.until(lambda sim: sim["t/a"].state == "running", within=5)
            sim.run(10)
            jobs.end("t/a", "well")
            sim.run(1.5)
        assert sim["t/a"].attempts == 0


def test_a_failure_between_planned_ends_is_counted_again() -> None:
    jobs = Jobs()
    with simulate_jobs(jobs, team("t", job("a"))) as sim:
        sim.run(1)
        for count in range(1, 4):
            sim.until(lambda sim: sim["t/a"].state == "running", within=10)
            sim.run(100)
            jobs.end("t/a", "well")
            sim.until(lambda sim: sim["t/a"].state == "running", within=10)
            sim.run(60)
            jobs.end("t/a", "badly")
            sim.until(lambda sim, n=count: sim["t/a"].attempts == n, within=10)
