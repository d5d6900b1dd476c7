"""`after` and `requires` among siblings: who starts when, who runs only while another does."""

from __future__ import annotations

import pytest
from job_tree import Jobs, TeamSpec, job, simulate, states, team

from fsmv2 import ChildSpec, EngineSettings, Group


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_a_child_starts_after_its_siblings_and_stops_before_them(jobs: Jobs) -> None:
    children = [job("c", after=["b"]), job("b", after=["a"]), job("a")]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(5)
        assert states(sim, "abc") == ["running"] * 3
        gates = [record.gate for record in sim.records("t/c")]
        assert "starts after t/b, which is stopped" in gates
        sim.stop()
        assert jobs.log == ["+a", "+b", "+c", "-c", "-b", "-a"]


def test_one_that_depends_on_a_path_and_starts_after_a_sibling_stops_before_both(
    jobs: Jobs,
) -> None:
    children = [job("a"), job("b"), job("c", after=["b"], depends_on=["t/a"])]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(10)
        assert states(sim, "abc") == ["running"] * 3
        sim.stop()
        assert jobs.log[3] == "-c"


@pytest.mark.parametrize("why", ["disabled", "ended", "failed", "not created"])
def test_after_waits_for_nobody_who_does_not_come(jobs: Jobs, why: str) -> None:
    """It is an order, not a need: who is off or has had its turn holds nobody up."""
    first = {
        "disabled": job("a", enabled=False),
        "ended": job("a", "temporary"),
        "failed": job("a"),
        "not created": job("a"),
    }[why]
    if why == "not created":
        first = type(first)("a", "no-such-type", first.user_spec)
    if why in ("ended", "failed"):
        jobs.broken.add("t/a")
    settings = EngineSettings(backoff_base=50.0)
    with simulate(jobs, team("t", first, job("b", after=["a"])), settings) as sim:
        sim.run(20)
        assert sim["t/b"].state == "running"
        assert sim["t/a"].state != "running"


def test_once_started_after_is_ignored(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b", after=["a"]))) as sim:
        sim.run(10)
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.run(30)
        assert sim["t/a"].state != "running"
        assert (sim["t/b"].state, jobs.log.count("+b")) == ("running", 1)


def test_who_requires_a_sibling_runs_only_while_it_does(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b", requires=["a"]), job("c"))) as sim:
        sim.run(10)
        assert states(sim, "abc") == ["running"] * 3
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.until(lambda sim: sim["t/b"].state == "stopped")
        assert sim["t/b"].control_reason.startswith("requires t/a, which is ")
        stops = [found.text for found in sim.reports if "→ stopping" in found.text]
        assert stops == ["running → stopping: asked to stop: requires t/a, which is failed"]
        jobs.broken.clear()
        sim.until(lambda sim: states(sim, "ab") == ["running"] * 2)
        assert jobs.log.count("+c") == 1


@pytest.mark.parametrize("how", ["disabled", "removed", "restarted", "asked by its spec"])
def test_who_is_required_stops_after_those_that_require_it(jobs: Jobs, how: str) -> None:
    c, b = job("c", requires=["b"]), job("b", requires=["a"])
    with simulate(jobs, team("t", job("a"), b, c)) as sim:
        sim.run(15)
        assert jobs.log == ["+a", "+b", "+c"]
        if how == "disabled":
            sim.declare(team("t", job("a", enabled=False), b, c))
        elif how == "removed":
            sim.declare(team("t"))
        elif how == "restarted":
            sim.restart("t/a")
        else:
            sim.declare(team("t", job("a", pin=1), b, c))
        sim.run(20)
        assert jobs.log[3:6] == ["-c", "-b", "-a"]
        assert jobs.log[6:] == ([] if how in ("disabled", "removed") else ["+a", "+b", "+c"])


def test_one_that_finished_for_good_is_as_good_as_one_that_runs(jobs: Jobs) -> None:
    """A migration that is done lets the application start, and keeps it running."""
    children = [job("migrate", "transient"), job("app", requires=["migrate"])]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(10)
        jobs.end("t/migrate", "well")
        sim.run(20)
        assert states(sim, ["migrate", "app"]) == ["stopped", "running"]
        assert jobs.log == ["+migrate", "+app"]


def test_one_that_ended_badly_for_good_keeps_those_that_require_it_down(jobs: Jobs) -> None:
    jobs.broken.add("t/a")
    with simulate(jobs, team("t", job("a", "temporary"), job("b", requires=["a"]))) as sim:
        sim.run(20)
        assert states(sim, "ab") == ["stopped", "stopped"]
        assert sim["t/b"].control_reason == "requires t/a, which is to stop"


def test_a_change_of_the_order_holds_at_once(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b"))) as sim:
        sim.run(10)
        sim.declare(team("t", job("a", enabled=False), job("b", requires=["a"])))
        sim.run(10)
        assert states(sim, "ab") == ["stopped", "stopped"]
        assert jobs.log == ["+a", "+b", "-b", "-a"]


def test_a_circle_of_siblings_is_refused_and_the_children_stay(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b"))) as sim:
        sim.run(10)
        assert states(sim, "ab") == ["running", "running"]
        bad = [job("a", after=["b"]), job("b", requires=["a"])]
        sim.declare(team("t", *bad))
        sim.run(30)
        reason = next(c.reason for c in sim["t"].conditions if c.type == "Derived")
        assert "a → b → a" in reason


def test_a_circle_through_dependencies_is_named_and_stops_all_the_same(jobs: Jobs) -> None:
    children = [job("a", depends_on=["t/b"]), job("b", after=["a"])]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(20)
        assert states(sim, "ab") == ["running", "running"]
        named = [r.text for r in sim.reports if "is circular" in r.text]
        assert named
        assert sim.stop() < 10


def test_nothing_is_left_of_siblings_that_are_gone(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b", after=["a"]))) as sim:
        sim.run(10)
        sim.declare(team("t", job("a")))
        sim.run(10)
        assert sim.core.dependents == {}


@pytest.mark.parametrize("done", ["finished", "running"])
def test_each_of_those_it_requires_counts(jobs: Jobs, done: str) -> None:
    """One that has done its part does not stand for the next."""
    first = job("a", "transient")
    with simulate(jobs, team("t", first, job("b"), job("c", requires=["a", "b"]))) as sim:
        sim.run(10)
        assert sim["t/c"].state == "running"
        if done == "finished":
            jobs.end("t/a", "well")
            sim.run(5)
        sim.declare(team("t", first, job("b", enabled=False), job("c", requires=["a", "b"])))
        sim.run(10)
        assert sim["t/c"].state == "stopped"
        assert sim["t/c"].control_reason == "requires t/b, which is to stop"


def test_what_a_required_sibling_is_doing_is_reported(jobs: Jobs) -> None:
    jobs.broken.add("t/a")
    settings = EngineSettings(backoff_base=60.0)
    with simulate(jobs, team("t", job("a"), job("b", requires=["a"])), settings) as sim:
        sim.run(3)
        assert sim["t/a"].state == "failed"
        assert sim["t/b"].control_reason == "requires t/a, which is failed"
        assert sim["t/b"].reason == "requires t/a, which is failed", "not the words of its state"


def test_one_that_rests_between_two_runs_is_not_there(jobs: Jobs) -> None:
    """A permanent child that finished is restarted after its backoff: until then it is down."""
    settings = EngineSettings(backoff_base=60.0)
    with simulate(jobs, team("t", job("a"), job("b", requires=["a"])), settings) as sim:
        sim.run(10)
        assert states(sim, "ab") == ["running", "running"]
        jobs.end("t/a", "well")
        sim.run(4)
        assert states(sim, "ab") == ["stopped", "stopped"]
        sim.until(lambda sim: states(sim, "ab") == ["running", "running"], within=100)


def test_who_waits_for_its_turn_stays_as_it_is(jobs: Jobs) -> None:
    """It does not even leave its first state, and says for whom it waits."""
    children = [job("a", detect_only=True), job("b", after=["a"])]
    with simulate(jobs, team("t", *children)) as sim:
        sim.run(10)
        assert states(sim, "ab") == ["starting", "stopped"]
        assert sim["t/b"].reason == "starts after t/a, which is starting"
        jobs.works["t/a"] = True
        sim.run(10)
        assert states(sim, "ab") == ["running", "running"]


def test_nobody_waits_for_a_member_of_its_group_that_is_switched_off(jobs: Jobs) -> None:
    """Though that one has failed and its backoff is long."""
    group = Group("one_for_all", ("a", "b"))
    settings = EngineSettings(backoff_base=60.0)
    with simulate(jobs, team("t", job("a"), job("b"), groups=(group,)), settings) as sim:
        sim.run(10)
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.run(4)
        assert sim["t/b"].reason.startswith("restarts with t/a, which is failed")
        sim.declare(team("t", job("a", enabled=False), job("b"), groups=(group,)))
        sim.run(4)
        assert states(sim, "ab") == ["stopped", "running"]


def test_a_root_has_no_siblings_to_wait_for(jobs: Jobs) -> None:
    """Even if it depends on something."""
    with simulate(jobs, job("a", depends_on=["b"])) as sim:
        sim.run(10)
        assert (sim["a"].state, sim["a"].reason) == ("running", "it works")


def test_only_running_siblings_that_require_it_are_woken_when_one_is_to_stop(jobs: Jobs) -> None:
    """Not one that is off already, and not a cousin whose own sibling has the same name."""
    off, c = job("b", requires=["a"], enabled=False), job("c", requires=["a"])
    cousins = team("u", job("a"), job("b", requires=["a"], depends_on=["r/t/a"]))
    with simulate(jobs, team("r", team("t", job("a"), off, c), cousins)) as sim:
        sim.run(15)
        jobs.log.clear()
        sim.declare(team("r", team("t", job("a", enabled=False), off, c), cousins))
        sim.run(10)
        assert jobs.log == ["-c", "-a"]
        told = {
            path: [c for r in sim.records(path) for c in r.causes if c.kind == "sibling"]
            for path in ("r/t/b", "r/t/c", "r/u/b")
        }
        assert [str(cause) for cause in told["r/t/c"]] == ["sibling a is to stop"]
        assert told["r/t/c"][0].origin > 0
        assert (told["r/t/b"], told["r/u/b"]) == ([], [])


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


def test_h82_after_waits_for_none_that_lacks_one_of_two_for_good(jobs: Jobs) -> None:
    """Though the other is on its way."""
    jobs.slow["t/a"] = 4.0
    held = job("b", requires=["off", "a"])
    children = [job("off", enabled=False), job("a"), held, job("c", after=["b"])]
    with simulate(jobs, team("t", *children), EngineSettings(resync=1000.0)) as sim:
        sim.run(3)
        assert states(sim, "abc") == ["starting", "stopped", "running"]


def test_h82_past_each_of_several_that_are_held_back_nobody_waits_any_longer(jobs: Jobs) -> None:
    def declared(*, enabled: bool) -> ChildSpec:
        held = [job(name, requires=["a"]) for name in ("b1", "b2")]
        beyond = [job("c1", after=["b1"]), job("c2", after=["b2"])]
        return team("t", job("a", enabled=enabled), *held, *beyond)

    jobs.slow["t/a"] = 4.0
    with simulate(jobs, declared(enabled=True), EngineSettings(resync=1000.0)) as sim:
        sim.run(1.5)
        assert states(sim, ["c1", "c2"]) == ["stopped", "stopped"]
        sim.declare(declared(enabled=False))
        sim.run(10)
        assert states(sim, ["b1", "b2", "c1", "c2"]) == ["stopped"] * 2 + ["running"] * 2


def test_after_does_not_wait_for_one_that_is_switched_off_while_it_waits_itself(
    jobs: Jobs,
) -> None:
    def declared(*, enabled: bool) -> ChildSpec:
        held = job("b", requires=["a"], enabled=enabled)
        return team("t", job("a"), held, job("c", after=["b"]))

    jobs.slow["t/a"] = 4.0
    with simulate(jobs, declared(enabled=True), EngineSettings(resync=1000.0)) as sim:
        sim.run(1.5)
        assert sim["t/b"].reason == "requires t/a, which is starting"
        assert sim["t/c"].reason == "starts after t/b, which is stopped"
        sim.declare(declared(enabled=False))
        sim.run(1)
        assert sim["t/b"].reason == "disabled"
        assert states(sim, "abc") == ["starting", "stopped", "running"]


def test_after_does_not_wait_for_one_that_requires_what_is_not_there(jobs: Jobs) -> None:
    """Its new declaration is refused, and the old one requires one that is gone since."""
    with simulate(jobs, team("t", job("a"), job("b", requires=["a"]))) as sim:
        sim.run(10)
        refused = ChildSpec("b", "job", TeamSpec())
        sim.declare(team("t", refused))
        sim.run(10)
        assert "t/a" not in sim
        assert sim["t/b"].state == "stopped"
        sim.declare(team("t", refused, job("c", after=["b"])))
        sim.run(10)
        assert states(sim, "bc") == ["stopped", "running"]


def test_who_waits_for_one_that_stays_as_it_is_hears_nothing_of_what_that_requires(
    jobs: Jobs,
) -> None:
    """It is told past one that is held back, not past one that runs or is off itself."""
    between = [job("runs", requires=["a"]), job("off", after=["a"], enabled=False)]
    beyond = [job(f"after-{b.name}", after=[b.name], enabled=False) for b in between]

    with simulate(jobs, team("t", job("a", "transient"), *between, *beyond)) as sim:

        def told(name: str) -> int:
            """How often it was ticked because of `a`."""
            causes = [cause for record in sim.records(f"t/{name}") for cause in record.causes]
            return sum(str(cause).startswith("status of t/a:") for cause in causes)

        sim.run(10)
        names = ["runs", *(spec.name for spec in beyond)]
        before = [told(name) for name in names]
        jobs.end("t/a", "well")
        sim.run(10)
        assert states(sim, ["a", "runs"]) == ["stopped", "running"]
        assert [told(name) for name in names] == [before[0] + 1, *before[1:]]


def test_a_group_waits_out_the_backoff_of_a_member_that_was_stopped_since(jobs: Jobs) -> None:
    """Were it forgotten, the members would restart each other as fast as they can."""

    def declared(*, enabled: bool) -> ChildSpec:
        children = [job("z", enabled=enabled), job("a", requires=["z"]), job("b")]
        return team("t", *children, groups=(Group("one_for_all", ("a", "b")),))

    settings = EngineSettings(backoff_base=60.0, backoff_jitter=0.0, resync=1000.0)
    with simulate(jobs, declared(enabled=True), settings) as sim:
        sim.run(10)
        assert states(sim, "zab") == ["running"] * 3
        jobs.end("t/a", "badly")
        sim.until(lambda sim: sim["t/a"].state == "failed")
        sim.declare(declared(enabled=False))
        sim.run(50)
        assert states(sim, "zab") == ["stopped"] * 3
        assert sim["t/b"].reason.startswith("restarts with t/a, which is stopped")
        sim.run(13)
        assert states(sim, "zab") == ["stopped", "stopped", "running"]
