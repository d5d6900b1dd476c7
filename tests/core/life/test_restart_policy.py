"""Restart policies, groups and significant children: OTP's truth tables for supervisors.

https://www.erlang.org/doc/system/sup_princ.html, read for workers that are FSMs: a child *fails*
(abnormal exit) or *finishes* (normal exit).
"""

from __future__ import annotations

from typing import Any

import pytest
from job_tree import Jobs, job, simulate, states, team
from lamp_tree import Device, World, device
from lamp_tree import group as group_of
from lamp_tree import simulate as simulate_lamps

from fsmv2 import EngineSettings, Group, Phase, goto


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def begun(jobs: Jobs, name: str) -> int:
    return jobs.log.count(f"+{name}")


# ---- one for one --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("restart", "how", "again"),
    [
        ("permanent", "well", True),
        ("permanent", "badly", True),
        ("transient", "well", False),
        ("transient", "badly", True),
        ("temporary", "well", False),
        ("temporary", "badly", False),
    ],
)
def test_a_child_is_restarted_by_its_restart_policy(
    jobs: Jobs, restart: str, how: str, again: bool
) -> None:
    with simulate(jobs, team("t", job("a", restart), job("b"))) as sim:
        sim.run(5)
        assert states(sim, "ab") == ["running", "running"]
        ticks = sim["t/b"].ticks
        jobs.end("t/a", how)
        sim.run(30)
        assert sim["t/a"].state == ("running" if again else "stopped")
        assert begun(jobs, "a") == (2 if again else 1)
        assert begun(jobs, "b") == 1
        assert sim["t/b"].ticks - ticks <= 1  # no more than a resync: siblings are not touched
        if not again:
            word = "finished" if how == "well" else "failed"
            assert sim["t/a"].control_reason.startswith(word)
            assert "ended" in {r.kind for r in sim.reports if r.path == "t/a"}


def test_a_permanent_child_that_keeps_finishing_backs_off_and_calls_a_person(jobs: Jobs) -> None:
    jobs.short.add("t/a")
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(1)
        for attempt in range(1, 7):
            sim.until(lambda sim, n=attempt: sim["t/a"].attempts >= n, within=70)
            assert "permanent, so it is restarted in" in sim["t/a"].control_reason
        sim.run(1)
        assert any("EscalationRequired" in text for text in sim.texts("escalation", "t/a"))
        assert sim.supervisor("t").statuses["a"].phase is Phase.FAILED
        assert "permanent, so it is restarted in" in sim["t/a"].reason
        sim.declare(team("t", job("a", enabled=False)))
        sim.run(1)
        assert sim.supervisor("t").statuses["a"].phase is Phase.STOPPED


@pytest.mark.parametrize("change", ["spec", "enabled", "policy", "restart"])
def test_one_that_ended_is_restarted_when_a_person_wants_it(jobs: Jobs, change: str) -> None:
    with simulate(jobs, team("t", job("a", "temporary"))) as sim:
        sim.run(5)
        jobs.end("t/a", "badly")
        sim.run(30)
        assert sim["t/a"].state == "stopped"
        if change == "restart":
            sim.restart("t/a")
        elif change == "enabled":
            sim.declare(team("t", job("a", "temporary", enabled=False)))
            sim.run(5)
            sim.declare(team("t", job("a", "temporary")))
        else:
            new = {"spec": job("a", "temporary", pin=1), "policy": job("a", "transient")}[change]
            sim.declare(team("t", new))
        sim.run(10)
        assert sim["t/a"].state == "running"


def test_one_that_ended_stops_what_somebody_else_starts(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a", "transient"))) as sim:
        sim.run(5)
        jobs.end("t/a", "well")
        sim.run(10)
        jobs.works["t/a"] = True
        sim.run(10)
        assert not jobs.works["t/a"]


def test_a_permanent_root_is_restarted_like_any_child(jobs: Jobs) -> None:
    with simulate(jobs, job("a")) as sim:
        sim.run(10)
        jobs.end("a", "well")
        sim.run(10)
        assert (sim["a"].state, begun(jobs, "a")) == ("running", 2)


@pytest.mark.parametrize("change", ["after", "spec"])
def test_one_that_ended_stays_so_when_only_its_place_among_others_changes(
    jobs: Jobs, change: str
) -> None:
    with simulate(jobs, team("t", job("a", "temporary"), job("b"))) as sim:
        sim.run(5)
        jobs.end("t/a", "badly")
        sim.run(10)
        changed = job("a", "temporary", **{"after": {"after": ["b"]}, "spec": {"pin": 1}}[change])
        sim.declare(team("t", changed, job("b")))
        sim.run(10)
        assert sim["t/a"].state == ("stopped" if change == "after" else "running")


@pytest.mark.parametrize("how", ["disabled", "removed"])
def test_one_that_fails_while_it_is_to_stop_has_not_ended_by_itself(how: str) -> None:
    world = World()
    world.slow["g/a"] = 9.0
    a = device("a", restart="temporary")
    with simulate_lamps(world, group_of("g", a)) as sim:
        sim.run(1)
        assert sim["g/a"].state == "starting"
        world.step["g/a"] = lambda: goto(Device.failed, "the fuse has blown")
        children = [device("a", restart="temporary", enabled=False)] if how == "disabled" else []
        sim.declare(group_of("g", *children))
        sim.run(0.5)
        assert "starting → failed: the fuse has blown" in sim.texts("transition", "g/a")
        assert sim.texts("ended") == []
        world.step.clear()


# ---- groups -------------------------------------------------------------------------------------

MEMBERS = "abc"


@pytest.mark.parametrize("fails", MEMBERS)
@pytest.mark.parametrize("strategy", ["one_for_all", "rest_for_one"])
@pytest.mark.parametrize(
    ("restart", "how", "triggers"),
    [
        ("permanent", "well", True),
        ("permanent", "badly", True),
        ("transient", "well", False),
        ("transient", "badly", True),
        ("temporary", "well", False),
        ("temporary", "badly", False),
    ],
)
def test_who_is_restarted_with_whom(
    jobs: Jobs, strategy: Any, fails: str, restart: str, how: str, triggers: bool
) -> None:
    """Beside the group stands `d`, which no group may ever touch."""
    group = Group(strategy, tuple(MEMBERS))
    children = [job(n, restart if n == fails else "permanent") for n in "abcd"]
    with simulate(jobs, team("t", *children, groups=(group,))) as sim:
        sim.run(10)
        assert states(sim, "abcd") == ["running"] * 4
        jobs.end(f"t/{fails}", how)
        sim.run(40)
        taken = group.affected(fails) if triggers else ()
        for name in "abcd":
            expected = 2 if name in taken or (name == fails and triggers) else 1
            assert begun(jobs, name) == expected, (name, jobs.log)
            runs = name != fails or triggers
            assert sim[f"t/{name}"].state == ("running" if runs else "stopped")
            assert sim[f"t/{name}"].incarnation == (2 if name in taken else 1)


@pytest.mark.parametrize(
    ("restart", "ended_before", "state", "times"),
    [
        ("permanent", False, "running", 2),
        ("transient", False, "running", 2),
        ("transient", True, "running", 2),  # as in OTP: it is begun, though it had finished
        ("temporary", False, "stopped", 1),
        ("temporary", True, "stopped", 1),
    ],
)
def test_what_becomes_of_a_member_whose_group_is_restarted(
    jobs: Jobs, restart: str, ended_before: bool, state: str, times: int
) -> None:
    group = Group("one_for_all", ("a", "b"))
    with simulate(jobs, team("t", job("a"), job("b", restart), groups=(group,))) as sim:
        sim.run(10)
        if ended_before:
            jobs.end("t/b", "well")
            sim.run(10)
            assert sim["t/b"].state == "stopped"
        jobs.end("t/a", "badly")
        sim.run(40)
        assert sim["t/a"].state == "running"
        assert (sim["t/b"].state, begun(jobs, "b")) == (state, times)
        if restart == "temporary" and not ended_before:
            assert "temporary, so it is not" in sim["t/b"].control_reason


def test_a_member_that_waits_for_its_own_backoff_is_not_restarted_by_another(
    jobs: Jobs,
) -> None:
    group = Group("one_for_all", ("a", "b"))
    settings = EngineSettings(backoff_base=60.0)
    with simulate(jobs, team("t", job("a"), job("b"), groups=(group,)), settings) as sim:
        sim.run(10)
        jobs.broken.add("t/b")
        jobs.end("t/b", "badly")
        sim.run(2)
        assert (sim["t/b"].state, sim["t/a"].incarnation) == ("failed", 2)
        sim.until(lambda sim: sim["t/b"].attempts == 2, within=100)
        sim.run(0.1)
        assert (sim["t/b"].state, sim["t/b"].incarnation) == ("failed", 1)
        before = sim["t/b"].incarnation
        jobs.end("t/a", "badly")
        sim.run(2)
        assert sim["t/b"].incarnation == before


def test_a_member_that_has_not_started_is_not_restarted(jobs: Jobs) -> None:
    group = Group("one_for_all", ("a", "b"))
    waits = job("b", requires=["x"])
    tree = team("t", job("a"), waits, job("x", enabled=False), groups=(group,))
    with simulate(jobs, tree) as sim:
        sim.run(10)
        assert states(sim, "ab") == ["running", "stopped"]
        jobs.end("t/a", "badly")
        sim.run(20)
        assert (sim["t/a"].state, sim["t/b"].incarnation) == ("running", 1)
        assert sim.texts("stop", "t/b") == []


def test_a_member_whose_group_ended_it_does_not_end_its_parent(jobs: Jobs) -> None:
    """Significant is who ends by itself, as in OTP."""
    children = (job("a"), job("b", "temporary", significant=True))
    group = Group("one_for_all", ("a", "b"))
    inner = team("t", *children, groups=(group,), auto_stop="any_significant", restart="transient")
    with simulate(jobs, team("r", inner)) as sim:
        sim.run(10)
        jobs.end("r/t/a", "badly")
        sim.run(30)
        assert states(sim, "ab", "r/t") == ["running", "stopped"]
        assert sim["r/t"].state == "running"


def test_the_others_wait_until_the_one_that_failed_comes_back(jobs: Jobs) -> None:
    group = Group("one_for_all", ("a", "b"))
    settings = EngineSettings(backoff_base=20.0)
    with simulate(jobs, team("t", job("a"), job("b"), groups=(group,)), settings) as sim:
        sim.run(10)
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.until(lambda sim: sim["t/b"].incarnation == 2)
        sim.until(
            lambda sim: (
                sim["t/b"].reason == "restarts with t/a, which is failed: waits to try again"
            )
        )
        jobs.broken.clear()
        sim.until(lambda sim: states(sim, "ab") == ["running", "running"], within=100)
        assert jobs.log.index("+b", jobs.log.index("-b")) > jobs.log.index("-b")


def test_two_of_a_group_that_fail_do_not_wait_for_each_other(jobs: Jobs) -> None:
    group = Group("one_for_all", ("a", "b"))
    with simulate(jobs, team("t", job("a"), job("b"), groups=(group,))) as sim:
        sim.run(10)
        jobs.broken |= {"t/a", "t/b"}
        jobs.end("t/a", "badly")
        jobs.end("t/b", "badly")
        sim.run(120)
        jobs.broken.clear()
        sim.until(lambda sim: states(sim, "ab") == ["running", "running"], within=130)


def test_a_member_that_requires_another_one_keeps_its_backoff(jobs: Jobs) -> None:
    """It is stopped when that one is restarted with it, and may not forget that it failed."""
    group = Group("one_for_all", ("a", "b"))
    with simulate(jobs, team("t", job("a"), job("b", requires=["a"]), groups=(group,))) as sim:
        sim.run(10)
        jobs.broken.add("t/b")
        jobs.end("t/b", "badly")
        sim.run(120)
        assert 3 <= begun(jobs, "a") < 20, "as often as the backoff of b lets it"
        jobs.broken.clear()
        sim.until(lambda sim: states(sim, "ab") == ["running", "running"], within=130)


def test_a_group_stops_backwards_and_starts_in_order(jobs: Jobs) -> None:
    group = Group("rest_for_one", ("a", "b", "c"))
    with simulate(jobs, team("t", job("c"), job("b"), job("a"), groups=(group,))) as sim:
        sim.run(20)
        jobs.end("t/a", "badly")
        sim.run(60)
        assert jobs.log == ["+a", "+b", "+c", "-c", "-b", "+a", "+b", "+c"]
        sim.stop()
        assert jobs.log[8:] == ["-c", "-b", "-a"]


def test_a_group_that_is_changed_holds_from_then_on(jobs: Jobs) -> None:
    children = (job("a"), job("b"))
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(10)
        sim.declare(team("t", *children, groups=(Group("one_for_all", ("a", "b")),)))
        sim.run(5)
        assert (begun(jobs, "a"), begun(jobs, "b")) == (1, 1)
        before = begun(jobs, "b")
        jobs.end("t/a", "badly")
        sim.run(40)
        assert begun(jobs, "b") == before + 1
        sim.declare(team("t", *children))
        sim.run(20)
        before = begun(jobs, "b")
        jobs.end("t/a", "badly")
        sim.run(40)
        assert begun(jobs, "b") == before


# ---- significant children -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auto_stop", "restart", "ends", "how", "stops"),
    [
        ("any_significant", "transient", "a", "well", True),
        ("any_significant", "transient", "a", "badly", False),
        ("any_significant", "temporary", "a", "badly", True),
        ("any_significant", "transient", "c", "well", False),  # it is not significant
        ("all_significant", "transient", "a", "well", False),
        ("all_significant", "transient", "ab", "well", True),
    ],
)
def test_significant_children_end_their_parent(
    jobs: Jobs, auto_stop: str, restart: str, ends: str, how: str, stops: bool
) -> None:
    children = [job(n, restart, significant=True) for n in "ab"] + [job("c", "transient")]
    inner = team("t", *children, auto_stop=auto_stop, restart="transient")
    with simulate(jobs, team("r", inner, job("d"))) as sim:
        sim.run(10)
        for name in ends:
            jobs.end(f"r/t/{name}", how)
        sim.run(40)
        assert sim["r/t"].state == ("stopped" if stops else "running")
        assert sim["r/d"].state == "running"
        if stops:
            assert states(sim, "abc", "r/t") == ["stopped"] * 3
            assert "its significant" in sim["r/t"].control_reason
            assert begun(jobs, "c") == 1


def test_a_permanent_parent_that_its_significant_child_ended_restarts_all(jobs: Jobs) -> None:
    children = [job("a", "transient", significant=True), job("c", "transient")]
    inner = team("t", *children, auto_stop="any_significant")
    with simulate(jobs, team("r", inner)) as sim:
        sim.run(10)
        jobs.end("r/t/c", "well")
        sim.run(10)
        jobs.end("r/t/a", "well")
        sim.run(60)
        assert sim["r/t"].state == "running"
        assert states(sim, "ac", "r/t") == ["running", "running"]
        assert (begun(jobs, "a"), begun(jobs, "c")) == (2, 2)


def test_each_end_of_a_parent_by_its_significant_child_is_an_attempt(jobs: Jobs) -> None:
    """It may be a failure that ended that child: so it backs off, and pages somebody in the end."""
    inner = team("t", job("a", "temporary", significant=True), auto_stop="any_significant")
    with simulate(jobs, team("r", inner)) as sim:
        for attempt in (1, 2):
            sim.run(10)
            jobs.end("r/t/a", "badly")
            sim.until(lambda sim, n=attempt: sim["r/t"].attempts == n, within=5)
            assert "its significant a ended" in sim["r/t"].control_reason


def test_the_end_of_significant_children_goes_up_the_tree(jobs: Jobs) -> None:
    leaf = team(
        "t",
        job("a", "transient", significant=True),
        auto_stop="any_significant",
        restart="transient",
        significant=True,
    )
    with simulate(jobs, team("r", leaf, job("d"), auto_stop="all_significant")) as sim:
        sim.run(10)
        jobs.end("r/t/a", "well")
        sim.run(30)
        assert [sim[p].state for p in ("r", "r/t", "r/t/a", "r/d")] == ["stopped"] * 4


# ---- escalation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["isolate", "restart"])
def test_a_parent_isolates_a_child_whose_retries_failed_or_restarts_all(
    jobs: Jobs, policy: str
) -> None:
    inner = team("t", job("a"), job("b"), escalation=policy)
    with simulate(jobs, team("r", inner, job("d"))) as sim:
        sim.run(10)
        jobs.broken.add("r/t/a")
        jobs.end("r/t/a", "badly")
        sim.until(lambda sim: bool(sim.texts("escalation", "r/t/a")[1:]), within=400, step=1)
        sim.run(100)
        again = policy == "restart"
        assert (sim["r/t"].incarnation >= 2) is again
        assert (begun(jobs, "b") >= 2) is again
        assert begun(jobs, "d") == 1
        jobs.broken.clear()
        sim.until(lambda sim: states(sim, "ab", "r/t") == ["running"] * 2, within=200, step=1)


def test_a_temporary_worker_that_stays_silent_ends_once() -> None:
    world = World()
    with simulate_lamps(world, group_of("g", device("a", restart="temporary"))) as sim:
        sim.run(10)
        world.silent.add("g/a")
        sim.run(2000)
        assert sim.texts("ended", "g/a") == [
            "its collection stays silent; temporary, so it is not restarted"
        ]
        assert sim["g/a"].incarnation == 1


@pytest.mark.parametrize("by", ["a person", "another policy"])
def test_a_restart_that_was_due_later_is_dropped_once_it_has_started(jobs: Jobs, by: str) -> None:
    """Begun before its time, ended for good since: the time it waited for must not revive it."""
    settings = EngineSettings(backoff_base=60.0)
    with simulate(jobs, team("t", job("a")), settings) as sim:
        sim.run(10)
        jobs.end("t/a", "well")
        sim.run(2)
        due = sim.supervisor("t/a").timers["restart"]
        assert due > sim.now + 10
        if by == "a person":
            sim.retry("t/a")
            sim.run(3)
        sim.declare(team("t", job("a", "temporary")))
        sim.run(1)
        assert sim["t/a"].state == "running"
        jobs.end("t/a", "badly")
        sim.run(due - sim.now + 10)
        assert sim["t/a"].state == "stopped"
