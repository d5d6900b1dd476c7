"""Changes of what is declared: the hard cases about children, variables, mappings and holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from lamp_tree import (
    Device,
    DeviceSpec,
    Group,
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
    DesiredState,
    EngineSettings,
    ObservedState,
    UserSpec,
)
from fsmv2.core.life.create import create
from fsmv2.testing import Simulation


@pytest.fixture
def world() -> World:
    return World()


def test_h01_a_child_that_comes_back_unchanged_while_removed_is_kept(world: World) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        sim.declare(group("g"))
        sim.run(1)
        assert sim["g/a"].control == "stopped"
        sim.declare(group("g", device("a")))
        sim.run(40)
        assert (sim["g/a"].incarnation, sim["g/a"].state) == (1, "running")
        assert sim.texts("stop", "g/a")[-1] == "declared again with the same spec: kept"
        assert world.instances == 1


def test_h01_a_child_that_comes_back_changed_is_made_anew_after_its_removal(
    world: World,
) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a", pin=1))) as sim:
        sim.run(5)
        sim.declare(group("g"))
        sim.run(1)
        for pin in (2, 3, 4):
            sim.declare(group("g", device("a", pin=pin)))
            sim.run(0.1)
        assert world.instances == 1
        world.stubborn.clear()
        sim.until(lambda sim: "g/a" in sim and sim["g/a"].incarnation == 2)
        sim.run(1)
        assert world.instances == 2
        assert sim.supervisor("g/a").declared.user_spec.pin == 4


def test_h01_a_child_that_comes_back_and_goes_again_is_removed(world: World) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a", pin=1))) as sim:
        sim.run(5)
        sim.declare(group("g"))
        sim.run(1)
        sim.declare(group("g", device("a", pin=2)))
        sim.run(1)
        sim.declare(group("g"))
        world.stubborn.clear()
        sim.run(5)
        assert states(sim) == {"g": "running"}


def test_h01_a_kept_subtree_catches_up_with_what_changed_meanwhile(world: World) -> None:
    """Its own child was to be made anew, and another one added, while it was being removed."""
    world.stubborn.add("g/p/a")
    with simulate(world, group("g", group("p", device("a")))) as sim:
        sim.run(5)
        sim.declare(group("g", group("p", device("a", pin=2), device("b"))))
        sim.declare(group("g"))
        sim.run(1)
        sim.declare(group("g", group("p", device("a", pin=2), device("b"))))
        world.stubborn.clear()
        sim.run(10)
        assert states(sim)["g/p/b"] == "running"
        assert sim["g/p/a"].state == "running"
        assert sim.supervisor("g/p/a").live_spec.pin == 2


def test_h01_who_depends_on_whom_is_kept_when_a_child_comes_back(world: World) -> None:
    world.stubborn.add("g/a")
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        sim.declare(group("g", device("b")))
        sim.run(1)
        sim.declare(group("g", device("a", depends_on=("g/b",)), device("b")))
        sim.run(1)
        assert set(sim.core.dependents) == {"g/b"}
        world.stubborn.clear()
        sim.declare(group("g", device("b")))
        sim.run(5)
        assert sim.core.dependents == {}


@pytest.mark.parametrize("slow", [False, True])
def test_h15_restart_remove_and_add_leave_one_instance_by_the_last_wish(
    world: World, slow: bool
) -> None:
    """In one instant, or each when the one before has just begun."""

    def then(sim: Simulation) -> None:
        if slow:
            sim.run(0.001)

    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        world.stubborn.add("g/a")
        sim.restart("g/a")
        then(sim)
        sim.declare(group("g"))
        then(sim)
        if slow:
            assert sim["g/a"].control_reason == "g no longer declares it"
        sim.declare(group("g", device("a", pin=7)))
        then(sim)
        assert len(sim.dispatcher.collectors) == 2
        world.stubborn.clear()
        sim.run(10)
        assert states(sim) == {"g": "running", "g/a": "running"}
        assert sim.supervisor("g/a").live_spec.pin == 7
        assert len(sim.dispatcher.collectors) == 2
        assert (sim["g/a"].incarnation, sim["g/a"].reason) == (2, "it is lit")
        anew = "declared again while being removed: to be recreated after it"
        assert sim.texts("stop", "g/a") == ["restart requested by test", *[anew] * slow]


def test_h23_children_of_one_name_under_different_parents_are_separate(world: World) -> None:
    root = group("g", group("p", device("a")), group("q", device("a")))
    with simulate(world, root) as sim:
        sim.run(5)
        world.step["g/p/a"] = RuntimeError("only this one")
        world.lit["g/p/a"] = False
        sim.run(20)
        assert "only this one" in condition(sim, "g/p/a", "BreakerClosed")
        assert (sim["g/q/a"].state, sim["g/q/a"].conditions) == ("running", ())


def test_h29_an_empty_list_removes_all_and_a_failed_derive_none(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        world.derive["g"] = ValueError("cannot say")
        sim.declare(group("g"))
        sim.run(5)
        assert set(states(sim)) == {"g", "g/a", "g/b"}
        assert "cannot say" in condition(sim, "g", "Derived")
        world.derive.clear()
        sim.declare(group("g", user={"again": 1}))
        sim.run(5)
        assert states(sim) == {"g": "running"}
        assert sim["g"].conditions == ()


@pytest.mark.parametrize("lost", [1, 2, 3])
def test_h29_a_discovered_child_goes_after_three_agreeing_observations(
    world: World, lost: int
) -> None:
    found = device("opc.tcp://plc:4840/a b", discovered=True)
    path = "g/opc.tcp:%2F%2Fplc:4840%2Fa b"
    with simulate(world, group("g", found)) as sim:
        sim.run(7)
        assert path in sim
        sim.declare(group("g"))
        for _ in range(lost):
            last = sim.supervisor("g").observed_at
            sim.until(lambda sim, last=last: sim.supervisor("g").observed_at != last)
        if lost == 3:
            sim.run(1)
            assert path not in sim
            return
        assert path in sim
        sim.declare(group("g", found))
        sim.run(60)
        assert (sim[path].state, sim[path].incarnation) == ("running", 1)
        assert not sim.supervisor("g").missing


class Found(ObservedState):
    names: tuple[str, ...] = ()


class Finder(Group):
    """Has the children that it sees."""

    derive_from = "own"

    def derive_desired_state(self, spec: Any, previous_observed: Any) -> DesiredState:
        names = () if previous_observed is None else previous_observed.names
        return DesiredState("running", tuple(device(name, discovered=True) for name in names))

    async def collect_observed_state(self, spec: Any, resources: Any) -> Found:
        return Found(names=self.world.collect["found"])


@pytest.mark.parametrize("agree", [1, 2, 3])
def test_h29_what_was_derived_from_an_observation_counts_it(world: World, agree: int) -> None:
    """The look that first missed a child is the first of those that must agree."""
    factory = factory_for(world)
    factory.register(Finder, make=lambda: Finder(world))
    world.collect["found"] = ("a",)
    settings = EngineSettings(discovery_agreement=agree)
    with Simulation(group("g", kind="finder"), factory, settings=settings) as sim:
        sim.run(7)
        assert sim["g/a"].state == "running"
        world.collect["found"] = ()
        for look in range(agree):
            assert sim["g/a"].control == "running", look
            last = sim.supervisor("g").observed_at
            sim.until(lambda sim, last=last: sim.supervisor("g").observed_at != last)
            sim.run(0.01)
        assert "g/a" not in sim or sim["g/a"].control == "stopped"


def test_h29_another_change_meanwhile_does_not_hasten_a_removal(world: World) -> None:
    """One look has missed it when a sibling is added: it still has two looks to come back in."""
    with simulate(world, group("g", device("a", discovered=True))) as sim:
        sim.run(7)
        sim.declare(group("g"))
        last = sim.supervisor("g").observed_at
        sim.until(lambda sim: sim.supervisor("g").observed_at != last)
        sim.declare(group("g", device("b")))
        sim.run(0.5)
        assert sim["g/b"].state == "running"
        assert sim["g/a"].control == "running"
        sim.run(30)
        assert "g/a" not in sim


def test_h30_disabled_from_the_start_is_present_and_stopped(world: World) -> None:
    with simulate(world, group("g", device("a", enabled=False))) as sim:
        sim.run(30)
        assert (sim["g/a"].state, sim["g/a"].control_reason) == ("stopped", "disabled")
        assert sim["g/a"].fresh
        assert world.done == []
        sim.declare(group("g", device("a")))
        sim.run(2)
        assert (sim["g/a"].state, sim["g/a"].incarnation) == ("running", 1)


def test_h31_variables_are_inherited_overridden_and_isolated_three_levels_deep(
    world: World,
) -> None:
    leaf = {"template": "{{ .X }}/{{ .Y }}/{{ .Z }}"}
    root = group(
        "g",
        group("p", device("a", user={"Z": 1}, **leaf), device("b", **leaf), user={"Y": "p"}),
        group("q", device("a", **leaf), device("c", template="{{ .OWN }}")),
        device("d", user={"OWN": 2}),
        user={"X": "g", "Y": "g", "Z": 0},
    )
    with simulate(world, root) as sim:
        sim.run(5)
        config = {n.path: sim.supervisor(n.path).live_config for n in sim.view().of_type("device")}
        values = {"g/p/a": "g/p/1", "g/p/b": "g/p/0", "g/q/a": "g/g/0"}
        assert config == values | {"g/d": None, "g/q/c": None}
        told = condition(sim, "g/q/c", "Derived")
        assert "Variable 'OWN' is not defined" in told
        assert "X, Y, Z" in told


def test_h32_a_child_waits_for_a_missing_variable_with_the_reason_and_then_starts(
    world: World,
) -> None:
    child = device("a", template="{{ .IP }}")
    with simulate(world, group("g", child)) as sim:
        sim.run(60)
        assert sim["g/a"].state == "stopped"
        assert "IP" in sim["g/a"].reason
        assert "IP" in condition(sim, "g/a", "Derived")
        sim.declare(group("g", child, user={"IP": "10.0.0.1"}))
        sim.run(1)
        assert (sim["g/a"].state, sim["g/a"].conditions) == ("running", ())


def test_h34_h44_a_child_that_cannot_be_made_is_made_later_and_siblings_run(
    world: World,
) -> None:
    unknown = ChildSpec("c", "devise", DeviceSpec())
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        world.construct = OSError("no licence")
        sim.declare(group("g", device("a"), device("b"), unknown))
        sim.run(5)
        assert sim["g/a"].state == "running"
        assert "no licence" in condition(sim, "g/b", "Created")
        assert "no licence" in sim["g/b"].reason
        assert "Did you mean 'device'?" in condition(sim, "g/c", "Created")
        world.construct = None
        sim.run(70)
        assert (sim["g/b"].state, sim["g/b"].conditions) == ("running", ())
        assert sim.stop() < 1


def test_h44_a_restart_whose_constructor_fails_is_tried_again(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.construct = OSError("busy")
        sim.restart("d")
        sim.run(5)
        assert "busy" in condition(sim, "d", "Created")
        world.construct = None
        sim.until(lambda sim: sim["d"].state == "running", within=70)


def test_h34_a_spec_of_the_wrong_type_is_refused_and_the_old_one_stands(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        sim.declare(group("g", ChildSpec("a", "device", UserSpec())))
        sim.run(5)
        assert "takes a DeviceSpec" in condition(sim, "g/a", "Created")
        assert (sim["g/a"].state, sim["g/a"].incarnation) == ("running", 1)
        sim.declare(group("g", device("a")))
        sim.run(5)
        assert sim["g/a"].conditions == ()
        sim.declare(group("g", device("a"), ChildSpec("b", "device", UserSpec())))
        sim.run(1)
        assert "takes a DeviceSpec" in condition(sim, "g/b", "Created")


def test_h37_h46_a_duplicate_name_is_refused_whole_and_the_previous_children_stay(
    world: World,
) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        sim.declare(group("g", device("b"), device("a"), group("a")))
        sim.run(5)
        assert states(sim) == {"g": "running", "g/a": "running"}
        reason = condition(sim, "g", "ChildrenAccepted")
        assert "two children are named 'a'" in reason
        assert "device" in reason
        assert "group" in reason
        sim.declare(group("g", device("b"), device("a")))
        sim.run(5)
        assert set(states(sim)) == {"g", "g/a", "g/b"}
        assert sim["g"].conditions == ()


def test_h47_circular_nesting_is_refused_with_the_chain(world: World) -> None:
    inner = group("h", wish="running")
    world.derive["h"] = None
    looped = group("h", group("i"))
    with simulate(world, looped) as sim:
        sim.run(1)
        sim.declare(group("h", inner))
        sim.run(1)
        assert condition(sim, "h/h", "Created") == ""
    with simulate(world, group("x")) as sim:
        from fsmv2 import DesiredState

        world.derive["x"] = DesiredState("running", (group("x"),))
        sim.declare(group("x", user={"n": 1}))
        sim.run(1)
        again = group("x", user={"n": 1})
        world.derive["x"] = DesiredState("running", (again,))
        sim.declare(again)
        sim.run(1)
        world.derive["x"] = DesiredState("running", (group("y", user={"n": 2}),))
        world.derive["y"] = DesiredState("running", (group("x", user={"n": 2}),))
        sim.declare(group("x", user={"n": 2}))
        sim.run(1)
        reason = condition(sim, "x/y", "Created")
        assert "x → y have one type and spec" in reason


def test_h52_a_change_between_two_steps_is_applied_after_and_none_is_lost(world: World) -> None:
    with simulate(world, group("g", device("a", pin=1))) as sim:
        sim.run(5)
        for pin in range(2, 12):
            sim.declare(group("g", device("a", pin=pin)))
            sim.run(0.003)
        sim.run(5)
        assert sim.supervisor("g/a").live_spec.pin == 11
        assert (sim["g/a"].state, sim["g/a"].reason) == ("running", "it is lit")
        assert set(sim.texts("stop", "g/a")) == {"its spec or rendered config changed"}


def test_h53_two_changes_in_one_instant_are_one_derive_with_both_causes(world: World) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        derived = world.derives["g"]
        sim.declare(group("g", device("a"), user={"x": 1}))
        sim.declare(group("g", device("a"), user={"x": 2}), {"api": "b"})
        sim.run(0)
        assert world.derives["g"] == derived + 1
        record = next(r for r in sim.records("g") if len(r.causes) > 1)
        kinds = [str(cause) for cause in record.causes]
        assert {"spec changed by its parent", "variables global"} <= set(kinds)


def test_h54_a_change_taken_back_before_its_turn_restarts_nothing(world: World) -> None:
    """Twenty changes, one restart a second: those that flip back while they wait are left alone."""

    def tree(pin: int) -> ChildSpec:
        return group("g", *[device(f"d{n}", pin=pin) for n in range(20)])

    settings = EngineSettings(restarts_per_second=1.0)
    with simulate(world, tree(1), settings=settings) as sim:
        sim.run(5)
        sim.declare(tree(2))
        sim.run(1)
        below = sim.supervisor("g").children
        waiting = {n for n, s in below.items() if s.incarnation == 1 and s.stop is None}
        assert len(waiting) > 10
        sim.declare(tree(1))
        sim.run(60)
        assert {below[name].incarnation for name in waiting} == {1}


def test_h54_a_spec_that_flips_back_before_anything_ran_restarts_nothing(world: World) -> None:
    first, second = group("g", device("a", pin=1)), group("g", device("a", pin=2))
    with simulate(world, first) as sim:
        sim.run(5)
        ticks = sim["g/a"].ticks
        for root in (second, first):
            sim.declare(root)
        sim.run(5)
        assert sim["g/a"].incarnation == 1
        assert sim["g/a"].ticks == ticks
        assert sim.texts("stop") == []


def test_h57_a_mapping_to_an_unknown_state_is_refused_on_the_parent(world: World) -> None:
    wrong = device("a", state_mapping={"maintenance": "pausd"})
    with simulate(world, group("g", wrong, device("b"))) as sim:
        sim.run(5)
        reason = condition(sim, "g", "Mapped")
        assert "mapping of a asks for 'pausd'" in reason
        assert "Did you mean 'paused'?" in reason
        sim.declare(group("g", wrong, device("b"), wish="maintenance"))
        sim.run(5)
        assert states(sim) == {"g": "maintenance", "g/a": "running", "g/b": "running"}
        mended = device("a", state_mapping={"maintenance": "paused"})
        sim.declare(group("g", mended, device("b"), wish="maintenance"))
        sim.run(5)
        assert states(sim)["g/a"] == "paused"
        assert sim["g"].conditions == ()
        sim.declare(group("g", wrong))
        sim.run(1)
        sim.declare(group("g"))
        sim.run(5)
        assert sim["g"].conditions == ()  # it went with the child


def test_h57_the_star_maps_every_other_state(world: World) -> None:
    child = device("a", state_mapping={"running": "running", "*": "stopped"})
    with simulate(world, group("g", child)) as sim:
        sim.run(5)
        assert sim["g/a"].state == "running"
        sim.declare(group("g", child, wish="maintenance"))
        sim.run(5)
        assert (sim["g/a"].state, sim["g/a"].control_reason) == (
            "stopped",
            "g is maintenance and asks for it",
        )


def test_h58_a_hold_wins_over_the_mapping_at_once_while_gated_and_is_shown(
    world: World,
) -> None:
    mapping = {"*": "running"}
    with simulate(world, group("g", device("a", state_mapping=mapping))) as sim:
        sim.run(5)
        world.silent.add("g/a")
        sim.until(lambda sim: not sim["g/a"].fresh)
        held = device("a", wish="stopped", hold="two open the door", state_mapping=mapping)
        world.silent.clear()
        sim.declare(group("g", held))
        sim.run(1)
        assert sim["g/a"].state == "stopped"
        assert sim["g/a"].control_reason == "held: two open the door"
        assert sim["g/a"].held == "two open the door"
        sim.run(100)
        assert sim["g/a"].state == "stopped"
        sim.declare(group("g", device("a", state_mapping=mapping)))
        sim.run(5)
        assert (sim["g/a"].state, sim["g/a"].held) == ("running", "")


class Held(Device):
    """Adapts live, so that a hold does not come with a new instance."""

    update_policy = "in_place"


@pytest.mark.parametrize("gate", ["stale", "circuit", "action"])
def test_h58_a_hold_that_is_no_stop_passes_every_gate(world: World, gate: str) -> None:
    factory = factory_for(world)
    factory.register(Held, make=lambda: Held(world))

    def declared(wish: str = "running", hold: str | None = None) -> ChildSpec:
        held = device("b", wish=wish, hold=hold, worker_type="held")
        return group("g", device("a"), held, kind="guarded")

    with Simulation(declared(), factory) as sim:
        sim.run(6)
        if gate == "stale":
            world.silent.add("g/b")
            sim.until(lambda sim: sim["g/b"].reason == "its observation is stale")
        elif gate == "circuit":
            world.broken["inside"], world.lit["g/a"] = "a", False
            sim.until(lambda sim: sim["g/b"].reason == "the circuit of g is open")
        else:
            world.lit["g/b"], world.slow["g/b"] = False, 9.0
            sim.until(lambda sim: sim["g/b"].action == "switch_on")
        sim.declare(declared("paused", "two open the door"))
        sim.run(0.1)
        assert sim["g/b"].control_reason == "held: two open the door"
        assert sim["g/b"].incarnation == 1
        if gate == "action":
            assert "switch_on cancelled" in sim.texts("action", "g/b")
        else:
            assert sim["g/b"].state == "paused"


def test_h59_a_global_variable_restarts_only_who_uses_it_and_paced(world: World) -> None:
    using = [device(f"u{n}", template="{{ .global.api }}") for n in range(30)]
    root = group("g", *using, device("other"))
    with simulate(world, root, global_variables={"api": "a"}) as sim:
        sim.run(5)
        sim.declare(root, {"api": "b"})
        most = 0
        for _ in range(200):
            sim.run(0.005)
            busy = [s for s in sim.core.by_path.values() if s.stop is not None]
            most = max(most, len(busy))
        sim.run(5)
        renewed = {n.name for n in sim.view().of_type("device") if n.incarnation == 2}
        assert renewed == {f"u{n}" for n in range(30)}
        assert most <= 20
        assert sim.supervisor("g/u7").live_config == "b"
        assert sim.core.pace.under_way == {}


@pytest.mark.parametrize(("hang", "seconds"), [(0, 6), (3, 30)])
def test_h59_a_recreation_is_over_when_the_new_instance_has_come_up(
    world: World, hang: int, seconds: float
) -> None:
    """Else all would be down at once that take longer to start than to stop.

    Those that do not come up keep their places for a while, and not for good.
    """
    names = [f"u{n}" for n in range(12)]
    root = group("g", *[device(name, template="{{ .global.api }}") for name in names])
    settings = EngineSettings(restarts_at_once=3)
    with simulate(world, root, global_variables={"api": "a"}, settings=settings) as sim:
        sim.run(5)
        world.hangs |= {f"g/{name}" for name in names[:hang]}
        world.slow |= {f"g/{name}": 2.0 for name in names[hang:]}
        sim.declare(root, {"api": "b"})
        most, began = 0, sim.now
        while any(sim.supervisor(f"g/{name}").live_config != "b" for name in names):
            sim.run(0.1)
            down = [name for name in names[hang:] if sim[f"g/{name}"].state != "running"]
            most = max(most, len(down))
            assert len(sim.core.pace.under_way) <= 3
        assert most == 3
        assert seconds <= sim.now - began < 2 * seconds


def test_h60_a_parent_that_changes_a_hundred_times_hands_on_the_last(world: World) -> None:
    child = device("a", state_mapping={"maintenance": "paused", "running": "running"})
    with simulate(world, group("g", child)) as sim:
        sim.run(5)
        for n in range(100):
            sim.declare(group("g", child, wish="maintenance" if n % 2 else "running"))
            sim.run(0.01)
        sim.run(5)
        assert states(sim) == {"g": "maintenance", "g/a": "paused"}
        assert sim["g/a"].control_reason == "g is maintenance and asks for it"
        assert sim["g/a"].conditions == ()
        to = Device.definition.states
        moves = sim.texts("transition", "g/a")
        assert len(moves) > 2
        for text in moves:
            old, _, new = text.partition(":")[0].partition(" → ")
            assert new in to[old].to


def _resynced(sim, before) -> set[str]:  # type: ignore[no-untyped-def]
    """Those whose ticks since were all the slow look at everyone."""
    found = set()
    for path, ticks in before.items():
        new = sim[path].ticks - ticks
        records = sim.records(path)[-new:] if new else ()
        if new and all([c.kind for c in r.causes] == ["resync"] for r in records):
            found.add(path)
    return found


def test_h51_a_thousand_children_come_in_bounded_slices(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No tick of the parent makes more than its share of them."""
    made: Counter[int] = Counter()

    def counted(core: Any, *args: Any) -> Any:
        made[core.tick_id] += 1
        return create(core, *args)

    monkeypatch.setattr("fsmv2.core.phases.reconcile.create", counted)
    root = group("g", *[device(f"d{n}") for n in range(1000)])
    with simulate(world, root) as sim:
        sim.run(2)
        assert len(sim.core.by_path) == 1001
        assert max(made.values()) == sim.settings.children_per_tick
        sim.declare(group("g"))
        sim.run(5)
        assert set(sim.core.by_path) == {"g"}
        assert sim.core.fences == {}
        assert sim.texts("stop", "g/d999") == ["g no longer declares it"]
