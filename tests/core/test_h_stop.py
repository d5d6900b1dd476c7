"""Stops, restarts and removals: the hard cases of spec section 10 that are about ending."""

from __future__ import annotations

from typing import Any

import pytest
from lamp_tree import DeviceObserved, World, condition, device, group, simulate, states

from fsmv2 import DefinitionError, EngineSettings, UserSpec, Worker, state
from fsmv2.core.state.tick_record import Cause


@pytest.fixture
def world() -> World:
    return World()


def test_h02_a_removed_child_is_stopped_and_ticked_and_released_last(world: World) -> None:
    both = group("g", group("sub", device("a")), device("b"))
    with simulate(world, both) as sim:
        sim.run(5)
        sim.declare(group("g", device("b")))
        sim.until(lambda sim: "g/sub" not in sim)
        order = [r.path for r in sim.reports if "→ stopped" in r.text or r.kind == "removed"]
        assert order == ["g/sub/a", "g/sub", "g/sub"]
        assert ("g/sub/a", "off") in world.done
        assert "no longer declares it" in sim.texts("stop", "g/sub")[0]
        assert states(sim) == {"g": "running", "g/b": "running"}


def test_h03_a_parent_that_changes_variables_during_a_removal_does_not_undo_it(
    world: World,
) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a", template="{{ .x }}"), user={"x": 1})) as sim:
        sim.run(5)
        sim.declare(group("g", user={"x": 1}))
        sim.run(1)
        derived = world.derives["g/a"]
        sim.declare(group("g", user={"x": 2}))
        sim.run(1)
        assert world.derives["g/a"] == derived + 1  # it did derive again
        assert (sim["g/a"].control, sim["g/a"].control_reason) == (
            "stopped",
            "g no longer declares it",
        )
        world.stubborn.clear()
        sim.until(lambda sim: "g/a" not in sim)


def test_h04_a_derive_does_not_enable_what_is_disabled(world: World) -> None:
    with simulate(
        world, group("g", device("a", enabled=False, template="{{ .x }}"), user={"x": 1})
    ) as sim:
        sim.run(5)
        derived = world.derives["g/a"]
        sim.declare(group("g", device("a", enabled=False, template="{{ .x }}"), user={"x": 2}))
        sim.run(5)
        assert world.derives["g/a"] == derived + 2  # for the variable, and as the new instance
        assert (sim["g/a"].state, sim["g/a"].control_reason) == ("stopped", "disabled")


def test_h06_a_stop_does_not_begin_by_cancelling_the_collections(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        sim.ask_stop()
        sim.until(lambda sim: sim.core.finished)
        # It was observed dark after it had been switched off, before it was released.
        assert sim.texts("transition", "d")[-2:] == [
            "running → stopping: asked to stop",
            "stopping → stopped: it is dark",
        ]


def test_h07_a_stop_cancels_a_running_action_and_waits_for_it_two_seconds_at_most(
    world: World,
) -> None:
    world.hangs.add("d")
    with simulate(world, device("d")) as sim:
        sim.run(2)
        assert sim["d"].action == "switch_on"
        assert sim.stop() < 0.5
        assert world.cancelled == ["d"]
    world.deaf.add("e")
    with simulate(world, device("e")) as sim:
        sim.run(2)
        sim.ask_stop()
        sim.run(1.9)
        assert "e" in sim
        assert sim["e"].action == "switch_on"
        sim.until(lambda sim: "e" not in sim, within=0.5)
        assert any("did not end when cancelled" in text for text in sim.texts("condition", "e"))
        world.deaf.clear()
        sim.until(lambda sim: sim.core.finished)


def test_h07_an_action_begun_for_a_hold_is_cancelled_by_a_stop(world: World) -> None:
    world.hangs.add("g/a")
    root = group("g", device("a", wish="running", hold="maintenance"))
    with simulate(world, root) as sim:
        sim.run(2)
        assert sim["g/a"].action == "switch_on"
        sim.run(3)
        assert world.cancelled == []  # the hold itself does not cancel it
        assert sim.stop() < 1
        assert world.cancelled == ["g/a"]


def test_h07_a_worker_with_an_open_breaker_has_its_action_cancelled_too(world: World) -> None:
    world.hangs.add("d")
    with simulate(world, device("d")) as sim:
        sim.run(2)
        for n in range(3):
            world.derive["d"] = ValueError("no")
            sim.declare(device("d", user={"n": n}))
            sim.run(0)
        assert "BreakerClosed" in {c.type for c in sim["d"].conditions}
        assert sim.stop() < 1
        assert world.cancelled == ["d"]


def test_h08_a_stop_passes_an_open_circuit_above_and_below(world: World) -> None:
    inner = group("b", device("x"))
    with simulate(world, group("g", device("a"), inner, kind="guarded")) as sim:
        sim.run(5)
        world.broken["inside"] = "a"
        sim.until(lambda sim: condition(sim, "g", "CircuitClosed") != "", step=0.5)
        world.lit["g/b/x"] = False
        sim.run(6)
        assert sim["g/b/x"].reason == "the circuit of g is open"
        assert sim.stop() < 1
        assert sim.texts("forced") == []


def test_h09_a_stop_passes_stale_data(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.silent.add("d")
        sim.until(lambda sim: not sim["d"].fresh)
        assert "stale" in sim["d"].reason
        took = sim.stop()
        assert ("d", "off") in world.done
        assert took < 10
        assert sim.texts("removed") == ["stopped and released"]


def test_h10_a_deep_tree_has_one_deadline_not_one_for_each_level(world: World) -> None:
    tree = device("leaf")
    for n in range(12):
        tree = group(f"g{n}", tree)
    path = "/".join(f"g{n}" for n in reversed(range(12))) + "/leaf"
    world.stubborn.add(path)
    with simulate(world, tree, settings=EngineSettings(stop_deadline=8)) as sim:
        sim.run(5)
        assert sim.stop() == pytest.approx(8, abs=0.1)
        (said,) = sim.texts("forced")
        assert said.startswith(f"not stopped in time, forced: {path} (running: will not stop), g11")
        assert "g11 (stopping: stops after g11/g10, which is stopping)" in said


def test_h11_h38_who_used_up_the_deadline_is_named_forced_and_fenced(world: World) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        assert sim.stop() == pytest.approx(30, abs=0.1)
        (text,) = sim.texts("forced")
        assert "g/a (running: will not stop)" in text
        assert "g/b" not in text
        assert sim.core.fences == {}


def test_h11_who_used_up_the_deadline_is_named_before_all_that_wait_for_it(world: World) -> None:
    tree = group("inner", device("b"), device("leaf"))
    for n in range(12):
        tree = group(f"g{n}", tree, device("a"))
    root = "/".join(f"g{n}" for n in reversed(range(12)))
    world.stubborn.add(f"{root}/inner/leaf")
    with simulate(world, tree, settings=EngineSettings(stop_deadline=8)) as sim:
        sim.run(5)
        sim.stop()
        (said,) = sim.texts("forced")
        first = f"{root}/inner/leaf (running: will not stop), g11 (stopping"
        assert said.startswith(f"not stopped in time, forced: {first}")
        assert said.endswith(" and 4 more")


def test_h38_the_successor_of_a_forced_worker_waits_until_its_tasks_have_ended(
    world: World,
) -> None:
    world.deaf.add("d")
    with simulate(world, device("d"), settings=EngineSettings(stop_deadline=1.0)) as sim:
        sim.run(2)
        sim.restart("d")
        sim.run(5)
        assert sim["d"].incarnation == 2
        assert sim["d"].reason == "waits until the tasks of incarnation 1 have ended"
        world.deaf.clear()
        sim.until(lambda sim: sim["d"].state == "running", within=5)


def test_h12_a_removal_asked_for_during_a_restart_wins(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        world.stubborn.add("g/a")
        sim.restart("g/a")
        sim.run(2)
        sim.declare(group("g"))
        sim.run(1)
        world.stubborn.clear()
        sim.run(20)
        assert states(sim) == {"g": "running"}
        assert sim.texts("restarted") == []


def test_h12_a_restart_asked_for_during_a_stop_is_a_stop(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.stubborn.add("d")
        sim.ask_stop()
        sim.run(1)
        sim.restart("d")
        world.stubborn.clear()
        sim.until(lambda sim: sim.core.finished)
        assert sim.texts("restarted") == []


def test_h13_h43_a_restart_begins_a_new_instance_without_any_flag_of_the_old(
    world: World,
) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        sim.restart("d")
        sim.until(lambda sim: sim["d"].incarnation == 2 and sim["d"].state == "running")
        assert world.instances == 2
        s = sim.supervisor("d")
        assert (s.stop, s.drained, s.final_after, s.stuck) == (None, False, None, None)
        assert "stop" not in s.timers
        sim.run(100)
        assert sim["d"].incarnation == 2
        assert sim.texts("stop") == ["restart requested by test"]
        assert sim.texts("restarted") == ["incarnation 2 begins"]
        assert (sim["d"].reason, sim["d"].control_reason) == ("it is lit", "its own desired state")


def test_h14_h43_a_restart_that_is_not_done_in_time_is_forced_and_starts_again(
    world: World,
) -> None:
    world.stubborn.add("d")
    with simulate(world, device("d")) as sim:
        sim.run(5)
        sim.restart("d")
        sim.run(29)
        assert sim["d"].incarnation == 1
        sim.until(lambda sim: sim["d"].incarnation == 2 and sim["d"].state == "running", within=2)
        assert "d (running" in sim.texts("forced")[0]
        assert sim.supervisor("d").stop is None


def test_h16_a_parent_removed_with_children_under_removal_waits_for_nobody_twice(
    world: World,
) -> None:
    root = group("g", group("p", device("a"), device("b")))
    with simulate(world, root) as sim:
        sim.run(5)
        sim.declare(group("g", group("p", device("b"))))
        sim.declare(group("g"))
        sim.until(lambda sim: "g/p" not in sim, within=2)
        assert sim.texts("forced") == []


def test_h16_workers_that_depend_on_each_other_can_still_be_stopped(world: World) -> None:
    root = group(
        "g",
        device("a", depends_on=("g/b",)),
        device("b", depends_on=("g/c",)),
        device("c", depends_on=("g/a",)),
        device("d", depends_on=("g/d", "g")),
    )
    with simulate(world, root) as sim:
        sim.run(5)
        assert sim.stop() < 1
        assert sim.texts("forced") == []


def test_h16_a_worker_its_own_child_depends_on_and_that_depends_on_it_can_be_stopped(
    world: World,
) -> None:
    root = group("g", group("p", device("a", depends_on=("g/p",)), depends_on=("g/p/a",)))
    with simulate(world, root) as sim:
        sim.run(5)
        assert sim.stop() < 1


def test_h28_a_stopping_worker_reaches_stopped_though_its_parent_recovers(world: World) -> None:
    mapped = device("a", state_mapping={"maintenance": "stopped"})
    with simulate(world, group("g", mapped)) as sim:
        sim.run(5)
        sim.declare(group("g", mapped, wish="maintenance"))
        sim.run(0)
        assert sim["g/a"].state in ("stopping", "stopped")
        sim.declare(group("g", mapped, wish="running"))
        sim.run(5)
        went = [text.partition(":")[0] for text in sim.texts("transition", "g/a")]
        assert went[-4:] == [
            "running → stopping",
            "stopping → stopped",
            "stopped → starting",
            "starting → running",
        ]


def test_h28_a_class_whose_stopping_turns_back_cannot_be_made() -> None:
    """The author's own way back from stopping: refused at import, with the states named."""
    with pytest.raises(DefinitionError, match="'down' is stopping and may not turn back to 'up'"):

        class Wavers(Worker[UserSpec, DeviceObserved]):
            async def collect_observed_state(self, spec: Any, resources: Any) -> DeviceObserved:
                return DeviceObserved()

            @state("stopped", to="up")
            def stopped(self, s: Any) -> Any: ...

            @state("running", to="down")
            def up(self, s: Any) -> Any: ...

            @state("stopping", to="up stopped")
            def down(self, s: Any) -> Any: ...


def test_h36_the_last_observation_of_a_stopped_worker_says_stopped(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        kept = sim.supervisor("g/a")
        sim.declare(group("g"))
        sim.until(lambda sim: "g/a" not in sim)
        assert kept.observed.lit is False
        assert kept.observed_at is not None
        assert kept.observed_at >= kept.since
        assert sim.texts("stop", "g/a") == ["g no longer declares it"]
        assert sim.texts("transition", "g/a")[-1] == "stopping → stopped: it is dark"


def test_h36_no_other_cause_stands_in_for_the_last_look(world: World) -> None:
    """It is down and the last look is under way; whoever wakes it meanwhile does not end that."""
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        kept = sim.supervisor("g/a")
        world.silent.add("g/a")
        sim.declare(group("g"))
        sim.until(lambda _: kept.final_after is not None, within=20, step=0.1)
        sim.core.mark(kept, Cause("resync"))
        sim.restart("g/a")  # which a worker that stops anyway ignores
        sim.run(0)
        assert "g/a" in sim
        assert not kept.drained
        world.silent.clear()
        sim.until(lambda sim: "g/a" not in sim, within=10, step=0.1)


def test_h36_a_last_observation_that_finds_it_running_makes_the_stop_go_on(
    world: World,
) -> None:
    """Stopped before its first observation, although the real thing runs: it is switched off."""
    world.lit["d"] = True
    world.silent.add("d")
    with simulate(world, device("d")) as sim:
        sim.run(1)
        assert sim["d"].state == "stopped"
        sim.ask_stop()
        sim.run(1)
        world.silent.clear()
        sim.until(lambda sim: sim.core.finished)
        assert world.lit["d"] is False
        went_on = "stopped → stopping: it is lit, though it should be stopped"
        assert sim.texts("transition", "d") == [went_on, "stopping → stopped: it is dark"]


def test_h45_a_worker_with_a_broken_template_can_be_stopped(world: World) -> None:
    with simulate(world, device("d", template="{{ .NOPE }}")) as sim:
        sim.run(5)
        assert "NOPE" in condition(sim, "d", "Derived")
        assert "NOPE" in sim["d"].reason
        assert sim.stop() < 3


def test_h45_a_running_worker_whose_template_breaks_can_be_stopped_its_own_way(
    world: World,
) -> None:
    root = group("g", device("a", template="{{ .X }}"), user={"X": 1})
    with simulate(world, root) as sim:
        sim.run(5)
        sim.declare(group("g", device("a", template="{{ .X }}")))
        sim.run(1)
        assert "X" in condition(sim, "g/a", "Derived")
        assert sim["g/a"].state == "running"  # the last good desired state stands
        assert sim.stop() < 1
        assert ("g/a", "off") in world.done
