"""It escalates when retries do not help, and it is shown until it is over."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from job_tree import Jobs, job, simulate, team
from lamp_tree import (
    Device,
    World,
    by_hand,
    condition,
    device,
    factory_for,
    group,
)
from lamp_tree import simulate as simulate_devices

from fsmv2 import (
    EngineSettings,
    PermanentError,
)
from fsmv2.core import Cause, Report
from fsmv2.core.policy import overrides
from fsmv2.core.policy.attempts import count_failure
from fsmv2.core.policy.escalation import acknowledge, escalate, plan_repair, prove, settle
from fsmv2.core.state.conditions import RECOVERS
from fsmv2.core.state.parts import Ended, StopRequest
from fsmv2.core.state.stop_kind import StopKind
from fsmv2.core.state.supervisor import Supervisor
from fsmv2.runtime.log.log_levels import LogLevels
from fsmv2.testing import ByHand, Simulation


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_an_escalation_is_shown_until_it_is_over_and_by_whom_it_was_taken(jobs: Jobs) -> None:
    with simulate(jobs, team("t", job("a"))) as sim:
        sim.run(10)
        sim.acknowledge("t/a", "too early")
        jobs.broken.add("t/a")
        jobs.end("t/a", "badly")
        sim.until(lambda sim: condition(sim, "t/a", "Recovers") != "", within=400, step=1)
        assert sim.texts("command", "t/a") == [
            "test cannot acknowledge: there is no escalation of t/a"
        ]
        assert condition(sim, "t/a", "Recovers") == (
            "failed 5 times: it ended badly at once. Retries continue, at most 60 s apart. "
            "What to do: fsmv2 explain escalation"
        )
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


@pytest.fixture
def world() -> World:
    return World()


def test_an_escalation_says_what_the_type_tells_its_person_to_do(world: World) -> None:
    class Guided(Device):
        runbook = "https://plant.example/lamps"
        manual_steps = ("Look whether it is plugged in.", "Change the bulb.")

    factory = factory_for(world)
    factory.register(Guided, make=lambda: Guided(world))
    world.act["g/a"] = PermanentError("dead")
    root = group("g", device("a", worker_type="guided"))
    with Simulation(root, factory) as sim:
        sim.run(400)
        (called,) = [t for t in sim.texts("escalation") if "EscalationRequired" in t]
        assert "What to do: (1) Look whether it is plugged in. (2) Change the bulb." in called
        assert called.endswith("Runbook: https://plant.example/lamps")
        assert "`fsmv2 explain escalation` has more." in called
        assert sim.core.counters.escalations == 1


@pytest.mark.parametrize(
    ("base", "url", "shown"),
    [
        ("", "docs/runbook/lamp.md", ""),
        (
            "https://wiki.example/x/",
            "https://wiki.example/x/lamp",
            " Runbook: https://wiki.example/x/lamp",
        ),
    ],
)
def test_a_type_may_name_a_page_of_the_runbook_of_fsmv2(
    world: World, base: str, url: str, shown: str
) -> None:
    class Documented(Device):
        runbook = "fsmv2:lamp"

    factory = factory_for(world)
    factory.register(Documented, make=lambda: Documented(world))
    world.act["g/a"] = PermanentError("dead")
    root = group("g", device("a", worker_type="documented"))
    settings = EngineSettings(runbook_url=base)
    with Simulation(root, factory, settings=settings, log=LogLevels()) as sim:
        sim.run(400)
        (called,) = [t for t in sim.texts("escalation") if "EscalationRequired" in t]
        (line,) = [one for one in sim.lines if one.event == "escalation_required"]
    assert called.endswith(f" `fsmv2 explain lamp` has more.{shown}")
    fields = msgspec.structs.asdict(line.fields)
    assert (fields["runbook_url"], fields["explain"]) == (url, "fsmv2 explain lamp")


def test_every_escalation_is_counted_and_reported_as_a_sentence(world: World) -> None:
    world.act["g/a"] = PermanentError("wrong BOX.")
    world.act["g/b"] = PermanentError("...nothing")
    with simulate_devices(world, group("g", device("a"), device("b"))) as sim:
        sim.run(400)
        assert sim.core.counters.escalations == 2
        for path, said in (("g/a", "wrong BOX"), ("g/b", "...nothing")):
            warned, called = [r for r in sim.reports if (r.kind, r.path) == ("escalation", path)]
            assert (warned.level, called.level) == ("warning", "critical")
            assert f"healthy seconds: cannot be lit: {said}. Retries continue" in called.text


# ---- one decision at a time ---------------------------------------------------------------------


@pytest.fixture
def tree() -> ByHand:
    """A group and its device, which is about to start."""
    tree = by_hand(group("g", device("a")))
    tree.tick()
    tree.core.take()
    tree["g"].take_causes()
    tree["g/a"].take_causes()
    return tree


def fail(tree: ByHand, times: int, *, why: str = "no current") -> None:
    for _ in range(times):
        count_failure(tree.core, tree["g/a"])
        escalate(tree.core, tree["g/a"], why)


def said(tree: ByHand) -> list[tuple[str, str, str, str]]:
    """Kind, path, level and text of what was reported since the last time, conditions apart."""
    reports = (found for found in tree.core.take() if isinstance(found, Report))
    return [(r.kind, r.path, r.level, r.text) for r in reports if r.kind != "condition"]


def test_it_warns_once_before_it_pages_once(tree: ByHand) -> None:
    escalate(tree.core, tree["g/a"], "nothing has failed yet")
    fail(tree, 3)
    assert said(tree) == []
    fail(tree, 1)
    text = "1 attempt left before it escalates: no current"
    assert said(tree) == [("escalation", "g/a", "warning", text)]
    fail(tree, 3)
    text = (
        "EscalationRequired: 5 attempts without 300 healthy seconds: no current. "
        "Retries continue, at most 60 s apart. `fsmv2 explain escalation` has more."
    )
    assert said(tree) == [("escalation", "g/a", "critical", text)]
    assert "repair" not in tree["g"].timers


def test_a_parent_that_wants_it_is_restarted_with_a_child_that_keeps_failing(tree: ByHand) -> None:
    desired = tree["g"].desired
    assert desired is not None
    tree["g"].desired = msgspec.structs.replace(desired, escalation="restart")
    fail(tree, 5)
    due = tree["g"].timers["repair"] - tree.now
    text = f"restart 1 in {due:.1f} s: a failed 5 times"
    assert ("repair", "g", "warning", text) in said(tree)


def test_a_root_that_keeps_failing_is_escalated_like_any_other() -> None:
    tree = by_hand(device("a"))
    tree.tick()
    for _ in range(5):
        count_failure(tree.core, tree["a"])
    escalate(tree.core, tree["a"], "no current")
    assert (tree["a"].conditions or {})[RECOVERS].reason.startswith("failed 5 times: no current")


def test_who_took_an_escalation_over_stands_behind_it_and_takes_the_place_of_the_last(
    tree: ByHand,
) -> None:
    fail(tree, 5, why="no current — none at all")
    called = (tree["g/a"].conditions or {})[RECOVERS].reason
    tree.core.take()
    for note, text in (
        ("on my way — in an hour", "acknowledged by ann: on my way — in an hour"),
        ("", "acknowledged by ann"),
    ):
        acknowledge(tree.core, tree["g/a"], "ann", note)
        assert (tree["g/a"].conditions or {})[RECOVERS].reason == f"{called} — {text}"
        assert said(tree) == [("escalation", "g/a", "info", text)]


def test_one_that_stayed_healthy_is_proven_and_later_its_failures_are_forgotten(
    tree: ByHand,
) -> None:
    a = tree["g/a"]
    fail(tree, 5)
    assert a.attempts is not None
    prove(tree.core, a)
    assert a.attempts.proven is True
    assert a.take_causes()[0] == (Cause("timer", "healthy for as long as its next delay"),)
    settle(tree.core, a)
    assert (a.attempts, RECOVERS in (a.conditions or {})) == (None, False)
    assert a.take_causes()[0] == (Cause("timer", "healthy for long enough"),)
    prove(tree.core, a)
    assert a.take_causes()[0] == (), "there is nothing to prove any more"


def test_a_repair_is_counted_planned_reported_and_escalated(tree: ByHand) -> None:
    a = tree["g/a"]
    tree.advance(7.0)
    said(tree)
    for count in range(1, 6):
        plan_repair(tree.core, a, "not connected")
        assert a.attempts is not None
        assert (a.attempts.count, a.timers["repair"]) == (count, a.attempts.retry_at)
        due = a.attempts.retry_at - tree.now
        text = f"restart {count} in {due:.1f} s: not connected"
        reported = said(tree)
        assert reported[0] == ("repair", "g/a", "warning", text)
        assert len(reported) == (2 if count >= 4 else 1)
        del a.timers["repair"]


def stopping(tree: ByHand, a: Supervisor) -> None:
    a.stop = StopRequest(StopKind.REMOVE, 5.0, "asked")


def ended(tree: ByHand, a: Supervisor) -> None:
    a.ended = Ended("failed", normally=False)


def planned(tree: ByHand, a: Supervisor) -> None:
    a.timers["repair"] = 5.0


def only_detects(tree: ByHand, a: Supervisor) -> None:
    a.declared = msgspec.structs.replace(a.declared, detect_only=True)


def paused(tree: ByHand, a: Supervisor) -> None:
    overrides.pause(tree.core, tree["g"], "ann", "")


@pytest.mark.parametrize("why", [stopping, ended, planned, only_detects, paused])
def test_no_repair_is_planned_for_one_that_is_not_to_be_touched(
    tree: ByHand, why: Callable[[ByHand, Supervisor], None]
) -> None:
    a = tree["g/a"]
    why(tree, a)
    timers = dict(a.timers)
    tree.core.take()
    plan_repair(tree.core, a, "not connected")
    assert (a.attempts, a.timers, said(tree)) == (None, timers, [])
