"""Trouble: observations, actions, circuits, backoff, breakers, and odd author code."""

from __future__ import annotations

import pytest
from lamp_tree import (
    Device,
    DeviceObserved,
    World,
    condition,
    device,
    factory_for,
    group,
    simulate,
    states,
)

from fsmv2 import (
    ChildSpec,
    EngineSettings,
    ExponentialBackoff,
    Outcome,
    PermanentError,
    Phase,
    UserSpec,
    stay,
)
from fsmv2.core import ActionEnded, ActionRefused, Observed
from fsmv2.testing import Simulation


class Other(Device):
    """Of another type."""


@pytest.fixture
def world() -> World:
    return World()


def test_h17_backoff_never_sleeps_in_a_tick(world: World) -> None:
    world.act["g/a"] = PermanentError("no power")
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(3)
        assert sim["g/b"].state == "running"
        assert sim["g/a"].state == "failed"
        assert sim["g/a"].reason == "waits to try again"
        assert sim.supervisor("g/a").attempts.retry_at > sim.now - 60
        ticks = sim["g/a"].ticks
        sim.run(60)
        assert sim["g/a"].ticks - ticks < 40  # it waits by a timer, not by asking
        del world.act["g/a"]
        sim.until(lambda sim: sim["g/a"].state == "running", within=61, step=0.5)


def test_h18_three_exceptions_open_that_breaker_alone_and_it_tries_again(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        world.step["g/a"] = ZeroDivisionError("x / 0")
        world.lit["g/a"] = False
        sim.until(lambda sim: condition(sim, "g/a", "BreakerClosed") != "", within=10)
        reason = condition(sim, "g/a", "BreakerClosed")
        assert "step running raised ZeroDivisionError: x / 0 at lamp_tree.py:" in reason
        assert "3 times within 300 s" in reason
        assert sim["g/b"].state == "running"
        steps = sim.core.counters.steps
        sim.run(0.5)
        assert sim.core.counters.steps == steps
        world.step.clear()
        sim.until(lambda sim: sim["g/a"].state == "running" and not sim["g/a"].conditions)


def test_h18_the_children_of_an_open_breaker_go_on(world: World) -> None:
    settings = EngineSettings(backoff_base=50.0)
    with simulate(world, group("g", device("a")), settings=settings) as sim:
        sim.run(5)
        for n in range(3):
            world.derive["g"] = ValueError("bad")
            sim.declare(group("g", device("a"), user={"n": n}))
            sim.run(0.01)
        assert condition(sim, "g", "BreakerClosed") != ""
        world.lit["g/a"] = False
        sim.run(6)
        assert world.done[-1] == ("g/a", "on")
        sim.stop()
        assert "released as it is" in sim.texts("forced", "g")[0]


def test_h19_h41_an_open_circuit_is_shown_and_closes_when_the_child_recovers(
    world: World,
) -> None:
    with simulate(world, group("g", device("a"), device("b"), kind="guarded")) as sim:
        sim.run(6)
        world.broken["inside"] = "a"
        sim.until(lambda sim: condition(sim, "g", "CircuitClosed") != "", within=70, step=0.5)
        assert condition(sim, "g", "CircuitClosed") == "a: a does not answer"
        assert [r.level for r in sim.reports if r.text == "circuit opened"] == ["error"]
        world.lit["g/b"] = False
        sim.run(6)
        assert (sim["g/b"].state, sim["g/b"].reason) == ("running", "the circuit of g is open")
        sim.until(lambda sim: sim["g/a"].incarnation >= 2)
        del world.broken["inside"]
        sim.until(lambda sim: condition(sim, "g", "CircuitClosed") == "", within=70, step=0.5)
        sim.run(1)
        assert sim["g/b"].reason == "it is lit"
        assert sim.core.open_circuits == 0
        incarnation = sim["g/a"].incarnation
        sim.run(400)
        assert sim["g/a"].incarnation == incarnation
        assert sim["g/a"].attempts == 0  # H49: forgotten after five healthy minutes


def test_h64_a_corrected_config_is_derived_and_reconciled_while_the_circuit_is_open(
    world: World,
) -> None:
    def declared(pin: int) -> ChildSpec:
        return group("g", device("a"), device("b", pin=pin), kind="guarded")

    with simulate(world, declared(1)) as sim:
        sim.run(6)
        world.broken["inside"] = "a"
        sim.until(lambda sim: sim.core.open_circuits == 1, within=130, step=0.5)
        derives = world.derives["g/b"]
        sim.declare(declared(2))
        sim.run(0)
        assert sim.core.open_circuits == 1
        assert world.derives["g/b"] > derives
        assert sim.supervisor("g/b").declared.user_spec.pin == 2
        del world.broken["inside"]
        sim.until(lambda sim: sim.core.open_circuits == 0, within=130, step=0.5)
        sim.until(lambda sim: sim["g/b"].reason == "it is lit", within=10)
        assert sim.supervisor("g/b").live_spec.pin == 2


def test_h19_one_bad_look_opens_nothing(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"), kind="guarded")) as sim:
        sim.run(6)
        world.broken["inside"] = "a"
        sim.supervisor("g")
        sim.core.mark(sim.supervisor("g"), sim.records("g")[-1].causes[0])
        sim.post(Observed("g/a", 1, sim.now, DeviceObserved(lit=True), "x"))
        sim.run(0)
        world.broken.clear()
        sim.run(60)
        assert sim.texts("circuit") == []
        assert sim["g/a"].incarnation == 1


def test_h20_a_collection_that_raises_is_an_answer_and_goes_on(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.collect["d"] = ConnectionError("refused")
        sim.run(100)
        assert sim["d"].fresh
        assert condition(sim, "d", "Observed") == "ConnectionError: refused"
        assert (sim["d"].state, sim["d"].reason) == ("running", "ConnectionError: refused")
        assert sim["d"].incarnation == 1  # H63: never restarted for that alone
        world.collect.clear()
        sim.run(6)
        assert (sim["d"].conditions, sim["d"].reason) == ((), "it is lit")  # H25


@pytest.mark.parametrize("value", [None, "text", {}, UserSpec()])
def test_h33_a_wrong_type_is_an_error_each_time_and_no_crash(world: World, value) -> None:  # type: ignore[no-untyped-def]
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.collect["d"] = value
        sim.run(60)
        assert "not a DeviceObserved" in condition(sim, "d", "Observed")
        assert sim["d"].fresh
        assert sim["d"].state == "running"


def test_h21_an_action_that_raises_frees_its_slot_and_leaves_its_result(world: World) -> None:
    world.act["d"] = KeyError("plug")
    with simulate(world, device("d")) as sim:
        sim.run(0)
        sim.until(lambda sim: sim["d"].state == "failed", within=30)
        assert sim["d"].reason in ("cannot be lit: KeyError: 'plug'", "waits to try again")
        tries = [t for t in sim.texts("action") if t.startswith("switch_on failed")]
        assert len(tries) == 3  # the first, and two retries
        assert sim.dispatcher.executor._running == {}


def test_h21_a_permanent_error_is_not_tried_again(world: World) -> None:
    world.act["d"] = PermanentError("wrong device")
    with simulate(world, device("d")) as sim:
        sim.run(0.5)
        assert sim["d"].state == "failed"
        tries = [t for t in sim.texts("action") if t.startswith("switch_on failed")]
        assert tries[0] == "switch_on failed: wrong device"


def test_h22_an_action_that_ignores_cancel_is_given_up_and_its_late_result_ignored(
    world: World,
) -> None:
    world.deaf.add("d")
    with simulate(world, device("d")) as sim:
        sim.run(19)
        assert condition(sim, "d", "ActionEnds") == ""
        sim.run(2)
        assert condition(sim, "d", "ActionEnds") == (
            "the action switch_on ignores its cancellation: it has not ended after 20 s, and is "
            "given up after 30 s"
        )
        sim.run(8)
        assert sim["d"].action == "switch_on"
        sim.run(2)
        assert sim["d"].action == ""
        assert "ignored" in condition(sim, "d", "ActionEnds")
        assert sim["d"].reason == "an action that ignores cancellation is still running"
        assert len(world.cancelled) > 10
        last = sim.supervisor("d").last_action
        world.deaf.clear()
        sim.run(1.5)
        assert condition(sim, "d", "ActionEnds") == ""
        assert last.outcome is Outcome.STUCK
        assert ("d", "on") in world.done


def test_h22_an_action_that_ends_before_it_is_given_up_is_reported_no_longer(world: World) -> None:
    world.deaf.add("d")
    with simulate(world, device("d")) as sim:
        sim.run(22)
        assert "ignores its cancellation" in condition(sim, "d", "ActionEnds")
        world.deaf.clear()
        sim.run(2)
        assert condition(sim, "d", "ActionEnds") == ""
        assert "switch_on timed out: took longer than 10 s" in sim.texts("action")


def test_h22_given_up_after_a_cancel_stays_given_up_at_three_times_the_timeout(
    world: World,
) -> None:
    world.deaf.add("g/a")
    mapped = device("a", state_mapping={"maintenance": "stopped"})
    with simulate(world, group("g", mapped)) as sim:
        sim.run(1)
        sim.declare(group("g", mapped, wish="maintenance"))
        sim.run(5)
        assert "did not end when cancelled" in condition(sim, "g/a", "ActionEnds")
        sim.declare(group("g", mapped))
        sim.run(40)
        assert sim["g/a"].state in ("stopped", "starting")
        assert sim["g/a"].reason == "an action that ignores cancellation is still running"
        assert len([t for t in sim.texts("action", "g/a") if t.startswith("switch_on:")]) == 1
        world.deaf.clear()
        sim.until(lambda sim: sim["g/a"].state == "running", within=5)


def test_h24_staleness_counts_from_the_observation(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(1000)
        assert sim["d"].fresh
        assert sim["d"].age > 900
        world.silent.add("d")
        began = sim.supervisor("d").observed_at
        sim.until(lambda sim: not sim["d"].fresh)
        assert sim.now - sim.supervisor("d").observed_at == pytest.approx(12.2, abs=0.1)
        assert condition(sim, "d", "Fresh") == "last observation 12 s ago; stale after 12 s"
        assert sim["d"].reason == "its observation is stale"
        assert began <= sim.supervisor("d").observed_at


def test_h24_a_stale_limit_that_rounding_misses_is_no_endless_loop(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(0)
        s = sim.supervisor("d")
        for n in range(500):
            s.observed_at, s.fresh = 0.1 + n * 0.7, True
            due = s.observed_at + 12.2
            sim.core.set_timer(s, "stale", due)
            sim.core.run(due)
            assert not s.fresh


def test_h25_a_reason_that_becomes_empty_is_published(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        world.step["g/a"] = stay("busy")
        world.lit["g/a"] = False
        sim.run(6)
        assert sim.supervisor("g").statuses["a"].reason == "busy"
        world.step["g/a"] = stay("")
        world.lit["g/a"] = True
        sim.run(6)
        assert sim.supervisor("g").statuses["a"].reason == ""


def test_h27_a_cycle_of_waits_is_found_and_named_and_cleared(world: World) -> None:
    world.step["g/a"] = stay("waits for g", waits_for="g")
    with simulate(world, group("g", device("a"), waits=True)) as sim:
        sim.run(5)
        named = condition(sim, "g", "WaitsEnd") + condition(sim, "g/a", "WaitsEnd")
        assert "wait cycle: g" in named
        assert "→ g/a" in named
        world.step.clear()
        sim.run(130)
        assert states(sim) == {"g": "running", "g/a": "running"}
        assert sim["g"].conditions == sim["g/a"].conditions == ()


def test_h27_a_chain_of_waits_longer_than_the_stack_is_followed(world: World) -> None:
    count = 1500
    for n in range(count):
        world.step[f"g/d{n}"] = stay("waits", waits_for=f"g/d{(n + 1) % count}")
    with simulate(world, group("g", *[device(f"d{n}") for n in range(count)])) as sim:
        sim.run(3)
        found = [n for n in sim.view().nodes if any(c.type == "WaitsEnd" for c in n.conditions)]
        assert found
        assert sim.texts("error") == []


def test_h35_before_the_first_tick_health_is_initial(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.core.handle(sim.supervision._inbox.popleft(), 0.0)
        assert sim["d"].phase is Phase.INITIAL
        assert not sim["d"].healthy
        assert (sim["d"].state, sim["d"].reason, sim["d"].conditions) == (
            "stopped",
            "not evaluated yet",
            (),
        )


def test_h42_escalation_is_reached_even_when_attempts_are_a_minute_apart(world: World) -> None:
    settings = EngineSettings(backoff_base=60.0, backoff_cap=60.0)
    with simulate(
        world, group("g", device("a"), device("b"), kind="guarded"), settings=settings
    ) as sim:
        sim.run(6)
        world.broken["inside"] = "a"
        sim.run(1500)
        texts = sim.texts("escalation", "g/a")
        assert texts[0].startswith("1 attempt left before it escalates")
        assert texts[1].startswith("EscalationRequired: 5 attempts")
        assert len(texts) == 2
        assert sim["g/a"].incarnation > 5  # retries go on at the cap


def test_h42_an_escalated_worker_is_seen_failed_by_its_parent(world: World) -> None:
    world.act["g/a"] = PermanentError("dead")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(400)
        assert len([t for t in sim.texts("escalation") if "EscalationRequired" in t]) == 1
        assert sim.supervisor("g").statuses["a"].phase is Phase.FAILED


@pytest.mark.parametrize("attempt", [34, 10**3, 10**6, 10**30])
def test_h48_late_attempts_wait_for_the_cap(attempt: int) -> None:
    backoff = ExponentialBackoff(1.0, 60.0, 7, "a/b")
    assert backoff.ceiling(attempt) == 60.0
    assert 0 <= backoff.delay(attempt) <= 60.0


def test_h48_one_that_fails_for_hours_is_tried_at_the_cap_and_says_so(world: World) -> None:
    world.act["d"] = PermanentError("trip")
    with simulate(world, device("d")) as sim:
        sim.run(3 * 3600)
        attempts = sim.supervisor("d").attempts
        assert attempts.count > 100
        assert 0 <= attempts.retry_at - sim.now <= 60.0
        assert "Retries continue, at most 60 s apart" in condition(sim, "d", "Recovers")


def test_h48_the_delays_that_are_told_are_those_that_come(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        assert (sim["d"].retry_in, sim["d"].next_delays) == (0.0, ())
        world.act["d"] = PermanentError("trip")
        world.lit["d"] = False
        sim.until(lambda sim: sim["d"].attempts == 1)
        told = sim["d"].next_delays
        assert len(told) == 3
        for at, delay in enumerate(told, start=2):
            sim.until(lambda sim, at=at: sim["d"].attempts == at, step=0.001)
            assert sim["d"].retry_in == pytest.approx(delay, abs=0.002)
            assert sim["d"].next_delays[: 3 - at + 1] == told[at - 1 :]


def test_h49_trouble_once_a_month_is_tried_again_at_the_base_delay(world: World) -> None:
    with simulate(world, device("d"), settings=EngineSettings(resync=3600.0)) as sim:
        for _ in range(3):
            sim.run(20)
            world.act["d"] = PermanentError("trip")
            world.lit["d"] = False
            sim.until(lambda sim: sim["d"].state == "failed", within=10)
            attempts = sim.supervisor("d").attempts
            assert attempts.count == 1
            assert attempts.retry_at - sim.now <= 1.0
            world.act.clear()
            sim.until(lambda sim: sim["d"].state == "running", within=5)
            sim.run(1000)
            assert sim["d"].attempts == 0
        assert sim.texts("escalation") == []


def test_h55_h56_late_results_are_dropped_and_counted(world: World) -> None:
    world.hangs.add("g/b")
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        running = sim.supervisor("g/b").action
        sim.declare(group("g", device("b", pin=1)))
        sim.until(lambda sim: "g/a" not in sim and sim["g/b"].incarnation == 2)
        dropped = sim.core.counters.dropped
        sim.post(Observed("g/a", 1, sim.now, DeviceObserved(lit=True)))
        sim.post(ActionEnded("g/b", 1, running.id, Outcome.SUCCEEDED))
        sim.post(ActionEnded("g/b", 2, 987654, Outcome.SUCCEEDED))
        sim.post(ActionRefused("g/b", 1, running.id))
        sim.run(0)
        assert sim.core.counters.dropped == dropped + 4
        assert sim.supervisor("g/b").last_action is None
        assert sim.texts("dropped", "g/a")[-1:] == [
            "an observation of incarnation 1 arrived late, it is gone: discarded"
        ]
        late = (
            "the result of an action of incarnation 1 arrived late, incarnation 2 is there: "
            "discarded"
        )
        assert sim.texts("dropped", "g/b")[-2:] == [late, late]


def test_h55_what_is_seen_while_the_old_tasks_still_end_is_told_in_passing(world: World) -> None:
    """Every ordinary end has such observations; one that comes after it deserves a look."""
    world.deaf.add("g/a")
    settings = EngineSettings(stop_deadline=1.0)
    with simulate(world, group("g", device("a")), settings=settings) as sim:
        sim.run(2)
        sim.declare(group("g"))
        sim.until(lambda sim: "g/a" not in sim)
        for ended in (False, True):
            if ended:
                world.deaf.clear()
                sim.until(lambda sim: sim.core.fences == {})
            sim.post(Observed("g/a", 1, sim.now, DeviceObserved(lit=True)))
            sim.run(0)
            last = [report for report in sim.reports if report.kind == "dropped"][-1]
            assert last.text == (
                "an observation of incarnation 1 arrived late, it is gone: discarded"
            )
            assert last.level == ("info" if ended else "debug")


def test_h55_an_observation_overtaken_by_a_newer_one_is_dropped(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(12.5)
        before, dropped = sim.supervisor("d").observed_at, sim.core.counters.dropped
        sim.post(Observed("d", 1, 0.0, DeviceObserved(lit=False)))
        sim.run(0)
        assert sim["d"].observed.lit is True
        # Not taken, and then mended by a newer look.
        assert sim.supervisor("d").observed_at == before
        assert sim.core.counters.dropped == dropped + 1


def test_h61_dead_devices_hold_only_their_share_and_a_stop_has_its_own_lane(
    world: World,
) -> None:
    names = [f"d{n}" for n in range(10)]
    world.hangs |= {f"g/{name}" for name in names}
    settings = EngineSettings(action_slots=4, urgent_slots=1)
    with simulate(world, group("g", *map(device, names)), settings=settings) as sim:
        sim.run(2)
        assert sim.dispatcher.executor._taken == {"device": 2}  # half of them, for one type
        sim.declare(group("g", *[device(name, enabled=False) for name in names]))
        sim.until(lambda sim: all(sim[f"g/{n}"].state == "stopped" for n in names), within=3)


def test_h61_devices_that_stay_dead_hold_up_neither_stops_nor_other_types(world: World) -> None:
    """Each try after a failure is a repair; a hundred of them would fill the lane, and the rest."""
    names = [f"d{n}" for n in range(40)]
    world.hangs |= {f"g/{name}" for name in names}
    factory = factory_for(world)
    factory.register(Other, make=lambda: Other(world))
    settings = EngineSettings(action_slots=4, urgent_slots=2)

    def declared(*more: ChildSpec) -> ChildSpec:
        return group("g", *map(device, names), *more)

    with Simulation(declared(device("y", worker_type="other")), factory, settings=settings) as sim:
        sim.run(1500)
        assert sum(sim[f"g/{name}"].attempts > 0 for name in names) == len(names)
        assert sim.dispatcher.executor._taken == {"device": 2}
        assert sim.dispatcher.executor._taken_urgent == 1
        began = sim.now
        sim.declare(declared(device("z", worker_type="other")))
        sim.until(lambda sim: "g/y" not in sim and sim["g/z"].state == "running", step=0.1)
        assert sim.now - began < 1


def test_h39_churn_leaves_nothing_behind(world: World) -> None:
    with simulate(world, group("g")) as sim:
        for n in range(300):
            sim.declare(
                group("g", device(f"d{n}", depends_on=(f"g/d{n - 1}",)), device(f"e{n % 3}"))
            )
            sim.run(1.0)
        sim.declare(group("g"))
        sim.run(120)
        core = sim.core
        assert set(core.by_path) == {"g"}
        assert (core.dependents, core.fences, core.pace.under_way) == ({}, {}, {})
        assert len(core._resync_ring) == 1
        assert len(core._timers) < 20
        assert sum(map(len, core._dirty)) < 10
        assert set(sim.dispatcher.collectors) == {"g"}
        assert sim.dispatcher._releases == set()
        assert sim.texts("stop", "g/d7")[-1] == "g no longer declares it"
        assert (sim["g"].reason, sim["g"].conditions) == ("runs", ())


def test_h39_replaced_timers_do_not_gather(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        s = sim.supervisor("d")
        for n in range(50_000):
            sim.core.set_timer(s, "wake", sim.now + 2_592_000 + n)
        assert len(sim.core._timers) <= 1025
        assert sim.core.deadline() < sim.now + 60


def test_h50_an_observation_dated_into_the_future_hides_no_later_one(world: World) -> None:
    """A process was stopped: a look begins on waking, before the clock leaves that time out."""
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        assert sim["g/a"].reason == "it is lit"
        core = sim.core
        core.handle(Observed("g/a", 1, sim.now + 3600, DeviceObserved(lit=True)), sim.now)
        assert core.by_path["g/a"].observed_at == sim.now
        world.lit["g/a"] = False
        world.act["g/a"] = PermanentError("no power")
        sim.run(6)
        assert sim["g/a"].observed.lit is False
        assert sim["g/a"].state == "failed"
