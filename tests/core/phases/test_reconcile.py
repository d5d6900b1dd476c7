"""Reconcile: what is done at once, what counts as work of a tick, and what a child is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from job_tree import job
from lamp_tree import (
    World,
    condition,
    device,
    factory_for,
    group,
    simulate,
)

from fsmv2 import (
    ChildSpec,
    EngineSettings,
    ObservedState,
)
from fsmv2.core import Core, Declared
from fsmv2.core.phases import reconcile
from fsmv2.testing import Simulation

NAMES = [f"d{n}" for n in range(6)]


@pytest.fixture
def world() -> World:
    return World()


def goes_on(sim: Simulation) -> int:
    """How often a tick of the root left work for the next one."""
    ticks = [r for r in sim.records("g") if "reconcile goes on" in map(str, r.causes)]
    return sum(1 + r.repeats for r in ticks)


def of_another_type(name: str) -> ChildSpec:
    spec = group(name)
    return ChildSpec(name, "group", spec.user_spec)


def of_no_type(name: str) -> ChildSpec:
    return ChildSpec(name, "no-such-type", device(name).user_spec)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, device),
        (device, None),
        (device, of_another_type),
        (device, lambda name: device(name, pin=1)),
        (device, lambda name: device(name, enabled=False)),
        (of_no_type, lambda name: ChildSpec(name, "no-such-type", device(name, pin=1).user_spec)),
    ],
    ids=["created", "removed", "type", "spec", "disabled", "not created yet"],
)
def test_h51_every_change_counts_as_work_and_too_much_of_it_goes_on_in_the_next_tick(
    world: World,
    before: Callable[[str], ChildSpec] | None,
    after: Callable[[str], ChildSpec] | None,
) -> None:
    settings = EngineSettings(children_per_tick=3, records=1000, backoff_base=60.0)
    first = [before(name) for name in NAMES] if before else []
    with simulate(world, group("g", *first), settings=settings) as sim:
        sim.run(10)
        began = goes_on(sim)
        sim.declare(group("g", *[after(name) for name in NAMES] if after else []))
        sim.run(0.01)
        assert goes_on(sim) - began >= 1


@pytest.mark.parametrize("same", ["equal", "of the wrong spec"])
def test_what_needs_nothing_is_no_work(
    world: World, same: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, a change behind them is made in the same tick."""
    monkeypatch.setattr(reconcile, "LOOKED_AT", 2)
    settings = EngineSettings(children_per_tick=3, records=1000)

    def declared(pin: int) -> ChildSpec:
        specs = [
            device(name) if same == "equal" else ChildSpec(name, "device", job(name).user_spec)
            for name in NAMES
        ]
        return group("g", *specs, device("last", pin=pin))

    with simulate(world, group("g", *map(device, [*NAMES, "last"])), settings=settings) as sim:
        sim.run(10)
        began = goes_on(sim)
        sim.declare(declared(1))
        sim.run(0.01)
        assert sim.supervisor("g/last").declared.user_spec.pin == 1
        assert goes_on(sim) == began


@pytest.mark.parametrize("stay", [True, False])
def test_h51_many_that_need_nothing_are_looked_at_in_several_ticks(
    world: World, stay: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two at a time, two times in a tick: ten are three ticks, and then nothing is left."""
    first = [device(f"d{n}", discovered=True) for n in range(8)]
    then = first if stay else []  # nobody has agreed yet that they are gone

    def goes_on_after_a_change(looked_at: int) -> int:
        monkeypatch.setattr(reconcile, "LOOKED_AT", looked_at)
        monkeypatch.setattr(reconcile, "LOOKS_PER_TICK", 2)
        with simulate(world, group("g", *first, device("last"))) as sim:
            sim.run(10)
            before = goes_on(sim)
            sim.declare(group("g", *then, device("last"), device("new")))
            sim.run(0.01)
            assert "g/new" in sim.core.by_path
            assert len(sim.core.by_path) == 11
            return goes_on(sim) - before

    assert (goes_on_after_a_change(2), goes_on_after_a_change(100)) == (3, 0)


@pytest.mark.parametrize("still", ["stopping", "not agreed to be gone"])
def test_what_is_to_go_and_cannot_yet_is_no_work(world: World, still: str) -> None:
    """However many there are, a change behind them is made in the same tick."""
    settings = EngineSettings(children_per_tick=3, records=1000, stop_deadline=1000.0)
    found = still == "not agreed to be gone"
    first = [device(name, discovered=found) for name in NAMES]
    with simulate(world, group("g", *first, device("last")), settings=settings) as sim:
        sim.run(10)
        if still == "stopping":
            world.stubborn |= {f"g/{name}" for name in NAMES}
            sim.declare(group("g", device("last")))
            sim.run(10)
        began = goes_on(sim)
        sim.declare(group("g", device("last", pin=1), device("new")))
        sim.run(0.01)
        assert sim.supervisor("g/last").declared.user_spec.pin == 1
        assert len(sim.supervisor("g").children) == 8
        assert goes_on(sim) == began


def test_h51_of_many_that_are_to_go_none_is_left_out(world: World) -> None:
    """Though they are told in several ticks, and none of them goes."""
    settings = EngineSettings(children_per_tick=3, stop_deadline=1000.0)
    with simulate(world, group("g", *map(device, NAMES)), settings=settings) as sim:
        sim.run(10)
        world.stubborn |= {f"g/{name}" for name in NAMES}
        sim.declare(group("g"))
        sim.run(1)
        assert {sim[f"g/{name}"].control for name in NAMES} == {"stopped"}


@pytest.mark.parametrize("meanwhile", ["removed", "refused"])
def test_the_very_same_spec_is_a_change_after_something_else(world: World, meanwhile: str) -> None:
    """An object that is known is not even compared, but for one whose child is as it was."""
    same = device("a")
    with simulate(world, group("g", same)) as sim:
        sim.run(5)
        other = [ChildSpec("a", "device", job("a").user_spec)] if meanwhile == "refused" else []
        world.stubborn.add("g/a")
        sim.declare(group("g", *other))
        sim.run(0.1)
        assert (sim["g/a"].control == "stopped") is (meanwhile == "removed")
        sim.declare(group("g", same))
        sim.run(5)
        assert (sim["g/a"].control, sim["g/a"].incarnation) == ("running", 1)
        assert sim["g/a"].conditions == ()


def test_two_children_of_one_name_are_refused_with_what_to_do(world: World) -> None:
    """One object that is declared twice is one child."""
    a = device("a")
    with simulate(world, group("g", a, a)) as sim:
        sim.run(5)
        assert sim["g/a"].state == "running"
        assert condition(sim, "g", "ChildrenAccepted") == ""
        sim.declare(group("g", device("a", pin=1), device("a", pin=2)))
        sim.run(5)
        assert condition(sim, "g", "ChildrenAccepted").startswith("two children are named 'a': one")
        sim.declare(group("g", a, device("b"), of_another_type("a")))
        sim.run(5)
        assert condition(sim, "g", "ChildrenAccepted") == (
            "two children are named 'a': one of type device, one of type group; the previous "
            "children stay. Give each child of one parent a name of its own."
        )


def test_children_that_are_refused_are_looked_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often their parent is ticked; and the refusal is no other trouble of it."""
    looked: list[int] = []
    real = reconcile._by_name
    monkeypatch.setattr(
        reconcile, "_by_name", lambda specs: looked.append(len(specs)) or real(specs)
    )
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        looked.clear()
        sim.declare(group("g", *[device("a", pin=pin) for pin in range(3)]))
        sim.run(1)
        ticks = sim["g"].ticks
        sim.run(200)
        assert sim["g"].ticks > ticks
        assert looked == [3]
        assert [found.type for found in sim["g"].conditions] == ["ChildrenAccepted"]


def test_what_is_equal_is_held_once_so_that_it_is_the_same_next_time(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        g, a, b = (sim.supervisor(path) for path in ("g", "g/a", "g/b"))
        first = a.declared
        for again in (group("g", device("a"), device("b", pin=1)), group("g", *g.accepted)):
            sim.declare(again)
            sim.run(1)
            assert g.desired.children_specs == g.accepted == again.user_spec.children
            assert a.declared is g.desired.children_specs[0] is g.accepted[0] is first
            assert b.declared is g.desired.children_specs[1] is g.accepted[1]
        assert sim["g/a"].incarnation == 1
        assert sim["g/b"].incarnation == 3  # changed, and changed back


def test_of_many_equal_ones_only_those_that_changed_are_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    real = reconcile._changes
    monkeypatch.setattr(
        reconcile, "_changes", lambda *given: looked.append(len(given[2].wanted)) or real(*given)
    )
    with simulate(world, group("g", *map(device, NAMES))) as sim:
        sim.run(5)
        for at in (1, 2):
            looked.clear()
            changed = [device(name, pin=int(name == NAMES[at])) for name in NAMES]
            sim.declare(group("g", *changed))
            sim.run(5)
            assert set(looked) == {at}, "the second time the one before has changed back, too"
        looked.clear()
        sim.declare(group("g", *changed, device("another")))
        sim.run(5)
        assert looked[0] == len(NAMES) + 1


def test_what_is_declared_in_the_middle_of_a_change_is_compared_with_all(world: World) -> None:
    """Those that the change before had not come to are made as well."""
    core = Core(factory_for(world), EngineSettings(children_per_tick=1))

    def run_until(done: Callable[[], bool]) -> None:
        while core.run(1.0, enough=lambda: True) and not done():
            core.take()

    core.handle(Declared(group("g"), {}), 1.0)
    run_until(lambda: False)
    core.handle(Declared(group("g", *map(device, NAMES)), {}), 1.0)
    run_until(lambda: core.root is not None and core.root.reconciling is not None)
    assert len(core.by_path) < 1 + len(NAMES)
    core.handle(Declared(group("g", *map(device, NAMES[:-1]), device(NAMES[-1], pin=1)), {}), 1.0)
    run_until(lambda: False)
    assert set(core.by_path) == {"g", *(f"g/{name}" for name in NAMES)}


def test_what_is_equal_is_taken_over_where_all_are_compared(world: World) -> None:
    """With one more it is by the name: from then on their objects count."""
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        again = group("g", device("a"), device("b"))
        sim.declare(again)
        sim.run(1)
        assert sim.supervisor("g/a").declared is again.user_spec.children[0]
        assert sim["g/a"].incarnation == 1


def test_names_that_changed_places_are_compared_by_name(world: World) -> None:
    with simulate(world, group("g", device("a", pin=1), device("b", pin=2))) as sim:
        sim.run(5)
        sim.declare(group("g", device("b", pin=2), device("a", pin=1)))
        sim.run(5)
        assert [sim[path].incarnation for path in ("g/a", "g/b")] == [1, 1]
        sim.declare(group("g", device("c", pin=2), device("a", pin=1)))
        sim.run(5)
        assert set(sim.core.by_path) == {"g", "g/a", "g/c"}


def test_a_spec_of_another_type_is_refused_by_name_and_forgotten_with_the_next(
    world: World,
) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        sim.declare(group("g", ChildSpec("a", "device", job("a").user_spec)))
        sim.run(5)
        assert condition(sim, "g/a", "Created") == (
            "its new spec is a JobSpec, but the type device takes a DeviceSpec; "
            "it keeps the one it had."
        )
        assert sim["g/a"].state == "running"
        sim.declare(group("g", device("a", pin=2)))
        sim.run(20)
        assert condition(sim, "g/a", "Created") == ""
        assert sim.supervisor("g/a").live_spec.pin == 2


@pytest.mark.parametrize("again", ["the old one", "a new one", "the old one elsewhere"])
def test_a_refused_spec_that_is_taken_back_leaves_no_word(world: World, again: str) -> None:
    with simulate(world, group("g", device("a"))) as sim:
        sim.run(5)
        sim.declare(group("g", ChildSpec("a", "device", job("a").user_spec)))
        sim.run(5)
        after = ("g",) if again == "the old one elsewhere" else ()
        sim.declare(group("g", device("a", pin=int(again == "a new one"), depends_on=after)))
        sim.run(5)
        assert condition(sim, "g/a", "Created") == ""


def test_a_child_that_could_not_be_made_is_retried_at_once_when_it_is_declared_again(
    world: World,
) -> None:
    settings = EngineSettings(backoff_base=3000.0, backoff_cap=3000.0)
    world.construct = OSError("no bus")
    with simulate(world, group("g"), settings=settings) as sim:
        sim.run(1)
        sim.declare(group("g", device("a")))
        sim.run(5)
        assert "no bus" in condition(sim, "g/a", "Created")
        world.construct = None
        sim.declare(group("g", device("a", pin=1)))
        sim.run(5)
        assert sim["g/a"].state == "running"
        assert condition(sim, "g/a", "Created") == ""


def test_a_root_of_another_type_comes_after_the_old_one_is_gone(world: World) -> None:
    with simulate(world, device("g")) as sim:
        sim.run(5)
        sim.declare(group("g", device("a")))
        sim.run(20)
        assert (sim["g"].type, sim["g/a"].state) == ("group", "running")
        assert world.done[:2] == [("g", "on"), ("g", "off")]


def test_a_root_of_another_name_comes_after_the_old_one_is_gone(world: World) -> None:
    """The last one that is declared meanwhile; the old one is asked to go once."""
    with simulate(world, device("a")) as sim:
        sim.run(5)
        sim.declare(device("b"))
        sim.declare(device("c"))
        sim.run(20)
        assert list(sim.core.by_path) == ["c"]
        assert sim["c"].state == "running"
        assert sim.texts("stop", "a") == ["the root is now named b"]


class Found(ObservedState):
    names: tuple[str, ...] = ()


def test_a_refusal_is_over_when_the_very_children_of_before_are_declared_again(
    world: World,
) -> None:
    """Found by the naive model: the empty list is one object, and so is what a type remembers."""
    with simulate(world, group("g")) as sim:
        sim.declare(group("g", device("a"), device("a")))
        sim.run(5)
        assert condition(sim, "g", "ChildrenAccepted")
        sim.declare(group("g"))
        sim.run(5)
        assert sim["g"].conditions == ()


def _resynced(sim, before) -> set[str]:  # type: ignore[no-untyped-def]
    """Those whose ticks since were all the slow look at everyone."""
    found = set()
    for path, ticks in before.items():
        new = sim[path].ticks - ticks
        records = sim.records(path)[-new:] if new else ()
        if new and all([c.kind for c in r.causes] == ["resync"] for r in records):
            found.add(path)
    return found


def test_only_what_changed_is_touched(world: World) -> None:
    children = [device(f"d{n}") for n in range(20)]
    with simulate(world, group("g", *children)) as sim:
        sim.run(5)
        before = {n.path: n.ticks for n in sim.view().nodes}
        sim.declare(group("g", device("d0", pin=1), *children[1:]))
        sim.run(2)
        after = {n.path: n.ticks for n in sim.view().nodes}
        touched = {path for path in after if after[path] != before[path]}
        resynced = {r.path for r in sim.reports if r.kind == "resync"}
        assert touched - resynced <= {"g", "g/d0"} | _resynced(sim, before)


def test_settings_of_another_document_are_taken_over_but_those_that_are_read_at_the_start(
    world: World,
) -> None:
    with simulate(world, group("g", device("a", pin=1))) as sim:
        sim.run(5)
        new = EngineSettings(escalate_at=9, restarts_at_once=1, journal_mb=1, detect_only=True)
        sim.post(Declared(group("g", device("a", pin=1)), {}, "ann", settings=new))
        sim.run(1)
        found = sim.core.settings
        assert (found.escalate_at, found.detect_only) == (9, True)
        assert found.journal_mb == EngineSettings().journal_mb
        assert sim.core.pace._at_once == 1
        world.lit.clear()
        sim.run(20)
        assert not sim["g/a"].healthy, "nothing is done any more"
        sim.post(Declared(group("g", device("a", pin=1)), {}, "ann", settings=EngineSettings()))
        sim.run(1)
        assert sim["g/a"].healthy, "at once, and not only at the next slow round over everybody"
