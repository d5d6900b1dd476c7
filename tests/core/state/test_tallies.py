"""What is counted by type and cause: at most so many kinds, and of no concern to a replay."""

from __future__ import annotations

from job_tree import Jobs, job, team
from job_tree import simulate as simulate_jobs
from lamp_tree import World, device, group, simulate

from fsmv2 import EngineSettings
from fsmv2 import Group as TogetherGroup
from fsmv2.core.checkpoint.take import attributes_of
from fsmv2.core.state.tallies import ERROR_TYPES, OTHER, Tallies


def test_a_checkpoint_does_not_hold_them() -> None:
    with simulate(World(), device("a")) as sim:
        assert "tallies" not in attributes_of(sim.core)


def test_classes_of_errors_that_authors_make_without_end_are_counted_as_others() -> None:
    tallies = Tallies()
    for n in range(ERROR_TYPES + 20):
        tallies.template_failed("p/a", "lamp", type(f"Error{n}", (Exception,), {})())
    assert tallies.template_errors["lamp", OTHER] == 20
    assert len(tallies.template_errors) == ERROR_TYPES + 1


def test_a_failing_template_is_known_until_it_renders_or_its_worker_is_gone() -> None:
    with simulate(World(), group("p", device("a", template="{{ .NOT }}"))) as sim:
        sim.run(1)
        assert sim.core.tallies.failing_templates == {"p/a": "device"}
        sim.declare(group("p", device("a", template="{{ .NOT }}", user={"NOT": 1})))
        sim.run(1)
        assert not sim.core.tallies.failing_templates
        sim.declare(group("p", device("a", template="{{ .NOT }}")))
        sim.run(1)
        sim.declare(group("p"))
        sim.run(30)
        assert "p/a" not in sim
        assert not sim.core.tallies.failing_templates


def test_how_far_a_change_of_a_variable_went_down() -> None:
    """From where it was made: at the root two levels, at the group below it one."""
    inner = group("in", device("a"), user={"B": 1})
    with simulate(World(), group("p", inner, user={"A": 1})) as sim:
        sim.run(1)
        assert sim.core.tallies.variable_levels == 0
        sim.set_variable("p", "A", 2)
        sim.run(1)
        assert sim.core.tallies.variable_levels == 2
        sim.set_variable("p/in", "B", 2)
        sim.run(1)
        assert sim.core.tallies.variable_levels == 1
        sim.declare(group("p", group("in", device("a"), user={"B": 1}), user={"Z": 3}))
        sim.run(1)
        assert sim.core.tallies.variable_levels == 2, "declared, as well as set"


def test_each_reason_of_a_restart_is_counted_by_type() -> None:
    """On request and for a changed spec; and what its parent did about its children."""
    with simulate(World(), group("p", device("a"), device("b"))) as sim:
        sim.run(5)
        sim.restart("p/a")
        sim.run(5)
        sim.declare(group("p", device("a", pin=1), group("b")))
        sim.run(20)
        tallies = sim.core.tallies
        assert tallies.restarts == {("device", "request"): 1, ("device", "change"): 1}
        assert tallies.reconciliations == {
            ("group", "add"): 2,
            ("group", "update"): 2,  # the spec of `p` itself, and that of `a`
            ("group", "recreate"): 2,
        }
        sim.declare(group("p"))
        sim.run(20)
        assert tallies.reconciliations["group", "remove"] == 2
        assert (tallies.cleanups, tallies.cleanup_failures) == (5, 0)


def test_a_silent_worker_is_restarted_and_one_that_will_not_stop_is_forced() -> None:
    quick = EngineSettings(collection_restarts=1, stop_deadline=1.0)
    world = World()
    with simulate(world, group("p", device("a")), settings=quick) as sim:
        sim.run(5)
        world.silent.add("p/a")
        world.stubborn.add("p/a")
        sim.until(lambda sim: bool(sim.core.tallies.restarts), within=600, step=1.0)
        assert sim.core.tallies.restarts == {("device", "silence"): 1}
        sim.run(5)
        assert sim.core.tallies.cleanup_failures == 1


def test_jobs_that_end_are_restarted_alone_or_with_their_group() -> None:
    jobs = Jobs()
    tree = team("t", job("a"), job("b"), groups=(TogetherGroup("one_for_all", ("a", "b")),))
    with simulate_jobs(jobs, tree) as sim:
        sim.run(5)
        jobs.end("t/a", "well")
        sim.run(20)
        assert sim.core.tallies.restarts == {("job", "ended"): 1, ("job", "group"): 1}
        assert sim.core.tallies.restart_failures == {}


def test_a_circuit_counts_its_checks_faults_actions_and_how_long_it_was_open() -> None:
    world = World()
    few = EngineSettings(backoff_base=1.0, backoff_cap=2.0, warn_at=1, escalate_at=2)
    with simulate(world, group("g", device("a"), device("b"), kind="guarded"), settings=few) as sim:
        sim.run(3)
        tallies = sim.core.tallies
        healthy = tallies.checks["guarded", "inside", "healthy"]
        assert healthy >= 1
        world.broken["inside"], world.lit["g/b"], world.slow["g/b"] = "a", False, 9.0
        opened = sim.now + sim.until(lambda sim: sim.core.open_circuits == 1)
        assert tallies.check_failures == {("guarded", "inside"): 1}
        assert tallies.during_circuit == {"device": 1}
        sim.until(lambda sim: bool(tallies.escalations), within=200, step=0.1)
        assert tallies.escalations == {"device": 1}
        assert tallies.restarts["device", "fault"] >= 1
        assert tallies.restart_failures["device"] >= 1
        assert tallies.recoveries == {}
        world.broken.clear()
        sim.until(lambda sim: sim.core.open_circuits == 0, within=200, step=0.1)
        assert tallies.recoveries == {"guarded": 1}
        assert abs(tallies.recovery_seconds["guarded"].read().total - (sim.now - opened)) < 1.0
        sim.run(10)
        ((type_, after),) = tallies.post_circuit_seconds.items()
        assert (type_, 1.0 < after.read().total < 9.0) == ("device", True)
        assert tallies.checks["guarded", "inside", "fault"] >= 2


def test_what_is_observed_and_why_there_is_a_tick() -> None:
    world = World()
    with simulate(world, device("a")) as sim:
        sim.run(1)
        tallies = sim.core.tallies
        assert tallies.transitions == {
            ("device", "stopped", "starting"): 1,
            ("device", "starting", "running"): 1,
        }
        assert tallies.observations == {("device", True): 2}
        assert {"created", "observation", "action"} <= {*tallies.causes}
        world.collect["a"] = OSError("no route")
        sim.run(20)
        assert tallies.observation_errors["device"] >= 2
        assert tallies.observations["device", True] == 2
