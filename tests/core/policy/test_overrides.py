"""What an operator asked of a path: a pause, a stop, a variable set by hand."""

from __future__ import annotations

import pytest
from busy_tree import restore
from job_tree import Jobs, job, simulate, states, team
from lamp_tree import World, by_hand, condition, device, group
from lamp_tree import simulate as simulate_lamps

from fsmv2 import ChildSpec, EngineSettings, Group
from fsmv2.core import Cause
from fsmv2.core.checkpoint.take import checkpoint
from fsmv2.core.policy import overrides
from fsmv2.core.state.override_data import overrides_from_json, overrides_to_json
from fsmv2.testing import ByHand, SimulatedStore, Simulation


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
        assert list(sim.core.overrides) == ["t/a"], "it belongs to the path"


def test_a_pause_belongs_to_the_path_and_outlasts_a_restart(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.restart("t/a")
        sim.pause("t/a")
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


# ---- stop and start -----------------------------------------------------------------------------


def test_a_stop_ranks_as_disabled_and_a_start_ends_it(jobs: Jobs) -> None:
    with simulate(jobs, team("r", team("t", job("a")), job("d"))) as sim:
        sim.run(10)
        sim.stop_path("r/t", "cleaning")
        sim.run(20)
        assert (sim["r/t/a"].state, sim["r/d"].state) == ("stopped", "running")
        assert sim["r/t"].control_reason == "stopped by test: cleaning"
        assert sim["r/t/a"].control_reason == "r/t is disabled"
        assert sim["r/t/a"].overrides == ("stopped by test: cleaning (at r/t)",)
        assert condition(sim, "r/t", "Managed") == "stopped by test: cleaning"
        sim.start_path("r/t")
        sim.run(20)
        assert sim["r/t/a"].state == "running"
        assert condition(sim, "r/t", "Managed") == ""
        assert sim["r/t/a"].overrides == ()
        assert sim.texts("command", "r/t") == ["stopped by test: cleaning", "started by test"]


def test_a_stop_for_a_while_ends_by_itself(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.stop_path("t/a", until=sim.core.wall() + 60)
        sim.run(59)
        assert sim["t/a"].state == "stopped"
        sim.run(10)
        assert sim["t/a"].state == "running"
        assert sim.texts("command", "t/a")[-1] == "started by the end of its time"


def test_a_start_has_what_had_ended_run_again(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a", "temporary"))) as sim:
        sim.run(10)
        jobs.end("t/a", "well")
        sim.run(10)
        assert sim["t/a"].ended
        sim.stop_path("t/a")
        sim.run(10)
        sim.start_path("t/a")
        sim.run(10)
        assert (sim["t/a"].state, jobs.log.count("+a")) == ("running", 2)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("t/a", "test cannot start: t/a itself is not stopped; it is stopped by test (at t)"),
        ("t/b", "test cannot start: t/b is disabled where it is declared"),
        ("u", "test cannot start: u is not stopped"),
    ],
)
def test_a_start_of_what_is_not_stopped_says_why_not(jobs: Jobs, path: str, text: str) -> None:
    tree = team("r", team("t", job("a"), job("b", enabled=False)), job("u"))
    with simulate(jobs, tree) as sim:
        sim.run(10)
        if path == "t/a":
            sim.stop_path("r/t")
        elif path == "t/b":
            sim.stop_path("r/u")
        sim.run(10)
        if path == "u":
            assert sim["r/u"].state == "running"
        sim.start_path(f"r/{path}")
        sim.run(1)
        expected = text.replace("start: ", "start: r/", 1).replace("(at t)", "(at r/t)")
        assert sim.texts("command", f"r/{path}")[-1] == expected


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("pause", "r/t/a is paused by test (at r/t). Resume it first."),
        ("stop_path", "r/t/a is stopped by test (at r/t). Start it first."),
        ("disable", "r/t/a is disabled where it is declared"),
    ],
)
def test_what_may_not_run_is_neither_restarted_nor_retried(jobs: Jobs, how: str, says: str) -> None:
    with simulate(jobs, team("r", team("t", job("a")), job("u"))) as sim:
        sim.run(10)
        if how == "disable":
            sim.declare(team("r", team("t", job("a", enabled=False)), job("u")))
        else:
            getattr(sim, how)("r/t")
        sim.run(20)
        log = [*jobs.log]
        sim.restart("r/t/a")
        sim.retry("r/t/a")
        sim.run(20)
        assert sim.texts("command", "r/t/a") == [
            f"test cannot restart: {says}",
            f"test cannot retry: {says}",
        ]
        assert (sim["r/t/a"].incarnation, jobs.log) == (1, log)


def test_a_path_that_is_not_there_is_reported_with_the_nearest(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("filler"))) as sim:
        sim.run(10)
        sim.stop_path("t/fillr")
        sim.run(1)
        (text,) = sim.texts("command", "t")
        assert text.startswith("test cannot stop: 't/fillr' does not exist. Did you mean")
        assert sim.core.overrides == {}


def test_an_override_outlasts_its_path_and_can_be_ended_without_it(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b"))) as sim:
        sim.run(10)
        sim.stop_path("t/a", "broken")
        sim.run(10)
        sim.declare(team("t", job("b")))
        sim.run(20)
        assert "t/a" not in sim.core.by_path
        assert list(sim.core.overrides) == ["t/a"]
        sim.declare(team("t", job("a"), job("b")))
        sim.run(20)
        assert (sim["t/a"].state, sim["t/a"].control_reason) == (
            "stopped",
            "stopped by test: broken",
        )
        sim.declare(team("t", job("b")))
        sim.run(20)
        sim.start_path("t/a")
        sim.run(1)
        assert sim.core.overrides == {}
        assert sim.texts("command", "t")[-1] == "t/a: started by test"


def test_a_stop_outlasts_the_program_and_its_time_goes_on_meanwhile(jobs: Jobs) -> None:
    store = SimulatedStore()
    tree = team("t", job("a"), job("b"))
    with simulate(jobs, tree, store=store) as sim:
        sim.run(10)
        sim.stop_path("t/a", "broken")
        sim.stop_path("t/b", until=sim.core.wall() + 5)
        sim.run(1)
        assert sim.core.store is not None
        assert sim.core.store.overrides_waiting == {}
    jobs.works.clear()
    with simulate(jobs, tree, store=store) as sim:
        sim.run(20)
        assert states(sim, "ab") == ["stopped", "running"]
        assert sim["t/a"].overrides == ("stopped by test: broken",)


@pytest.mark.parametrize("by", [-3600.0, 3600.0])
def test_h50_a_stop_lasts_as_long_as_was_asked_though_the_clock_is_set(
    jobs: Jobs, by: float
) -> None:
    """Neither does it begin what is being worked on too early, nor never."""
    store = SimulatedStore()
    tree = team("t", job("a"))
    with simulate(jobs, tree, store=store) as sim:
        sim.run(10)
        sim.stop_path("t/a", until=sim.core.wall() + 1800)
        sim.run(600)
        before = sim.core.wall()
        sim.supervision.clock_set_by += by
        sim.run(600)
        assert sim.core.wall() == pytest.approx(before + by + 600, abs=2)
        assert sim["t/a"].state == "stopped"
        (stored,) = store.overrides()
        until = overrides_from_json(stored.overrides).stop.until  # type: ignore[union-attr]
        assert until == pytest.approx(sim.core.wall() + 600, abs=2), "right for the next start, too"
        sim.run(590)
        assert sim["t/a"].state == "stopped"
        sim.run(30)
        assert sim["t/a"].state == "running"
        assert store.overrides() == ()


def test_while_the_store_fails_an_override_is_in_force_and_written_later(jobs: Jobs) -> None:
    store = SimulatedStore()
    with simulate(jobs, team("t", job("a")), store=store) as sim:
        sim.run(10)
        store.fails = "the disk is full"
        sim.stop_path("t/a")
        sim.run(20)
        assert sim["t/a"].state == "stopped"
        assert sim.core.store is not None
        assert list(sim.core.store.overrides_waiting) == ["t/a"]
        store.fails = ""
        sim.run(60)
        assert sim.core.store.overrides_waiting == {}
        assert [one.path for one in store.overrides()] == ["t/a"]


def test_a_stopped_path_may_write_nothing(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.stop_path("t", "hands in the machine")
        asked = "stop requested by test: hands in the machine"
        assert jobs.refusals["t/a"]() == asked, "from the moment it is asked for"
        sim.run(20)
        assert jobs.refusals["t/a"]() == "stopped by test: hands in the machine (at t)"


# ---- those that last, and those of a path that is gone -------------------------------------------

HOURLY = EngineSettings(override_warning=3600.0)


def warnings(sim: Simulation, path: str) -> list[str]:
    found = [r for r in sim.reports if r.kind == "command" and r.level == "warning"]
    return [report.text for report in found if report.path == path]


def test_by_default_an_override_is_warned_of_daily() -> None:
    assert EngineSettings().override_warning == 86_400.0


def test_one_that_lasts_is_warned_of_once_and_then_each_time_that_passes(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b")), HOURLY) as sim:
        sim.run(10)
        sim.pause("t/a", "hands in it")
        sim.stop_path("t/b")
        sim.run(3500)
        assert warnings(sim, "t/a") == []
        assert sim["t/a"].overrides == ("paused by test: hands in it",)
        sim.run(200)
        told = "in force for 1 hour: paused by test: hands in it. `resume` ends it"
        assert warnings(sim, "t/a") == [told]
        assert warnings(sim, "t/b") == ["in force for 1 hour: stopped by test. `start` ends it"]
        assert sim["t/a"].overrides == ("paused by test: hands in it (in force for 1 hour)",)
        sim.resume("t/a")
        sim.run(3600)
        assert warnings(sim, "t/a") == [told], "it is over"
        assert [text[:20] for text in warnings(sim, "t/b")] == [
            "in force for 1 hour:",
            "in force for 2 hours",
        ]


def test_one_is_not_warned_of_where_that_is_not_wanted(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a")), EngineSettings(override_warning=0.0)) as sim:
        sim.run(10)
        sim.pause("t/a")
        sim.run(4000)
        assert warnings(sim, "t/a") == []
        assert "override" not in sim.core.by_path["t/a"].timers


def test_a_new_instance_and_a_new_start_do_not_warn_again(jobs: Jobs) -> None:
    store = SimulatedStore()
    tree = team("t", job("a"))
    with simulate(jobs, tree, HOURLY, store=store) as sim:
        sim.run(10)
        sim.stop_path("t/a")
        sim.run(3700)
        assert len(warnings(sim, "t/a")) == 1
        sim.start_path("t/a")
        sim.pause("t/a")
        sim.run(3700)
        sim.declare(team("t"))
        sim.run(20)
        sim.declare(tree)
        sim.run(60)
        assert len(warnings(sim, "t/a")) == 2
    jobs.works.clear()
    with simulate(jobs, tree, HOURLY, store=store) as sim:
        sim.core.epoch += 7500  # it did not run for a moment
        sim.run(60)
        assert warnings(sim, "t/a") == warnings(sim, "t") == []
        (found,) = sim["t/a"].overrides
        assert found.startswith("paused by test (in force for ")


def test_a_variable_that_is_set_for_long_is_named() -> None:
    with simulate_lamps(World(), lamps(), settings=HOURLY) as sim:
        sim.run(10)
        sim.set_variable("g/a", "PORT", 503, "it moved")
        sim.run(3700)
        assert warnings(sim, "g/a") == [
            "in force for 1 hour: PORT set by test: it moved. `unset` ends it"
        ]
        assert config(sim, "g/a") == 503, "a warning changes nothing"


def test_one_of_a_path_that_is_gone_is_warned_of_at_the_root(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"), job("b")), HOURLY) as sim:
        sim.run(10)
        sim.pause("t/a", "broken")
        sim.declare(team("t", job("b")))
        sim.run(3700)
        assert warnings(sim, "t") == [
            "t/a: in force for 1 hour: paused by test: broken. `resume` ends it"
        ]
        sim.resume("t/a")
        sim.run(3700)
        assert len(warnings(sim, "t")) == 1
        assert "absent override" not in sim.core.by_path["t"].timers


def test_one_of_a_path_that_is_gone_ends_in_time_though_the_root_was_restarted(
    jobs: Jobs,
) -> None:
    store = SimulatedStore()
    with simulate(jobs, team("t", job("a"), job("b")), store=store) as sim:
        sim.run(10)
        sim.stop_path("t/a", "broken", until=sim.core.wall() + 100)
        sim.run(5)
    with simulate(jobs, team("t", job("b")), store=store) as sim:
        sim.run(20)
        sim.restart("t")
        sim.run(5)
        assert sim["t"].incarnation == 2
        assert sim.core.overrides
        sim.run(100)
        assert not sim.core.overrides


def test_one_ends_in_time_though_its_path_is_gone_and_leaves_the_list(jobs: Jobs) -> None:
    store = SimulatedStore()
    with simulate(jobs, team("t", job("a"), job("b")), store=store) as sim:
        sim.run(10)
        sim.stop_path("t/a", "broken", until=sim.core.wall() + 100)
        sim.run(10)
        sim.declare(team("t", job("b")))
        sim.run(80)
        assert list(sim.core.overrides) == ["t/a"]
        sim.run(20)
        assert sim.core.overrides == {}
        assert sim.texts("command", "t")[-1] == "t/a: started by the end of its time"
        assert list(store.overrides()) == []


def test_one_that_ended_while_nothing_ran_leaves_the_list_though_its_path_is_gone(
    jobs: Jobs,
) -> None:
    store = SimulatedStore()
    with simulate(jobs, team("t", job("a"), job("b")), store=store) as sim:
        sim.run(10)
        sim.stop_path("t/a", until=sim.core.wall() + 5)
        sim.run(1)
    jobs.works.clear()
    with simulate(jobs, team("t", job("b")), store=store) as sim:
        sim.run(30)
        assert sim.core.overrides == {}
        assert list(store.overrides()) == []


# ---- set and unset ------------------------------------------------------------------------------


def config(sim: Simulation, path: str) -> object:
    desired = sim.core.by_path[path].desired
    return None if desired is None else desired.config


def lamps() -> ChildSpec:
    a = device("a", template="{{ .PORT }}")
    b = device("b", template="{{ .PORT }}", user={"PORT": 9})
    return group("g", a, b, user={"PORT": 502})


def test_a_variable_set_by_hand_overlays_its_path_and_all_below() -> None:
    world = World()
    with simulate_lamps(world, lamps()) as sim:
        sim.run(10)
        assert (config(sim, "g/a"), config(sim, "g/b")) == (502, 9)
        sim.set_variable("g", "PORT", 503, "it moved")
        sim.run(5)
        assert (config(sim, "g/a"), config(sim, "g/b")) == (503, 9), "what is declared below wins"
        sim.set_variable("g/b", "PORT", 7)
        sim.run(5)
        assert config(sim, "g/b") == 7
        assert sim["g/a"].overrides == ("PORT set by test: it moved (at g)",)
        sim.unset_variable("g", "PORT")
        sim.unset_variable("g/b", "PORT")
        sim.run(5)
        assert (config(sim, "g/a"), config(sim, "g/b")) == (502, 9)
        assert sim.core.overrides == {}


def test_a_variable_that_nobody_knows_is_refused_with_the_nearest() -> None:
    with simulate_lamps(World(), lamps()) as sim:
        sim.run(10)
        sim.set_variable("g/a", "PROT", 503)
        sim.set_variable("g/a", "location_path", "x")
        sim.unset_variable("g/a", "PORT")
        sim.set_variable("g/a", "global.PORT", 503)
        sim.run(1)
        texts = sim.texts("command", "g/a")
        assert texts[3].endswith("'global.PORT' holds for all workers: change it in the document.")
        assert texts[0].startswith("test cannot set: g/a has no variable 'PROT'. Did you mean")
        assert "no variable 'location_path'" in texts[1]
        assert texts[2] == "test cannot unset: 'PORT' is not set by hand at g/a."
        assert sim.core.overrides == {}


def test_what_is_the_engines_or_no_value_is_not_set() -> None:
    a = device("a", template="{{ .PORT }}", user={"PORT": 1, "location": "of a derive"})
    with simulate_lamps(World(), group("g", a)) as sim:
        sim.run(10)
        sim.set_variable("g/a", "location", "x")
        sim.set_variable("g/a", "PORT", {"env": "PORT"})
        sim.set_variable("g/a", "PORT", 2, until=-1.0)
        sim.run(1)
        not_known, secret, no_end = sim.texts("command", "g/a")
        assert not_known == "test cannot set: g/a has no variable 'location'. Known: PORT."
        assert secret.startswith("test cannot set: PORT cannot be made a secret by hand. Declare")
        assert no_end == "test cannot set: it cannot end at -1.0 s: that is not a time"
        assert sim.core.overrides == {}


def test_what_is_set_for_a_while_is_as_declared_again_after_it() -> None:
    with simulate_lamps(World(), lamps()) as sim:
        sim.run(10)
        sim.set_variable("g/a", "PORT", 1, until=sim.core.wall() + 60)
        sim.stop_path("g/a", until=sim.core.wall() + 30)
        sim.run(31)
        assert sim["g/a"].overrides == (sim["g/a"].overrides[0],)
        assert sim["g/a"].overrides[0].startswith("PORT set by test until ")
        sim.run(31)
        assert config(sim, "g/a") == 502
        assert sim.core.overrides == {}


def test_what_is_declared_anew_stays_overlaid() -> None:
    with simulate_lamps(World(), lamps()) as sim:
        sim.run(10)
        sim.set_variable("g/a", "PORT", 503)
        sim.run(5)
        sim.declare(group("g", device("a", template="{{ .PORT }}!"), user={"PORT": 600}))
        sim.run(5)
        assert config(sim, "g/a") == "503!"


def test_overrides_are_part_of_a_checkpoint() -> None:
    with simulate_lamps(World(), lamps()) as sim:
        sim.run(10)
        sim.set_variable("g/a", "PORT", 503)
        sim.stop_path("g/b", "broken", until=sim.core.wall() + 600)
        sim.run(5)
        again = restore(checkpoint(sim.core), sim.core.factory)
        assert again.overrides == sim.core.overrides
        assert again.by_path["g/b"].overrides == sim.core.overrides["g/b"]


def told(tree: ByHand) -> dict[str, tuple[Cause, ...]]:
    """Path → why it is to be ticked, of all that are."""
    while tree.core.fan_out:
        tree.core.fan_out_some()
    return {path: s.take_causes()[0] for path, s in tree.core.by_path.items() if s.causes}


def test_all_below_hear_of_a_pause_and_of_its_end_and_the_parent_of_its_end() -> None:
    """The checks of the parent may find fault again with what was paused."""
    tree = by_hand(group("r", group("g", device("a")), device("b")))
    tree.tick()
    overrides.pause(tree.core, tree["r/g"], "ann", "cleaning")
    paused = (Cause("command", "paused at r/g"),)
    assert told(tree) == {"r/g": paused, "r/g/a": paused}
    overrides.resume(tree.core, "r/g", "ann")
    resumed = (Cause("command", "resumed at r/g"),)
    assert told(tree) == {"r": resumed, "r/g": resumed, "r/g/a": resumed}


def test_the_root_is_paused_and_resumed_like_any_other() -> None:
    tree = by_hand(device("a"))
    tree.tick()
    overrides.pause(tree.core, tree["a"], "ann", "")
    assert overrides.paused_by(tree["a"]) == "paused by ann"
    overrides.resume(tree.core, "a", "ann")
    assert overrides.paused_by(tree["a"]) == ""


def test_who_hears_of_a_stop_a_set_and_of_their_ends_and_why() -> None:
    tree = by_hand(group("r", device("a", template="{{ .PORT }}", user={"PORT": 1})))
    tree.tick()
    core, a = tree.core, tree["r/a"]
    told(tree)
    overrides.stop(core, a, "ann", "", None)
    assert told(tree) == dict.fromkeys(("r", "r/a"), (Cause("command", "stopped at r/a"),))
    overrides.start(core, "r/a", "ann")
    assert told(tree) == dict.fromkeys(("r", "r/a"), (Cause("command", "started at r/a"),))
    overrides.set_variable(core, a, "PORT", 2, "ann", "", None)
    assert told(tree) == {"r/a": (Cause("command", "PORT set at r/a"),)}
    overrides.unset_variable(core, "r/a", "PORT", "ann")
    assert told(tree) == {"r/a": (Cause("command", "PORT as declared at r/a"),)}


def test_one_variable_is_as_declared_again_and_the_others_stay_set() -> None:
    tree = by_hand(device("a", user={"PORT": 1, "HOST": 2}))
    tree.tick()
    for name in ("PORT", "HOST"):
        overrides.set_variable(tree.core, tree["a"], name, 9, "ann", "", None)
    overrides.unset_variable(tree.core, "a", "PORT", "ann")
    assert dict(overrides.of(tree.core, "a").values) == {"HOST": 9}


def test_all_that_concerns_a_worker_is_said_of_it_its_own_first() -> None:
    tree = by_hand(group("r", device("a")))
    tree.tick()
    overrides.pause(tree.core, tree["r"], "ann", "")
    overrides.stop(tree.core, tree["r/a"], "bob", "", None)
    assert overrides.override_texts(tree["r/a"]) == ("stopped by bob", "paused by ann (at r)")
    overrides.pause(tree.core, tree["r/a"], "eve", "")
    conditions = tree["r/a"].conditions
    assert conditions is not None
    assert conditions["Managed"].reason == (
        "paused by eve; it is observed, nothing in it is started; stopped by bob"
    )


def test_to_end_what_is_not_there_changes_nothing() -> None:
    tree = by_hand(device("a"))
    tree.tick()
    overrides.resume(tree.core, "a", "ann")
    assert tree.core.overrides == {}


def test_what_is_over_when_it_is_asked_for_ends_at_once_and_no_timer_is_left(jobs: Jobs) -> None:
    with simulate(jobs, job("a")) as sim:
        sim.run(10)
        sim.stop_path("a", until=sim.core.wall() - 5)
        sim.run(0.5)
        assert sim.core.overrides == {}
        sim.stop_path("a", until=sim.core.wall() + 500)
        sim.run(1)
        assert "override" in sim.supervisor("a").timers
        sim.start_path("a")
        sim.run(1)
        assert "override" not in sim.supervisor("a").timers


def test_a_silence_changes_nothing_of_what_is_supervised(jobs: Jobs) -> None:
    with simulate(jobs, team("r", team("t", job("a")))) as sim:
        sim.run(10)
        sim.silence("r/t", "the belt is changed")
        sim.run(1)
        assert sim["r/t/a"].overrides == ("silenced by test: the belt is changed (at r/t)",)
        jobs.end("r/t/a", "badly")
        sim.run(30)
        assert sim["r/t/a"].state == "running"
        assert jobs.log.count("+a") == 2
        sim.unsilence("r/t")
        sim.run(1)
        assert sim["r/t/a"].overrides == ()


def test_a_silence_ends_by_itself_and_by_its_opposite_alone(jobs: Jobs) -> None:
    with simulate(jobs, team("r", job("a"))) as sim:
        sim.run(10)
        sim.silence("r/a", until=sim.core.wall() + 60)
        sim.run(1)
        assert overrides.is_silenced(sim.core.overrides, "r/a/below")
        assert not overrides.is_silenced(sim.core.overrides, "r")
        assert not overrides.is_silenced(sim.core.overrides, "r/ab")
        sim.resume("r/a")
        sim.run(1)
        assert overrides.is_silenced(sim.core.overrides, "r/a")
        sim.run(61)
        assert not overrides.is_silenced(sim.core.overrides, "r/a")
        assert "no longer silenced: requested by the end of its time" in sim.texts("command", "r/a")
        sim.unsilence("r/a")
        sim.run(1)
        assert "r/a itself is not silenced" in sim.texts("command", "r/a")[-1]


def test_a_silence_outlasts_a_restart(jobs: Jobs) -> None:
    kept = overrides_from_json('{"silence":{"who":"ann","reason":"belt","at":1.0,"until":null}}')
    assert kept.texts() == ("silenced by ann: belt",)
    assert overrides_from_json(overrides_to_json(kept.moved(60.0))).silence is not None


def test_h96_a_log_level_changes_nothing_of_what_is_supervised_and_ends_by_itself(
    jobs: Jobs,
) -> None:
    with simulate(jobs, team("r", team("t", job("a")))) as sim:
        sim.run(10)
        sim.log_level("r/t", "debug", "it stops at night", until=sim.core.wall() + 60)
        sim.run(1)
        (text,) = sim["r/t/a"].overrides
        assert text.startswith("logged from debug on by test until ")
        assert text.endswith(": it stops at night (at r/t)")
        assert not sim["r/t"].overridden  # nothing about it needs a look
        assert jobs.log.count("+a") == 1
        sim.run(61)
        assert sim["r/t/a"].overrides == ()
        last = sim.texts("command", "r/t")[-1]
        assert last == "logged at the level of the document again: requested by the end of its time"


def test_a_log_level_ends_by_its_opposite(jobs: Jobs) -> None:
    with simulate(jobs, team("r", job("a"))) as sim:
        sim.run(10)
        sim.log_level("r/a", "error", until=sim.core.wall() + 600)
        sim.run(1)
        sim.end_log_level("r/a")
        sim.run(1)
        assert sim["r/a"].overrides == ()
        sim.end_log_level("r/a")
        sim.run(1)
        assert (
            "r/a itself is logged at the level of the document" in sim.texts("command", "r/a")[-1]
        )


def test_a_log_level_is_kept_as_it_was_asked_for(jobs: Jobs) -> None:
    asked = '{"log_level":{"who":"ann","reason":"","at":1.0,"until":61.0,"level":"debug"}}'
    kept = overrides_from_json(asked)
    assert overrides.log_levels({"r/a": kept, "r": overrides.NONE}) == {"r/a": "debug"}
    moved = overrides_from_json(overrides_to_json(kept.moved(60.0))).log_level
    assert moved is not None
    assert (moved.level, moved.until) == ("debug", 121.0)
