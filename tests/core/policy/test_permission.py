"""Whether a worker may change anything in the world now, as author code is told on any thread."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from job_tree import Job, Jobs, JobSpec, job, simulate, team

from fsmv2 import ChildSpec, DesiredState, EngineSettings, WorkerFactory
from fsmv2.core import PauseRequested
from fsmv2.core.policy.control import decide_control
from fsmv2.core.policy.permission import DETECT_ONLY, GONE
from fsmv2.core.state.parts import ControlDecision, DecidedBy
from fsmv2.testing import SimulatedStore, Simulation


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


TREE = team("r", team("t", job("a"), job("b")), job("d"))


def test_a_worker_that_runs_and_is_held_by_nothing_may_act(jobs: Jobs) -> None:
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        assert [ask() for ask in jobs.refusals.values()] == ["", "", ""]


def test_h76_a_pause_is_in_force_for_writes_when_it_has_been_asked_for(jobs: Jobs) -> None:
    """Also for what was started before it, at once, and for all below; not for a neighbour."""
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        sim.pause("r/t", "hands in the machine")
        # Nothing has been decided yet: it only waits for its turn.
        assert jobs.refusals["r/t/a"]() == "pause requested by test: hands in the machine"
        assert jobs.refusals["r/d"]() == ""
        sim.run(10)
        assert jobs.refusals["r/t/a"]() == "paused by test: hands in the machine (at r/t)"
        assert jobs.refusals["r/d"]() == ""
        assert sim["r/t/a"].state == "running", "it goes on, and is only not allowed to write"
        sim.resume("r/t")
        sim.run(1)
        assert jobs.refusals["r/t/a"]() == ""


def test_h76_a_pause_of_a_name_that_begins_alike_concerns_it_not(jobs: Jobs) -> None:
    with simulate(jobs, team("r", job("a"), job("ab"))) as sim:
        sim.run(10)
        sim.pause("r/a")
        assert jobs.refusals["r/a"]() != ""
        assert jobs.refusals["r/ab"]() == ""


def test_h76_a_pause_that_was_stored_holds_after_a_crash(jobs: Jobs) -> None:
    store = SimulatedStore()
    with simulate(jobs, TREE, store=store) as sim:
        sim.run(10)
        sim.pause("r/t")
        sim.run(10)
    again = Jobs()
    with simulate(again, TREE, store=store) as sim:
        sim.run(30)
        assert again.refusals["r/t/a"]() == "paused by test (at r/t)"
        assert again.refusals["r/d"]() == ""


def test_h76_detect_only_refuses_by_the_settings_by_the_child_and_by_one_above(jobs: Jobs) -> None:
    """Also when it is declared for what was started before."""
    with simulate(jobs, TREE, EngineSettings(detect_only=True)) as sim:
        sim.run(10)
        assert {ask() for ask in jobs.refusals.values()} == {DETECT_ONLY}
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        assert jobs.refusals["r/t/a"]() == ""
        sim.declare(team("r", team("t", job("a"), job("b"), detect_only=True), job("d")))
        sim.run(1)
        assert jobs.refusals["r/t/a"]() == f"{DETECT_ONLY} (at r/t)"
        assert jobs.refusals["r/d"]() == ""
        sim.declare(team("r", team("t", job("a", detect_only=True), job("b")), job("d")))
        sim.run(1)
        assert jobs.refusals["r/t/a"]() == DETECT_ONLY
        assert jobs.refusals["r/t/b"]() == ""


def test_h76_what_is_disabled_or_asked_to_stop_may_not_act(jobs: Jobs) -> None:
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        sim.declare(team("r", team("t", job("a", enabled=False), job("b")), job("d")))
        sim.run(0.01)
        assert jobs.refusals["r/t/a"]() == "it is to be stopped: disabled"
        assert jobs.refusals["r/t/b"]() == ""
        sim.ask_stop()
        assert jobs.refusals["r/t/b"]() == "stop requested by test"
        sim.run(0.01)
        assert jobs.refusals["r/t/b"]() != ""


def test_h76_an_instance_that_was_replaced_or_removed_may_not_act(jobs: Jobs) -> None:
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        before = dict(jobs.refusals)
        sim.restart("r/d")
        sim.until(lambda sim: sim["r/d"].incarnation == 2 and sim["r/d"].state == "running")
        assert before["r/d"]() == GONE
        assert jobs.refusals["r/d"]() == ""
        sim.declare(team("r", job("d")))
        sim.until(lambda sim: "r/t" not in sim)
        assert before["r/t/a"]() == GONE


class Held(Job):
    """A job with a hold of its own for as long as its spec pins it."""

    worker_type = "held"
    update_policy = "in_place"

    def derive_desired_state(self, spec: Any, previous_observed: Any) -> DesiredState:
        return DesiredState("running", hold_reason="the door is open" if spec.pin else None)


def test_h76_a_hold_refuses_for_as_long_as_it_lasts(jobs: Jobs) -> None:
    factory = WorkerFactory()
    factory.register(Held, make=lambda: Held(jobs))
    with Simulation(ChildSpec("h", "held", JobSpec()), factory) as sim:
        sim.run(10)
        ask = jobs.refusals["h"]
        assert ask() == ""
        sim.declare(ChildSpec("h", "held", JobSpec(pin=1)))
        sim.run(1)
        assert ask() == "it is to be running: held: the door is open"
        sim.declare(ChildSpec("h", "held", JobSpec()))
        sim.run(1)
        assert ask() == ""


class Seen:
    """A supervisor that notes, at each attribute the core sets, what another thread would see."""

    definition = SimpleNamespace(stop_state="stopped")
    parent = ended = stop = asked = overrides = None
    declared = SimpleNamespace(enabled=True, requires=())

    def __init__(self, decision: ControlDecision, desired: DesiredState | None) -> None:
        self.__dict__.update(decision=decision, desired=desired, free=[])

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value
        held = self.decision.by is DecidedBy.HOLD
        self.free.append(self.decision.state != "stopped" and not held)


@pytest.mark.parametrize(
    ("control", "by", "desired"),
    [
        ("stopped", DecidedBy.OWN, DesiredState("running", hold_reason="the door is open")),
        ("running", DecidedBy.HOLD, DesiredState("running", hold_reason="the lid, too")),
        ("running", DecidedBy.HOLD, None),
    ],
    ids=["from stopped to held", "from one hold to another", "from held to stopped"],
)
def test_h76_between_one_hold_and_the_next_nobody_looks_free(
    control: str, by: DecidedBy, desired: DesiredState | None
) -> None:
    s: Any = Seen(ControlDecision(control, by, "of before"), desired)
    decide_control(s)
    assert s.free
    assert not any(s.free)


def test_an_error_while_it_is_asked_is_a_refusal(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        monkeypatch.setattr(sim.supervision, "core", None)
        assert jobs.refusals["r/d"]().startswith("whether it may cannot be determined")


def test_h76_a_supervision_that_has_ended_allows_nothing(jobs: Jobs) -> None:
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        sim.supervision.close()
        assert jobs.refusals["r/d"]() == "its supervision has ended"


def test_a_pause_of_what_is_not_there_holds_nobody(jobs: Jobs) -> None:
    with simulate(jobs, TREE) as sim:
        sim.run(10)
        sim.post(PauseRequested("r/x", "test"))
        sim.run(1)
        assert jobs.refusals["r/d"]() == ""


def test_h76_an_action_that_waits_for_a_slot_is_not_started_while_paused(jobs: Jobs) -> None:
    """It was asked for before the pause; it starts once, after the pause is over."""
    jobs.slow["r/a"] = 4.0
    settings = EngineSettings(action_slots=1)
    with simulate(jobs, team("r", job("a"), team("t", job("b"))), settings) as sim:
        sim.run(2)
        assert sim["r/t/b"].action != "", "it waits for the slot that r/a has"
        sim.pause("r/t", "hands in the machine")
        sim.run(30)
        assert jobs.log == ["+a"]
        assert sim["r/t/b"].action == "", "it does not wait for ever either"
        sim.resume("r/t")
        sim.run(10)
        assert jobs.log == ["+a", "+b"]
