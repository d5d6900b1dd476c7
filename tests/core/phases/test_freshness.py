"""A type that pushes, and silence: both are told from an answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from lamp_tree import (
    DeviceObserved,
    World,
    by_hand,
    condition,
    device,
    simulate,
)

from fsmv2 import (
    ChildSpec,
    ObservedState,
    UserSpec,
    Worker,
    WorkerFactory,
    goto,
    state,
    stay,
)
from fsmv2.core import Observed
from fsmv2.testing import ByHand, Simulation


class Sensor(Worker[UserSpec, DeviceObserved, Any]):
    """Pushes a heartbeat every second until it is muted, and a change at once."""

    pushes = True
    interval = 2.0
    muted = False
    looks = 0

    def __init__(self) -> None:
        self.change = asyncio.Event()
        self.lit = False

    @contextlib.asynccontextmanager
    async def resources(self, spec: UserSpec) -> AsyncIterator[list[Any]]:
        push: list[Any] = []

        async def beat() -> None:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.change.wait(), 1.0)
                self.change.clear()
                if push and not Sensor.muted:
                    push[0](DeviceObserved(lit=self.lit))

        task = asyncio.create_task(beat())
        yield push
        task.cancel()

    async def collect_observed_state(self, spec: UserSpec, resources: Any) -> DeviceObserved:
        Sensor.looks += 1
        resources.value[:] = [resources.push]
        return DeviceObserved(lit=self.lit)

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        return stay("lit" if s.observed.lit else "dark")


def sensor() -> Simulation:
    Sensor.muted, Sensor.looks = False, 0
    factory = WorkerFactory()
    factory.register(Sensor)
    return Simulation(ChildSpec("s", "sensor", UserSpec()), factory)


def test_a_pushed_observation_acts_at_once_and_nobody_polls() -> None:
    with sensor() as sim:
        sim.run(60)
        assert sim["s"].reason == "dark"
        assert Sensor.looks == 1
        worker: Any = sim.supervisor("s").worker
        worker.lit = True
        worker.change.set()
        sim.run(0.01)
        assert sim["s"].reason == "lit"
        assert sim["s"].fresh
        ticks = sim["s"].ticks
        sim.run(30)
        assert sim["s"].ticks - ticks <= 1, "heartbeats that say nothing new wake nobody"


def test_pushes_that_stop_are_silence() -> None:
    """No heartbeat for longer than the stale limit → stale; then the resources are opened anew."""
    with sensor() as sim:
        sim.run(10)
        Sensor.muted = True
        sim.run(12)
        assert not sim["s"].fresh
        assert "last observation" in condition(sim, "s", "Fresh")
        Sensor.muted = False
        sim.run(2)
        assert sim["s"].fresh
        Sensor.muted = True
        sim.run(25)
        assert sim.texts("silent", "s") != []
        assert Sensor.looks > 1


def test_a_worker_restarted_for_silence_comes_nearer_to_escalation() -> None:
    """A collection that hangs through every restart escalates, once."""
    world = World()
    with simulate(world, device("lamp")) as sim:
        sim.run(3)
        world.silent.add("lamp")
        sim.run(4000)
        assert sim["lamp"].incarnation > 4
        called = [t for t in sim.texts("escalation", "lamp") if "EscalationRequired" in t]
        assert len(called) == 1
        assert "silent" in called[0]


def observed() -> ByHand:
    """A device that was observed at 5 s, and has nothing left to decide."""
    tree = by_hand(device("a"))
    tree.tick()
    tree.advance(5.0)
    tree.observe("a", DeviceObserved(lit=True))
    tree.tick()
    return tree


def test_an_observation_that_was_overtaken_is_dropped() -> None:
    tree = observed()
    tree.core.handle(Observed("a", 1, 4.0, DeviceObserved(lit=False)), tree.now)
    assert tree["a"].observed == DeviceObserved(lit=True)
    assert (tree["a"].observed_at, tree.core.counters.dropped) == (5.0, 1)


@pytest.mark.parametrize(
    ("found", "error"),
    [
        (ObservedState(), "collected a ObservedState, not a DeviceObserved"),
        (None, "collected nothing (None), not a DeviceObserved"),
    ],
)
def test_what_is_no_observation_of_its_type_is_an_answer_with_an_error(
    found: ObservedState | None, error: str
) -> None:
    tree = observed()
    tree.observe("a", found)
    assert tree["a"].observe_error == error
    assert tree["a"].observed == DeviceObserved(lit=True), "the last good one stays"
    assert tree["a"].fresh
    tree.observe("a", DeviceObserved(lit=True))
    assert (tree["a"].observe_error, tree["a"].conditions) == ("", None)


@pytest.mark.parametrize(
    ("found", "wakes"),
    [
        (DeviceObserved(lit=True), False),
        (DeviceObserved(lit=True, noise=9), False),
        (DeviceObserved(lit=False), True),
    ],
    ids=["the same", "only what is volatile", "another"],
)
def test_only_an_observation_that_is_new_wakes_its_worker(
    found: DeviceObserved, wakes: bool
) -> None:
    tree = observed()
    tree.observe("a", found)
    assert tree["a"].dirty is wakes
    assert tree["a"].observed == found


def test_an_error_wakes_its_worker_once() -> None:
    tree = observed()
    tree.observe("a", error="no answer")
    assert tree.tick() == 1
    tree.observe("a", error="no answer")
    assert tree.tick() == 0


@pytest.fixture
def world() -> World:
    return World()


def test_silence_restarts_the_collection_three_times_and_then_the_worker(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.silent.add("d")
        sim.until(lambda sim: sim["d"].incarnation == 2, within=300, step=0.5)
        assert len(sim.texts("silent", "d")) == 3
        assert "its collection stays silent" in sim.texts("stop", "d")
        world.silent.clear()
        sim.until(lambda sim: sim["d"].state == "running", within=120)
