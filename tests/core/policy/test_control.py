"""Who decides the control state, in words; and what is decided before a sibling was looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from job_tree import Job, Jobs, JobSeen, JobSpec, Team, job, states, team
from job_tree import simulate as simulate_jobs
from lamp_tree import World, by_hand, device, group, simulate

from fsmv2 import ChildSpec, DesiredState, EngineSettings, Phase, WorkerFactory
from fsmv2.core.policy.control import asked_to_stop, decide_control, lacking, undecided, unmet
from fsmv2.core.state.parts import ControlDecision, DecidedBy, Ended, StopRequest
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.testing import ByHand, Simulation

Change = Callable[[ByHand], None]


def wrong(world: World) -> None:
    world.derive["a"] = ValueError("bad")


@pytest.mark.parametrize(
    ("child", "parent", "before", "control", "by", "said"),
    [
        (device("a"), {}, None, "running", "own", "its own desired state"),
        (device("a", wish="stopped"), {}, None, "stopped", "own", "its own desired state"),
        (device("a", enabled=False), {}, None, "stopped", "disabled", "disabled"),
        (device("a"), {"enabled": False}, None, "stopped", "disabled", "g/p is disabled"),
        (
            device("a", enabled=False),
            {"enabled": False},
            None,
            "stopped",
            "disabled",
            "disabled",
        ),
        (
            device("a", hold="the door is open"),
            {},
            None,
            "running",
            "hold",
            "held: the door is open",
        ),
        (
            device("a"),
            {},
            wrong,
            "stopped",
            "not derived",
            "no desired state could be derived yet",
        ),
        (
            device("a", state_mapping={"maintenance": "stopped"}),
            {"wish": "maintenance"},
            None,
            "stopped",
            "parent",
            "g/p is maintenance and asks for it",
        ),
    ],
)
def test_who_decides_is_reported(
    child: ChildSpec,
    parent: dict[str, object],
    before: Callable[[World], None] | None,
    control: str,
    by: str,
    said: str,
) -> None:
    world = World()
    if before:
        before(world)
    with simulate(world, group("g", group("p", child, **parent))) as sim:
        sim.run(15)
        assert sim.supervisor("g/p/a").decision == ControlDecision(control, DecidedBy(by), said)


def test_a_disabled_root_is_reported_as_disabled() -> None:
    with simulate(World(), device("a", enabled=False)) as sim:
        sim.run(5)
        assert sim["a"].control_reason == "disabled"


def test_a_stop_decides_before_an_end_and_that_before_what_it_requires() -> None:
    tree = by_hand(group("g", device("a", enabled=False), device("b", requires=["a"])))
    tree.tick()
    b = tree["g/b"]
    why = "requires g/a, which is to stop"
    assert b.decision == ControlDecision("stopped", DecidedBy.REQUIREMENT, why)
    b.ended = Ended("failed for good", normally=False)
    decide_control(b)
    assert b.decision == ControlDecision("stopped", DecidedBy.ENDED, "failed for good")
    for reason in ("requested by ann", "g no longer declares it"):
        b.stop = StopRequest(StopKind.REMOVE, 5.0, reason)
        decide_control(b)
        assert b.decision == ControlDecision("stopped", DecidedBy.STOP, reason)


@pytest.mark.parametrize("stop", [None, StopRequest(StopKind.REMOVE, 5.0, "requested by ann")])
def test_the_decision_is_the_same_object_while_it_says_the_same(stop: StopRequest | None) -> None:
    """Another thread may be reading it, and each of many quiet workers would keep a new one."""
    tree = by_hand(device("a"))
    tree.tick()
    a = tree["a"]
    a.stop = stop
    decide_control(a)
    before = a.decision
    decide_control(a)
    assert a.decision is before


def test_another_wish_of_its_own_is_another_decision() -> None:
    tree = by_hand(device("a"))
    tree.tick()
    a = tree["a"]
    assert a.control == "running"
    a.desired = DesiredState("paused")
    decide_control(a)
    assert a.decision == ControlDecision("paused", DecidedBy.OWN, "its own desired state")


class Wishing(Job):
    """Wishes what it sees."""

    derive_from = "own"

    def derive_desired_state(
        self, spec: JobSpec, previous_observed: JobSeen | None
    ) -> DesiredState:
        out = previous_observed.out if previous_observed is not None else ""
        hold = "the door is open" if out == "held" else None
        return DesiredState("stopped" if out == "enough" else "running", hold_reason=hold)


@pytest.mark.parametrize(
    ("mapping", "seen", "phase"),
    [
        ({}, "well", Phase.FAILED),
        ({}, "enough", Phase.STOPPED),
        ({"running": "stopped"}, "well", Phase.STOPPED),
        ({"running": "stopped"}, "held", Phase.FAILED),
        ({"running": "running"}, "well", Phase.FAILED),
    ],
    ids=["nobody", "its wish", "its parent", "its hold before its parent", "its parent to run"],
)
def test_who_rests_after_a_person_was_called_is_seen_stopped_if_somebody_asks_for_it(
    mapping: dict[str, str], seen: str, phase: Phase
) -> None:
    """It stands either way; that it rests before it is restarted is no such wish."""
    jobs = Jobs()
    factory = WorkerFactory()
    factory.register(Wishing, name="job", make=lambda: Wishing(jobs))
    factory.register(Team)
    settings = EngineSettings(warn_at=1, escalate_at=2, backoff_base=60.0)
    with Simulation(team("t", job("a")), factory, settings=settings) as sim:
        jobs.short.add("t/a")
        sim.run(1)
        sim.until(lambda sim: sim["t/a"].attempts == 2, within=200)
        sim.run(3)
        assert sim.supervisor("t").statuses["a"].phase is Phase.FAILED
        jobs.end("t/a", seen)
        sim.declare(team("t", job("a", state_mapping=mapping)))
        sim.run(3)
        assert sim["t/a"].control_reason.startswith("finished")
        assert sim["t/a"].state == "stopped"
        assert sim.supervisor("t").statuses["a"].phase is phase


@pytest.mark.parametrize(
    ("asked", "expected"), [(None, False), ("running", False), ("stopped", True)]
)
def test_only_its_parent_asks_one_that_ended_to_stop_before_it_derives_again(
    asked: str | None, expected: bool
) -> None:
    s = by_hand(device("a"))["a"]
    s.ended = Ended("failed", normally=False)
    s.asked = asked
    assert s.desired is None
    assert asked_to_stop(s) is expected


@pytest.mark.parametrize("why", ["a stop", "disabled", "its parent is disabled"])
def test_one_that_ended_is_asked_to_stop_by_each_that_stops_others_too(why: str) -> None:
    tree = by_hand(group("g", device("a", enabled=why != "disabled")))
    tree.tick()
    a = tree["g/a"]
    a.ended = Ended("failed", normally=False)
    assert asked_to_stop(a) is (why == "disabled")
    if why == "a stop":
        a.stop = StopRequest(StopKind.REMOVE, 5.0, "requested by ann")
    tree["g"].disabled = why == "its parent is disabled"
    assert asked_to_stop(a)


def test_one_that_has_not_ended_is_asked_to_stop_when_it_is_to_stop() -> None:
    tree = by_hand(group("g", device("a"), device("b", wish="stopped")))
    tree.tick()
    assert [asked_to_stop(tree[path]) for path in ("g/a", "g/b")] == [False, True]


# ---- what it requires ---------------------------------------------------------------------------


@pytest.fixture
def pair() -> ByHand:
    """`b` requires `a`, and both want to run; neither has been observed or has acted."""
    tree = by_hand(group("g", device("a"), device("b", requires=["a"])))
    tree.tick()
    return tree


def as_it_is(tree: ByHand) -> None:
    pass


def is_in(state: str, *, restart: str = "permanent", acted: bool = False) -> Change:
    def change(tree: ByHand) -> None:
        tree.declare(group("g", device("a", restart=restart), device("b", requires=["a"])))
        tree.tick()
        a = tree["g/a"]
        a.state, a.acted = state, acted

    return change


def is_to_stop(state: str) -> Change:
    def change(tree: ByHand) -> None:
        is_in(state)(tree)
        tree["g/a"].decision = ControlDecision("stopped", DecidedBy.OWN, "its own desired state")

    return change


def has_ended(*, normally: bool, until: float | None = None) -> Change:
    def change(tree: ByHand) -> None:
        is_to_stop("stopped")(tree)
        tree["g/a"].ended = Ended("finished", normally=normally, until=until)

    return change


def cannot_be_created(tree: ByHand) -> None:
    children = device("a", worker_type="no_such_type"), device("b", requires=["a"])
    tree.declare(group("g", *children))
    tree.tick()
    tree.tick()


def has_not_derived(tree: ByHand) -> None:
    a = tree["g/a"]
    a.desired, a.derive_due = None, True
    a.decision = ControlDecision("stopped", DecidedBy.NOT_DERIVED, "not evaluated yet")


def has_ended_and_not_derived_again(tree: ByHand) -> None:
    has_ended(normally=True)(tree)
    has_not_derived(tree)


def has_failed_and_derives_again(tree: ByHand) -> None:
    is_in("failed")(tree)
    tree["g/a"].derive_due = True


def cannot_derive(tree: ByHand) -> None:
    has_not_derived(tree)
    tree["g/a"].derive_due = False


def is_gone(tree: ByHand) -> None:
    tree["g"].disown(tree["g/a"])


def is_still_to_be_created(tree: ByHand) -> None:
    is_gone(tree)
    tree["g"].children_due = True


UNKNOWN = "requires g/a, and whether that runs is not known yet"
STARTING = "requires g/a, which is starting"


@pytest.mark.parametrize(
    ("change", "waits", "stops"),
    [
        (is_in("running"), "", ""),
        (is_in("paused"), "", ""),
        (has_ended(normally=True), "", ""),
        (has_ended_and_not_derived_again, "", ""),
        (as_it_is, UNKNOWN, ""),
        (has_not_derived, UNKNOWN, ""),
        (cannot_be_created, UNKNOWN, ""),
        (is_still_to_be_created, "requires a, and whether that runs is not known yet", ""),
        (is_in("starting"), STARTING, ""),
        (is_in("starting", acted=True, restart="transient"), STARTING, ""),
        (is_in("starting", acted=True), "", STARTING),
        (is_in("failed"), "", "requires g/a, which is failed"),
        (has_failed_and_derives_again, "", "requires g/a, which is failed"),
        (is_in("stopping"), "", "requires g/a, which is stopping"),
        (is_to_stop("running"), "", "requires g/a, which is to stop"),
        (cannot_derive, "", "requires g/a, which is to stop"),
        (has_ended(normally=False), "", "requires g/a, which is to stop"),
        (has_ended(normally=True, until=9.0), "", "requires g/a, which is to stop"),
        (is_gone, "", "requires a, which does not exist"),
    ],
)
def test_h81_it_waits_for_one_that_may_run_and_stops_for_one_that_does_not(
    pair: ByHand, change: Change, waits: str, stops: str
) -> None:
    change(pair)
    b = pair["g/b"]
    assert (undecided(b), unmet(b)) == (waits, stops)
    assert bool(lacking(b)) is bool(waits or stops)


@pytest.mark.parametrize("began", ["acted", "left its first state"])
@pytest.mark.parametrize(
    ("change", "stops"),
    [
        (as_it_is, "requires g/a, which is stopped"),
        (is_in("starting"), STARTING),
        (is_still_to_be_created, "requires a, which does not exist"),
    ],
)
def test_h81_once_it_has_begun_it_waits_for_nobody(
    pair: ByHand, change: Change, stops: str, began: str
) -> None:
    change(pair)
    b = pair["g/b"]
    if began == "acted":
        b.acted = True
    else:
        b.state = "starting"
    assert (undecided(b), unmet(b)) == ("", stops)


def test_what_is_lacking_is_named_or_none_where_it_is_not_there(pair: ByHand) -> None:
    assert lacking(pair["g/b"]) == [pair["g/a"]]
    is_gone(pair)
    assert lacking(pair["g/b"]) == [None]


def test_the_first_of_several_that_is_not_known_is_named() -> None:
    tree = by_hand(group("g", device("a"), device("c"), device("b", requires=["a", "c"])))
    tree.tick()
    tree["g/a"].state = "running"
    assert undecided(tree["g/b"]) == "requires g/c, and whether that runs is not known yet"
    tree["g/a"].state = "failed"
    assert undecided(tree["g/b"]) == "requires g/c, and whether that runs is not known yet"
    assert unmet(tree["g/b"]) == "requires g/a, which is failed"


# ---- after a restart of the program -------------------------------------------------------------


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
    with simulate_jobs(jobs, team("t", *(declared[name] for name in names))) as sim:
        sim.run(10)
        assert states(sim, "abc") == ["running"] * 3
        assert jobs.log == []


def test_h81_who_waits_for_the_first_look_at_a_sibling_says_so(jobs: Jobs) -> None:
    left_running(jobs, "a", "b")
    with simulate_jobs(jobs, team("t", job("b", requires=["a"]), job("a"))) as sim:
        sim.run(10)
        gates = [record.gate for record in sim.records("t/b")]
        assert "requires t/a, and whether that runs is not known yet" in gates


def test_h81_what_requires_one_that_is_found_down_is_ended_first(jobs: Jobs) -> None:
    left_running(jobs, "b")
    with simulate_jobs(jobs, team("t", job("a"), job("b", requires=["a"]))) as sim:
        sim.run(20)
        assert states(sim, "ab") == ["running"] * 2
        assert sorted(jobs.log[:2]) == ["+a", "-b"]
        assert jobs.log[2:] == ["+b"]


def test_h81_what_requires_a_finished_one_shot_that_is_done_again_is_left_alone(
    jobs: Jobs,
) -> None:
    left_running(jobs, "app")
    children = [job("migrate", "transient"), job("app", requires=["migrate"])]
    with simulate_jobs(jobs, team("t", *children)) as sim:
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
    with simulate_jobs(jobs, team("t", first, job("b", requires=["a"]))) as sim:
        sim.run(20)
        assert (sim["t/b"].state, jobs.works["t/b"]) == ("stopped", False)


def test_h81_what_requires_one_that_cannot_be_created_is_left_alone_until_the_stop(
    jobs: Jobs,
) -> None:
    left_running(jobs, "b")
    missing = type(job("a"))("a", "no-such-type", job("a").user_spec)
    with simulate_jobs(jobs, team("t", missing, job("b", requires=["a"]))) as sim:
        sim.run(60)
        assert jobs.log == []
        assert sim["t/b"].reason == "requires t/a, and whether that runs is not known yet"
        sim.stop()
        assert jobs.log == ["-b"]
