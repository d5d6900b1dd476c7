"""Who takes over a device, a port or a topic begins after whoever had it is released. H98"""

from __future__ import annotations

import asyncio
import itertools
import random
from typing import Any

import pytest
from busy_tree import restore
from lamp_tree import World, factory_for, group

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    Resources,
    Snapshot,
    SpecError,
    Step,
    UserSpec,
    Worker,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.core.checkpoint.restore import first_difference
from fsmv2.core.checkpoint.take import checkpoint
from fsmv2.testing import ByHand, Simulation


class Plant:
    """Who uses what now, and whether two ever did at once without being declared so together."""

    def __init__(self) -> None:
        self.uses: dict[str, frozenset[str]] = {}
        self.met: list[str] = []
        self.log: list[str] = []
        self.stuck: set[str] = set()  # paths that do not stop
        self.refuse: set[str] = set()  # paths whose `connect` fails
        self.shared: set[str] = set()

    def connect(self, path: str, claims: tuple[str, ...]) -> None:
        self.uses.pop(path, None)
        for other, used in self.uses.items():
            self.met += [f"{path} meets {other} at {c}" for c in used & {*claims} - self.shared]
        self.uses[path] = frozenset(claims)
        self.log.append(f"{path} uses {', '.join(claims)}")

    def disconnect(self, path: str) -> None:
        self.uses.pop(path, None)
        self.log.append(f"{path} ends")


class ClientSpec(UserSpec):
    claims: tuple[str, ...] = ()


class ClientObserved(ObservedState):
    uses: tuple[str, ...] = ()


Snap = Snapshot[ClientSpec, ClientObserved]


class Client(Worker[ClientSpec, ClientObserved]):
    """Connects to what it claims; recreated when that changes."""

    interval = 1.0

    def __init__(self, plant: Plant) -> None:
        self.plant = plant

    def derive_desired_state(
        self, spec: ClientSpec, previous_observed: ClientObserved | None
    ) -> DesiredState:
        return DesiredState("running", config=list(spec.claims), claims=spec.claims)

    async def collect_observed_state(
        self, spec: ClientSpec, resources: Resources[None]
    ) -> ClientObserved:
        return ClientObserved(uses=tuple(sorted(self.plant.uses.get(resources.path, ()))))

    @action(timeout=20, retries=0)
    async def connect(self, spec: ClientSpec, resources: Resources[None]) -> None:
        if resources.path in self.plant.refuse:
            raise OSError("refused")
        self.plant.connect(resources.path, tuple(resources.config))

    @action(timeout=20)
    async def disconnect(self, spec: ClientSpec, resources: Resources[None]) -> None:
        await asyncio.sleep(0.5)
        if resources.path not in self.plant.stuck:
            self.plant.disconnect(resources.path)

    @state("stopped", to="running")
    def stopped(self, s: Snap) -> Step:
        return stay("stopped") if s.should_stop else goto(self.running, "starts")

    @state("running", to="stopping")
    def running(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.uses != tuple(sorted(s.spec.claims)):
            return act(self.connect, "connects")
        return stay("connected")

    @state("stopping", to="stopped")
    def stopping(self, s: Snap) -> Step:
        if s.observed.uses:
            return act(self.disconnect, "disconnects")
        return goto(self.stopped, "disconnected")


class Adapting(Client):
    """Takes another config while it runs."""

    update_policy = "in_place"


def client(name: str, *claims: str, kind: str = "client", **more: Any) -> ChildSpec:
    return ChildSpec(name, kind, ClientSpec(claims=claims), **more)


def adapting(name: str, *claims: str, **more: Any) -> ChildSpec:
    return client(name, *claims, kind="adapting", **more)


def simulate(plant: Plant, *children: ChildSpec, **more: Any) -> Simulation:
    factory = factory_for(World())
    for kind in (Client, Adapting):
        factory.register(kind, make=lambda kind=kind: kind(plant))
    return Simulation(group("g", *children), factory, **more)


def by_hand(*children: ChildSpec) -> ByHand:
    factory = factory_for(World())
    for kind in (Client, Adapting):
        factory.register(kind, make=lambda kind=kind: kind(Plant()))
    return ByHand(group("g", *children), factory)


@pytest.fixture
def plant() -> Plant:
    return Plant()


def test_h98_a_renamed_worker_begins_when_the_one_before_it_is_released(plant: Plant) -> None:
    with simulate(plant, client("old", "tcp 1", "topic a")) as sim:
        sim.run(5)
        sim.declare(group("g", client("new", "tcp 1", "topic a")))
        sim.run(0.2)
        why = "waits until g/old has released tcp 1: g no longer declares it"
        assert sim["g/new"].reason == why
        sim.run(5)
        assert plant.log == [
            "g/old uses tcp 1, topic a",
            "g/old ends",
            "g/new uses tcp 1, topic a",
        ]
        assert (plant.met, "g/old" in sim) == ([], False)
        assert sim["g/new"].reason == "connected"


@pytest.mark.parametrize("kind", ["client", "adapting"])
def test_h98_two_that_swap_are_both_stopped_first(plant: Plant, kind: str) -> None:
    with simulate(plant, client("a", "tcp 1", kind=kind), client("b", "tcp 2", kind=kind)) as sim:
        sim.run(5)
        sim.declare(group("g", client("a", "tcp 2", kind=kind), client("b", "tcp 1", kind=kind)))
        sim.run(10)
        assert plant.met == []
        assert plant.uses == {"g/a": {"tcp 2"}, "g/b": {"tcp 1"}}
        assert sorted(plant.log[2:4]) == ["g/a ends", "g/b ends"]


def test_h98_in_a_chain_each_waits_for_the_one_before_it_alone(plant: Plant) -> None:
    """`a` takes what `b` has, which takes what `c` has, which takes what is free."""
    names = ("a", "b", "c")
    with simulate(plant, *(adapting(name, f"tcp {n}") for n, name in enumerate(names))) as sim:
        sim.run(5)
        sim.declare(group("g", *(adapting(name, f"tcp {n + 1}") for n, name in enumerate(names))))
        sim.run(15)
        assert plant.met == []
        assert plant.uses == {f"g/{name}": {f"tcp {n + 1}"} for n, name in enumerate(names)}
        assert sim["g/c"].incarnation == 1, "it took nothing over"


def test_who_only_shares_never_waits(plant: Plant) -> None:
    """Two units behind one gateway."""
    plant.shared.add("gateway")
    with simulate(plant, adapting("a", "gateway"), adapting("b", "gateway")) as sim:
        sim.run(5)
        sim.declare(group("g", *(adapting(name, "gateway") for name in "abc")))
        sim.run(3)
        assert sorted(plant.uses) == ["g/a", "g/b", "g/c"]
        sim.declare(group("g", *(adapting(name, "other") for name in "abc")))
        plant.shared.add("other")
        sim.run(5)
        assert {sim[f"g/{name}"].incarnation for name in "abc"} == {1}, "nothing is taken over"
        assert set(plant.uses.values()) == {frozenset({"other"})}


def test_one_that_adapts_holds_what_it_had_until_it_is_seen_to_have_let_go(plant: Plant) -> None:
    with simulate(plant, adapting("a", "tcp 1")) as sim:
        sim.run(5)
        plant.refuse.add("g/a")
        sim.declare(group("g", adapting("a", "tcp 2"), adapting("b", "tcp 1")))
        sim.run(10)
        why = "waits until g/a has released tcp 1: it is changing to another"
        assert sim["g/b"].reason == why
        plant.refuse.clear()
        sim.run(10)
        assert plant.uses == {"g/a": {"tcp 2"}, "g/b": {"tcp 1"}}
        assert (plant.met, sim["g/a"].incarnation) == ([], 1)


def test_one_that_adapts_and_never_lets_go_is_restarted_in_the_end(plant: Plant) -> None:
    with simulate(plant, adapting("a", "tcp 1")) as sim:
        sim.run(5)
        plant.refuse.add("g/a")
        sim.declare(group("g", adapting("a", "tcp 2"), adapting("b", "tcp 1")))
        sim.run(29)
        assert "g/b" not in plant.uses
        sim.run(6)
        assert plant.uses == {"g/b": {"tcp 1"}}
        assert plant.met == []
        assert any("g/b waits for tcp 1" in report.text for report in sim.reports)


def test_h98_one_that_never_stops_is_forced_at_its_deadline(plant: Plant) -> None:
    plant.stuck.add("g/old")
    with simulate(plant, client("old", "tcp 1")) as sim:
        sim.run(5)
        sim.declare(group("g", client("new", "tcp 1")))
        sim.run(29)
        assert "g/new" not in plant.uses
        sim.run(3)
        assert plant.uses["g/new"] == {"tcp 1"}


def test_h98_a_paused_one_keeps_what_it_has_and_the_other_runs_on_meanwhile(plant: Plant) -> None:
    with simulate(plant, adapting("a", "tcp 1"), adapting("b", "tcp 2")) as sim:
        sim.run(5)
        sim.pause("g/a")
        sim.declare(group("g", adapting("a", "tcp 2"), adapting("b", "tcp 1")))
        sim.run(60)
        assert plant.uses == {"g/a": {"tcp 1"}, "g/b": {"tcp 2"}}
        assert sim["g/b"].state == "running"
        waits = "its change waits until g/a has released tcp 1: it is changing to another"
        applied = {c.type: c.reason for c in sim["g/b"].conditions}["Applied"]
        assert applied == f"{waits}; paused by test"
        assert sim["g/b"].healthy, "it runs on, as it is"
        sim.resume("g/a")
        sim.run(20)
        assert not sim["g/b"].conditions
        assert plant.uses == {"g/a": {"tcp 2"}, "g/b": {"tcp 1"}}
        assert plant.met == []


@pytest.mark.parametrize("kind", ["client", "adapting"])
def test_a_change_that_is_taken_back_waits_no_more(plant: Plant, kind: str) -> None:
    with simulate(plant, adapting("a", "tcp 1"), client("b", "tcp 2", kind=kind)) as sim:
        sim.run(5)
        sim.pause("g/a")
        sim.declare(group("g", adapting("a", "tcp 2"), client("b", "tcp 1", kind=kind)))
        sim.run(5)
        assert [c.type for c in sim["g/b"].conditions] == ["Applied"]
        sim.declare(group("g", adapting("a", "tcp 1"), client("b", "tcp 2", kind=kind)))
        sim.run(5)
        assert not sim["g/b"].conditions
        assert (sim["g/b"].incarnation, plant.uses["g/b"]) == (1, {"tcp 2"})


def test_h98_named_back_before_the_first_is_gone_it_is_kept(plant: Plant) -> None:
    with simulate(plant, client("a", "tcp 1")) as sim:
        sim.run(5)
        sim.declare(group("g", client("b", "tcp 1")))
        sim.run(0.1)
        sim.declare(group("g", client("a", "tcp 1")))
        sim.run(5)
        assert plant.uses == {"g/a": {"tcp 1"}}
        assert (plant.met, sim["g/a"].incarnation, "g/b" in sim) == ([], 1, False)


def test_a_worker_that_is_switched_off_is_waited_for_until_it_has_stopped(plant: Plant) -> None:
    with simulate(plant, client("a", "tcp 1")) as sim:
        sim.run(5)
        sim.declare(group("g", client("a", "tcp 1", enabled=False), client("b", "tcp 1")))
        sim.run(5)
        assert (plant.met, plant.uses) == ([], {"g/b": {"tcp 1"}})


def test_it_is_taken_over_across_parents_and_between_types(plant: Plant) -> None:
    with simulate(plant, group("one", client("a", "tcp 1")), group("two")) as sim:
        sim.run(5)
        sim.declare(group("g", group("one"), group("two", adapting("a", "tcp 1"))))
        sim.run(5)
        sim.declare(group("g", group("one", client("a", "tcp 1")), group("two")))
        sim.run(5)
        sim.declare(group("g", group("one", client("a", "tcp 2")), client("two", "tcp 1")))
        sim.run(5)
        assert plant.met == []
        assert plant.uses == {"g/one/a": {"tcp 2"}, "g/two": {"tcp 1"}}


def test_a_wait_gives_back_its_place_in_the_pace(plant: Plant) -> None:
    """All swap in pairs, and only one may be restarted at once: each needs the other to go."""
    settings = EngineSettings(restarts_at_once=1, restarts_per_second=100.0)
    names = [f"c{n}" for n in range(10)]
    with simulate(plant, *(client(n, f"tcp {n}") for n in names), settings=settings) as sim:
        sim.run(5)
        turned = dict(zip(names, names[1:] + names[:1], strict=True))
        sim.declare(group("g", *(client(n, f"tcp {turned[n]}") for n in names)))
        sim.run(60)
        assert plant.met == []
        assert plant.uses == {f"g/{n}": {f"tcp {turned[n]}"} for n in names}


@pytest.mark.parametrize("seed", range(12))
def test_h98_at_random_two_never_meet_and_all_arrive(plant: Plant, seed: int) -> None:
    draw = random.Random(seed)
    kinds = {name: draw.choice(["client", "adapting"]) for name in "abcdef"}

    def drawn() -> list[ChildSpec]:
        names = draw.sample("abcdef", draw.randint(2, 6))
        free = draw.sample([f"tcp {n}" for n in range(6)], len(names))
        return [client(n, claim, kind=kinds[n]) for n, claim in zip(names, free, strict=True)]

    with simulate(plant, *drawn(), seed=seed) as sim:
        for _ in range(12):
            sim.run(draw.choice([0.05, 0.4, 1.0, 4.0]))
            wanted = drawn()
            sim.declare(group("g", *wanted))
            if draw.random() < 0.3:
                path = f"g/{draw.choice('abcdef')}"
                if path in sim:
                    sim.restart(path)
        sim.run(60)
        assert plant.met == []
        assert plant.uses == {f"g/{one.name}": set(one.user_spec.claims) for one in wanted}
        table = sim.core.claims
        assert (table.waiting, table.leaving, table.changed) == ({}, {}, {})
        held = {(p, c) for c, holders in table.held.items() for p, _ in holders}
        assert held == {(p, c) for p, used in plant.uses.items() for c in used}


def test_what_is_claimed_once_costs_a_look_and_no_tick() -> None:
    tree = by_hand(*(client(f"c{n}", f"tcp {n}") for n in range(50)))
    tree.tick()
    plain = by_hand(*(client(f"c{n}") for n in range(50)))
    plain.tick()
    assert tree.core.counters.ticks == plain.core.counters.ticks
    assert len(tree.core.claims.held) == 50
    assert not any("claims" in s.timers for s in tree.core.by_path.values())


def test_the_wait_is_in_a_checkpoint() -> None:
    tree = by_hand(client("old", "tcp 1"))
    tree.tick()
    tree.observe("g/old")
    tree.tick()
    tree.declare(group("g", client("new", "tcp 1")))
    tree.core.run(tree.now)
    tree.core.take()
    assert "waits until g/old" in tree["g/new"].reason
    restored = restore(checkpoint(tree.core), tree.core.factory)
    assert first_difference(tree.core, restored) is None
    assert restored.claims.held == tree.core.claims.held
    assert restored.claims.waiting == {"tcp 1": ("g/new",)}


@pytest.mark.parametrize("wrong", ["tcp 1", [1], [""], 3])
def test_claims_that_are_no_texts_are_refused(wrong: Any) -> None:
    with pytest.raises(SpecError, match="claims"):
        DesiredState("running", claims=wrong)


def test_claims_are_kept_once_each_in_order() -> None:
    assert DesiredState("running", claims=itertools.chain("ba", "ab")).claims == ("b", "a")
