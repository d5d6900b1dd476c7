"""The workers the core's tests are built from, and the small world they look at and act on.

A `Device` can be lit and dark; a `Group` has the children its spec says. What goes wrong is
switched on in the `World` by path, so that each test reads as: build, break, look.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fsmv2 import (
    CheckView,
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    VariableBundle,
    Volatile,
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
from fsmv2.core.state import conditions
from fsmv2.testing import ByHand, Simulation


class World:
    """What is, and what shall go wrong; by path."""

    def __init__(self) -> None:
        self.lit: dict[str, bool] = {}
        self.noise = 0
        self.collect: dict[str, Any] = {}  # path → what collecting raises, or returns
        self.silent: set[str] = set()  # paths whose collection hangs
        self.step: dict[str, Any] = {}  # path → what a step raises, or returns
        self.derive: dict[str, Any] = {}  # name → what a derive raises, or returns
        self.act: dict[str, Any] = {}  # path → what an action raises
        self.slow: dict[str, float] = {}  # path → seconds its actions take
        self.hangs: set[str] = set()  # paths whose actions hang
        self.deaf: set[str] = set()  # paths whose actions swallow every cancel
        self.stubborn: set[str] = set()  # paths that never leave `running`
        self.broken: dict[str, str] = {}  # group path → name of the child at fault
        self.construct: Exception | None = None
        self.done: list[tuple[str, str]] = []
        self.cancelled: list[str] = []
        self.derives: Counter[str] = Counter()
        self.instances = 0


class DeviceSpec(UserSpec):
    pin: int = 0
    wish: str = "running"
    hold: str | None = None
    template: Any = None


class DeviceObserved(ObservedState):
    lit: bool = False
    noise: Volatile[int] = 0


Device_ = Snapshot[DeviceSpec, DeviceObserved]


class Device(Worker[DeviceSpec, DeviceObserved]):
    """Switched on and off by actions; believes only what it observes."""

    def __init__(self, world: World) -> None:
        if world.construct is not None:
            raise world.construct
        world.instances += 1
        self.world = world

    def derive_desired_state(
        self, spec: DeviceSpec, previous_observed: DeviceObserved | None
    ) -> DesiredState:
        name = spec.variables.internal["name"]
        self.world.derives[spec.variables.internal["id"]] += 1
        wrong = self.world.derive.get(name)
        if isinstance(wrong, Exception):
            raise wrong
        if wrong is not None:
            return wrong
        config = None if spec.template is None else render_template(spec.template, spec.variables)
        return DesiredState(spec.wish, config=config, hold_reason=spec.hold)

    async def collect_observed_state(
        self, spec: DeviceSpec, resources: Resources[None]
    ) -> DeviceObserved:
        world, path = self.world, resources.path
        if path in world.silent:
            await asyncio.Event().wait()
        found = world.collect.get(path)
        if isinstance(found, BaseException):
            raise found
        if path in world.collect:
            return found
        return DeviceObserved(lit=world.lit.get(path, False), noise=world.noise)

    async def _work(self, what: str, path: str) -> None:
        world = self.world
        if path in world.act:
            raise world.act[path]
        await asyncio.sleep(world.slow.get(path, 0.0))
        while path in world.deaf:
            try:
                await asyncio.sleep(0.5)
            except asyncio.CancelledError:
                world.cancelled.append(path)
        if path in world.hangs:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                world.cancelled.append(path)
                raise
        world.done.append((path, what))

    @action(timeout=10, retries=2)
    async def switch_on(self, spec: DeviceSpec, resources: Resources[None]) -> None:
        await self._work("on", resources.path)
        self.world.lit[resources.path] = True

    @action(timeout=10)
    async def switch_off(self, spec: DeviceSpec, resources: Resources[None]) -> None:
        if resources.path not in self.world.stubborn:
            self.world.lit[resources.path] = False
        self.world.done.append((resources.path, "off"))

    def _wrong(self, s: Device_) -> Any:
        wrong = self.world.step.get(s.path)
        if isinstance(wrong, Exception):
            raise wrong
        return wrong() if callable(wrong) else wrong

    @state("stopped", to="starting stopping")
    def stopped(self, s: Device_) -> Step:
        if s.path in self.world.step:
            return self._wrong(s)
        if s.should_stop and s.fresh and s.observed.lit:
            return goto(self.stopping, "it is lit, though it should be stopped")
        if s.should_stop:
            return stay("asked to be stopped")
        return goto(self.starting, "asked to run")

    @state("starting", to="running failed stopping")
    def starting(self, s: Device_) -> Step:
        if s.path in self.world.step:
            return self._wrong(s)
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.lit:
            return goto(self.running, "it is lit")
        if s.last_action is not None and s.last_action.error and s.last_action.ended_at >= s.since:
            return goto(self.failed, f"cannot be lit: {s.last_action.error}")
        return act(self.switch_on, "it is dark")

    @state("running", to="starting stopping paused")
    def running(self, s: Device_) -> Step:
        if s.path in self.world.step:
            return self._wrong(s)
        if s.path in self.world.stubborn:
            return stay("will not stop", wake_after=0.5)
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.control == "paused":
            return goto(self.paused, "asked to pause")
        if not s.observed.lit:
            return goto(self.starting, "it went dark")
        return stay(s.observe_error or "it is lit")

    @state("degraded", to="running stopping")
    def paused(self, s: Device_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        return stay("paused") if s.control == "paused" else goto(self.running, "goes on")

    @state("failed", to="starting stopping")
    def failed(self, s: Device_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.now >= s.retry_at:
            return goto(self.starting, f"attempt {s.attempt + 1}")
        return stay("waits to try again", wake_after=s.retry_at - s.now)

    @state("stopping", to="stopped")
    def stopping(self, s: Device_) -> Step:
        if s.path in self.world.step:
            return self._wrong(s)
        off = s.last_action is not None and s.last_action.action == "switch_off"
        if not s.fresh and off and s.last_action.succeeded:
            return goto(self.stopped, "switched off, though it does not answer")
        if s.observed.lit:
            return act(self.switch_off, "it is lit")
        return goto(self.stopped, "it is dark")


class GroupSpec(UserSpec):
    children: tuple[ChildSpec, ...] = ()
    wish: str = "running"
    waits: bool = False
    acts: bool = False


Group_ = Snapshot[GroupSpec, ObservedState]


class Group(Worker[GroupSpec, ObservedState]):
    """Has the children its spec says; keeps them when its spec changes."""

    update_policy = "in_place"

    def __init__(self, world: World) -> None:
        self.world = world

    def derive_desired_state(
        self, spec: GroupSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        name = spec.variables.internal["name"]
        self.world.derives[spec.variables.internal["id"]] += 1
        wrong = self.world.derive.get(name)
        if isinstance(wrong, Exception):
            raise wrong
        return wrong or DesiredState(spec.wish, spec.children)

    async def collect_observed_state(
        self, spec: GroupSpec, resources: Resources[None]
    ) -> ObservedState:
        return ObservedState()

    @action(timeout=20)
    async def prepare(self, spec: GroupSpec, resources: Resources[None]) -> None:
        await asyncio.sleep(5)

    @state("stopped", to="starting")
    def stopped(self, s: Group_) -> Step:
        return stay("stopped") if s.should_stop else goto(self.starting, "asked to run")

    @state("starting", to="running stopping")
    def starting(self, s: Group_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.spec.acts and s.last_action is None:
            return act(self.prepare, "prepares")
        waiting = [n for n, c in s.children.items() if not c.healthy] if s.spec.waits else []
        if waiting:
            return stay(
                "waits for its children", waits_for=tuple(f"{s.path}/{name}" for name in waiting)
            )
        return goto(self.running, "its children are up")

    @state("running", to="maintenance stopping")
    def running(self, s: Group_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.control == "maintenance":
            return goto(self.maintenance, "maintenance")
        return stay("runs")

    @state("degraded", to="running stopping")
    def maintenance(self, s: Group_) -> Step:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        return goto(self.running, "goes on") if s.control == "running" else stay("maintenance")

    @state("stopping", to="stopped")
    def stopping(self, s: Group_) -> Step:
        return goto(self.stopped, "asked to stop")


class Guarded(Group):
    """A group with a check: the world says which child is at fault."""

    @check(interval=2.0)
    def inside(self, view: CheckView) -> Any:
        broken = self.world.broken.get("inside")
        if isinstance(broken, Exception):
            raise broken
        if broken is not None and not isinstance(broken, str):
            return broken
        names = ("a", "b")
        for name in names:
            if view.child(name) is None:
                return unknown(f"{name} is not there")
        return fault(broken, f"{broken} does not answer") if broken else healthy()


def factory_for(world: World) -> WorkerFactory:
    """The three types, bound to this world."""
    factory = WorkerFactory()
    for kind in (Device, Group, Guarded):
        factory.register(kind, make=lambda kind=kind: kind(world))
    return factory


def device(name: str, *, pin: int = 0, user: Mapping[str, Any] | None = None, **more: Any):
    """A declared device; the rest goes to the child spec, or to its own spec."""
    own = {key: more.pop(key) for key in ("wish", "hold", "template") if key in more}
    spec = DeviceSpec(pin=pin, variables=VariableBundle(user or {}), **own)
    return ChildSpec(name, more.pop("worker_type", "device"), spec, **more)


def group(name: str, *children: ChildSpec, kind: str = "group", user: Any = None, **more: Any):
    """A declared group of these children."""
    own = {key: more.pop(key) for key in ("wish", "waits", "acts") if key in more}
    spec = GroupSpec(children=children, variables=VariableBundle(user or {}), **own)
    return ChildSpec(name, kind, spec, **more)


def simulate(
    world: World, root: ChildSpec, *, settings: EngineSettings | None = None, **more: Any
) -> Simulation:
    """A simulation of this tree in this world."""
    return Simulation(root, factory_for(world), settings=settings, **more)


def by_hand(root: ChildSpec, world: World | None = None, **more: Any) -> ByHand:
    """A core of this tree without a runtime: every event and every tick is asked for."""
    return ByHand(root, factory_for(world or World()), **more)


def light(tree: ByHand, path: str) -> None:
    """Answer for a device that is to run until it does: dark, switched on, lit."""
    for lit in (False, True):
        tree.tick()
        tree.observe(path, DeviceObserved(lit=lit))
        tree.tick()
        if not lit:
            tree.end(path)
    assert tree[path].state == "running", tree[path]


def states(sim: Simulation) -> dict[str, str]:
    """Path → state, of the whole tree."""
    return {node.path: node.state for node in sim.view().nodes}


def condition(sim: Simulation, path: str, type_: str) -> str:
    """The reason of a condition, or empty."""
    assert type_ in vars(conditions).values(), f"no condition is called {type_}"
    return next((c.reason for c in sim[path].conditions if c.type == type_), "")
