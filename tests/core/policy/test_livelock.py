"""States that hand over to each other for ever are named and slowed; quick machines are not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from lamp_tree import (
    Device,
    World,
    device,
    group,
    simulate,
)

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    Snapshot,
    Step,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.testing import Simulation

SETTLED = "Settled"


class Spec(UserSpec):
    period: float = 0.01
    way: str = "timer"
    until: float = 1e9
    enabled: bool = True
    children: tuple[ChildSpec, ...] = ()


class Seen(ObservedState):
    number: int = 0


Snap = Snapshot[Spec, Seen]


class PingPong(Worker[Spec, Seen]):
    """Goes from ping to pong and back: by a timer, by its observations, or by its child's state."""

    interval = 0.05
    derive_from = "own"
    update_policy = "in_place"

    def derive_desired_state(self, spec: Spec, previous_observed: Seen | None) -> DesiredState:
        return DesiredState("ping", spec.children)

    def __init__(self) -> None:
        self.looks = 0

    async def collect_observed_state(self, spec: Spec, resources: Any) -> Seen:
        self.looks += 1
        return Seen(number=self.looks if spec.way == "observation" else 0)

    @state("stopped", to="ping")
    def stopped(self, s: Snap) -> Step:
        return stay("stop") if s.should_stop else goto(self.ping, "go")

    @state("running", to="pong stopped")
    def ping(self, s: Snap) -> Step:
        return self._hand_over(s, self.pong, odd=False)

    @state("running", to="ping stopped")
    def pong(self, s: Snap) -> Step:
        return self._hand_over(s, self.ping, odd=True)

    def _hand_over(self, s: Snap, other: Any, *, odd: bool) -> Step:
        if s.should_stop:
            return goto(self.stopped, "stop")
        if s.now >= s.spec.until:
            return stay("settled")
        if s.spec.way == "observation":
            return goto(other, "it says so") if s.observed.number % 2 != odd else stay("as seen")
        if s.spec.way == "child":
            child = s.children.get("c")
            same = child is None or child.state == s.state
            return goto(other, "the child is so") if same else stay("waits")
        period = s.spec.period
        return goto(other, "over") if s.elapsed >= period else stay("waits", wake_after=period)


class Mirror(PingPong):
    """Is in the state in which its parent is."""

    derive_from = "nothing"

    def derive_desired_state(self, spec: Spec, previous_observed: Any) -> DesiredState:
        return DesiredState(spec.variables.user["parent_state"])

    def _hand_over(self, s: Snap, other: Any, *, odd: bool) -> Step:
        if s.should_stop:
            return goto(self.stopped, "stop")
        return stay("as its parent") if s.control == s.state else goto(other, "as its parent")


class Off(PingPong):
    """Goes round for ever also when it is to be stopped."""

    @state("stopped", to="ping pong")
    def stopped(self, s: Snap) -> Step:
        return goto(self.ping, "on") if s.elapsed >= 0.01 else stay("off", wake_after=0.01)

    def _hand_over(self, s: Snap, other: Any, *, odd: bool) -> Step:
        return goto(self.stopped, "off") if s.elapsed >= 0.01 else stay("on", wake_after=0.01)


class Chain(Worker[Spec, Seen], abstract=True):
    """Starts through all of its states, in one instant."""

    states: int

    def derive_desired_state(self, spec: Spec, previous_observed: Any) -> DesiredState:
        return DesiredState(f"s{self.states - 1}")

    async def collect_observed_state(self, spec: Spec, resources: Any) -> Seen:
        return Seen()

    @state("stopped", to="s0")
    def stopped(self, s: Snap) -> Step:
        return stay("stop") if s.should_stop else goto(self.s0, "go")  # type: ignore[attr-defined]


def chain(name: str, states: int) -> type[Chain]:
    """A type that starts through so many states."""

    def step(number: int) -> Any:
        last = number == states - 1

        def passed(self: Any, s: Snap) -> Step:
            if s.should_stop:
                return goto(self.stopped, "stop")
            return stay("up") if last else goto(getattr(self, f"s{number + 1}"), "on")

        passed.__name__ = f"s{number}"
        if last:
            return state("running", to="stopped")(passed)
        return state("starting", to=f"s{number + 1} stopped")(passed)

    steps = {f"s{number}": step(number) for number in range(states)}
    return type(name, (Chain,), {"states": states, **steps})


@contextmanager
def tree(root: ChildSpec, **more: Any) -> Iterator[Simulation]:
    factory = WorkerFactory()
    for kind in (PingPong, Mirror, Mirrors, Switched, Off, chain("Ten", 10), chain("Hundred", 100)):
        factory.register(kind)
    with Simulation(root, factory, **more) as sim:
        yield sim


def pingpong(kind: str = "ping-pong", **more: Any) -> ChildSpec:
    return ChildSpec("p", kind, Spec(**more))


def condition(sim: Simulation, path: str = "p") -> str:
    return next((c.reason for c in sim[path].conditions if c.type == SETTLED), "")


@pytest.mark.parametrize("way", ["timer", "observation", "child"])
def test_h85_two_states_that_hand_over_for_ever_are_named_and_slowed(way: str) -> None:
    children = (ChildSpec("c", "mirror", Spec()),) if way == "child" else ()
    with tree(pingpong(way=way, children=children)) as sim:
        sim.run(10)
        named = condition(sim)
        assert named.startswith("livelock: it keeps handing over between p")
        assert "ping" in named
        assert "pong" in named
        many = sim.core.counters.transitions
        sim.run(300)
        assert sim.core.counters.transitions - many <= 2 * 12  # of itself, and of its child
        assert condition(sim) == named
        assert sim.stop() < 5


def test_h85_how_often_is_said_truly() -> None:
    with tree(pingpong(period=0.0625)) as sim:
        sim.run(10)
        assert "16 times a second" in condition(sim)


def test_h85_a_livelock_that_ends_is_over_after_a_calm_while() -> None:
    with tree(pingpong(until=30.0)) as sim:
        sim.run(29)
        assert condition(sim)
        sim.run(120)
        assert condition(sim) == ""
        assert sim["p"].reason == "settled"
        assert sim.supervisor("p").unsettled == 0


def test_h85_what_is_asked_anew_is_tried_at_once() -> None:
    with tree(pingpong()) as sim:
        sim.run(60)
        assert sim["p"].reason.startswith("in a livelock")
        sim.declare(pingpong(way="observation", until=0.0))
        sim.run(0.1)
        assert sim["p"].reason == "settled"


@pytest.mark.parametrize("kind", ["ten", "hundred"])
def test_a_start_through_many_states_is_no_livelock(kind: str) -> None:
    last = {"ten": "s9", "hundred": "s99"}[kind]
    settings = EngineSettings(transitions_per_tick=200)
    with tree(pingpong(kind), settings=settings) as sim:
        sim.run(1)
        assert (sim["p"].state, condition(sim)) == (last, "")
        assert not [t for t in sim.texts("condition") if "livelock" in t]


@pytest.mark.parametrize("period", [0.6, 1.0, 5.0])
def test_a_machine_with_a_duty_cycle_of_its_own_is_no_livelock(period: float) -> None:
    with tree(pingpong(period=period)) as sim:
        sim.run(600)
        assert condition(sim) == ""
        assert sim.core.counters.transitions > 90


def test_a_disabled_worker_that_goes_round_is_slowed_too() -> None:
    with tree(ChildSpec("p", "off", Spec(), enabled=False)) as sim:
        sim.run(10)
        assert condition(sim).startswith("livelock")
        before = sim.core.counters.transitions
        sim.run(60)
        assert sim.core.counters.transitions - before <= 62


@pytest.fixture
def world() -> World:
    return World()


def test_a_livelock_is_named_and_the_others_go_on(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)

        def running(s: object) -> object:
            return goto(Device.starting, "back")

        sim.supervisor("g/a").worker.running = running  # type: ignore[method-assign]
        world.noise = 1
        sim.restart("g/b")
        sim.core.mark(sim.supervisor("g/a"), sim.records("g")[-1].causes[0])
        sim.run(0.5)
        assert "livelock" in condition(sim, "g/a")
        assert "running → starting" in condition(sim, "g/a")
        assert sim["g/b"].state == "running"
        assert sim["g/a"].reason.startswith("in a livelock")
        sim.run(60)
        before = len(sim.texts("transition", "g/a"))
        sim.run(300)
        assert len(sim.texts("transition", "g/a")) - before <= 16 * 6, "ever less often"
        assert sim.stop() < 5


class Switched(PingPong):
    """Starts and stops through two states each, and does nothing else."""

    @state("stopped", to="ping")
    def stopped(self, s: Snap) -> Step:
        return stay("off") if s.should_stop else goto(self.ping, "on")

    @state("starting", to="pong stopped")
    def ping(self, s: Snap) -> Step:
        return goto(self.stopped, "off") if s.should_stop else goto(self.pong, "on")

    @state("running", to="ping stopped")
    def pong(self, s: Snap) -> Step:
        return goto(self.stopped, "off") if s.should_stop else stay("on")


class Mirrors(PingPong):
    """Is in the state in which the one that it depends on is, or else its only child."""

    def _hand_over(self, s: Snap, other: Any, *, odd: bool) -> Step:
        if s.should_stop:
            return goto(self.stopped, "stop")
        on = all(one.healthy for one in (*s.dependencies.values(), *s.children.values()))
        return stay("as seen") if on is odd else goto(other, "as seen")


def script(sim: Simulation, path: str, verb: str, times: int = 60) -> set[str]:
    """Ask it of `path` twelve times a second; who was found in a livelock by then."""
    found = set()
    for number in range(times):
        match verb:
            case "stop":
                (sim.start_path if number % 2 else sim.stop_path)(path)
            case "restart":
                sim.restart(path)
            case _:
                declared = ChildSpec("s", "switched", Spec(period=number), enabled=number % 2 == 0)
                sim.declare(asked(switched=declared))
        sim.run(1 / 12)
        found |= {one.path for one in sim.view().nodes if condition(sim, one.path)}
    return found


def asked(switched: ChildSpec | None = None) -> ChildSpec:
    """A worker, one above it that mirrors it, and others that depend on it or require it."""
    on = switched or ChildSpec("s", "switched", Spec())
    below = ChildSpec("needs", "switched", Spec(), requires=("s",))
    watches = ChildSpec("watches", "mirrors", Spec(), depends_on=("p/s",))
    return ChildSpec("p", "mirrors", Spec(children=(on, below, watches)))


@pytest.mark.parametrize("verb", ["stop", "restart", "apply"])
def test_h85_what_is_asked_for_again_and_again_is_no_livelock(verb: str) -> None:
    """Nor what it leads to above, and at those that depend on it or require it."""
    with tree(asked()) as sim:
        sim.run(10)
        before = sim.core.counters.transitions
        assert script(sim, "p/s", verb) == set()
        assert sim.core.counters.transitions - before > 60


def test_one_that_is_in_a_livelock_stays_so_whatever_is_asked_below_it() -> None:
    children = (ChildSpec("s", "switched", Spec()),)
    with tree(pingpong(children=children)) as sim:
        sim.run(10)
        assert condition(sim)
        assert script(sim, "p/s", "stop", 40) == {"p"}
        before = sim.core.counters.transitions
        sim.run(60)
        assert condition(sim)
        assert sim.core.counters.transitions - before < 20
