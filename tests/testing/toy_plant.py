"""A toy plant for the simulation: machines that are switched, cells that check them, a line."""

from __future__ import annotations

import asyncio
from typing import Any

from fsmv2 import (
    ChildSpec,
    DesiredState,
    ObservedState,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    check,
    fault,
    goto,
    healthy,
    render_template,
    state,
    stay,
    unknown,
)
from fsmv2.testing import SimulatedTree


class World:
    """What the machines are; it outlives a crash of who supervises them."""

    def __init__(self) -> None:
        self.lit: dict[str, bool] = {}


class MachineSpec(UserSpec):
    pin: int = 0


class MachineObserved(ObservedState):
    lit: bool = False


class Machine(Worker[MachineSpec, MachineObserved]):
    def __init__(self, world: World) -> None:
        self.world = world

    async def collect_observed_state(self, spec: Any, resources: Any) -> MachineObserved:
        return MachineObserved(lit=self.world.lit.get(resources.path, False))

    @action(timeout=5, retries=0)
    async def switch_on(self, spec: Any, resources: Any) -> None:
        await asyncio.sleep(1.5)
        self.world.lit[resources.path] = True

    @action(timeout=5)
    async def switch_off(self, spec: Any, resources: Any) -> None:
        await asyncio.sleep(1.5)
        self.world.lit[resources.path] = False

    @action(timeout=5)
    async def calibrate(self, spec: Any, resources: Any) -> None:
        pass

    @state("stopped", to="starting stopping")
    def stopped(self, s: Any) -> Any:
        if s.should_stop:
            if s.fresh and s.observed.lit:
                return goto(self.stopping, "it is lit, though it should be stopped")
            return stay("asked to be stopped")
        return goto(self.starting, "asked to run")

    @state("starting", to="running failed stopping")
    def starting(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.lit:
            return goto(self.running, "it is lit")
        last = s.last_action
        if last is not None and last.error and last.ended_at >= s.since:
            return goto(self.failed, f"cannot be lit: {last.error}")
        return act(self.switch_on, "it is dark")

    @state("running", to="degraded starting stopping")
    def running(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observe_error:
            return goto(self.degraded, s.observe_error)
        if not s.observed.lit:
            return goto(self.starting, "it went dark")
        last = s.since if s.last_action is None else max(s.since, s.last_action.ended_at)
        if s.now >= last + 120:
            return act(self.calibrate, "it is time")
        return stay("it is lit", wake_after=last + 120 - s.now)

    @state("degraded", to="running stopping")
    def degraded(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.elapsed >= 20 and not s.observe_error:
            return goto(self.running, "it answers again")
        return stay("did not answer", wake_after=max(1.0, 20 - s.elapsed))

    @state("failed", to="starting stopping")
    def failed(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.now >= s.retry_at:
            return goto(self.starting, "once more")
        return stay("waits to try again", wake_after=s.retry_at - s.now)

    @state("stopping", to="stopped")
    def stopping(self, s: Any) -> Any:
        last = s.last_action
        off = last is not None and last.action == "switch_off" and last.succeeded
        if not s.observed.lit or (off and not s.fresh):
            return goto(self.stopped, "it is dark")
        return act(self.switch_off, "it is lit")


class CellSpec(UserSpec):
    children: tuple[ChildSpec, ...] = ()
    title: str = "{{ .global.simulated | default(0) }}"


class Cell(Worker[CellSpec, ObservedState]):
    """Two checks with two culprits: each machine is at fault when it is down."""

    update_policy = "in_place"

    def derive_desired_state(self, spec: Any, previous_observed: Any) -> DesiredState:
        config = render_template(spec.title, spec.variables)
        return DesiredState("running", spec.children, config=config)

    async def collect_observed_state(self, spec: Any, resources: Any) -> ObservedState:
        return ObservedState()

    def _down(self, view: Any, name: str) -> Any:
        child = view.child(name)
        if child is None:
            return unknown("it is not there")
        if child.status.phase in ("failed", "stopped", "starting"):
            return fault(name, f"{name} is {child.status.state}")
        return healthy()

    @check(interval=2.0)
    def first(self, view: Any) -> Any:
        return self._down(view, "a")

    @check(interval=2.0)
    def second(self, view: Any) -> Any:
        return self._down(view, "b")

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Any:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopping")
    def running(self, s: Any) -> Any:
        return goto(self.stopping, "asked to stop") if s.should_stop else stay("runs")

    @state("stopping", to="stopped")
    def stopping(self, s: Any) -> Any:
        return goto(self.stopped, "its machines are stopped")


def machine(name: str, pin: int = 0, **more: Any) -> ChildSpec:
    return ChildSpec(name, "machine", MachineSpec(pin=pin), **more)


def cell(name: str, *children: ChildSpec) -> ChildSpec:
    return ChildSpec(name, "cell", CellSpec(children=children))


def _cells(cells: int, machines: int, pin: int) -> ChildSpec:
    names = "abcdefghijklmnopqrstuvwxyz"[:machines]
    return cell(
        "line",
        *[
            cell(f"c{n}", *[machine(name, pin if n == 0 else 0) for name in names])
            for n in range(cells)
        ],
    )


def plant(cells: int = 2, machines: int = 3) -> SimulatedTree:
    world = World()
    factory = WorkerFactory()
    factory.register(Machine, make=lambda: Machine(world))
    factory.register(Cell)
    roots = (
        _cells(cells, machines, 0),
        _cells(cells, machines, 1),
        _cells(cells, machines - 1, 0),
        _cells(max(1, cells - 1), machines, 0),
    )
    return SimulatedTree(roots, factory)
