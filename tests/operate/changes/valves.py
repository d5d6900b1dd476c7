"""Valves of a plant, which open and close, and what may be wrong with one of them.

The machine of a valve is its `unit`, so that a worker with another name finds the same one.
`Valves` notes what is done to it, and whether two ever do something at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
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
)
from fsmv2.testing import SimulatedStore, Simulation

UNLUCKY = 13
"""A value of `WORD` from which nothing can be derived."""


class Valves:
    """Of each unit: the pin it is open at, 0 if it is closed; and what is wrong with it."""

    def __init__(self) -> None:
        self.open_at: Counter[str] = Counter()
        self.slow: dict[str, float] = {}
        self.deaf: set[str] = set()
        self.failing: set[str] = set()
        self.silent: set[str] = set()
        self.stubborn: set[str] = set()
        self.raising: set[str] = set()
        self.circling: set[str] = set()
        self.leaking: set[str] = set()
        self.busy: Counter[str] = Counter()
        self.at_once: list[str] = []
        """Units to which two did something at once."""
        self.torn: list[str] = []
        """Actions that had another spec at their end than when they began."""
        self.begun: list[tuple[str, str, int]] = []
        """Unit, action, pin of each that began."""

    def heal(self) -> None:
        """Nothing is wrong any more."""
        self.slow = {}
        for wrong in (
            *(self.deaf, self.failing, self.silent, self.stubborn),
            *(self.raising, self.circling, self.leaking),
        ):
            wrong.clear()


class ValveSpec(UserSpec):
    """`unit`: its machine. `pin`: where it is opened."""

    unit: str = "a"
    pin: int = 1
    template: str | None = None


class ValveSeen(ObservedState):
    """The pin it is open at; 0: it is closed. `leaks`: as its line finds."""

    open_at: int = 0
    leaks: bool = False


Snap = Snapshot[ValveSpec, ValveSeen]


class Valve(Worker[ValveSpec, ValveSeen]):
    """stopped → opening → open → closing → stopped; failed → opening."""

    def __init__(self, valves: Valves) -> None:
        self.valves = valves

    def derive_desired_state(
        self, spec: ValveSpec, previous_observed: ValveSeen | None
    ) -> DesiredState:
        config = None if spec.template is None else render_template(spec.template, spec.variables)
        if config == UNLUCKY:
            raise ValueError("cannot be derived")
        return DesiredState("open", config=config, claims=(f"unit {spec.unit}",))

    async def collect_observed_state(
        self, spec: ValveSpec, resources: Resources[None]
    ) -> ValveSeen:
        if spec.unit in self.valves.silent:
            await asyncio.Event().wait()
        return ValveSeen(
            open_at=self.valves.open_at[spec.unit], leaks=spec.unit in self.valves.leaking
        )

    @action(timeout=10, retries=1)
    async def turn_on(self, spec: ValveSpec, resources: Resources[None]) -> None:
        await self._turn(spec, "on", spec.pin)

    @action(timeout=10)
    async def turn_off(self, spec: ValveSpec, resources: Resources[None]) -> None:
        await self._turn(spec, "off", 0)

    async def _turn(self, spec: ValveSpec, what: str, pin: int) -> None:
        valves, unit, began = self.valves, spec.unit, spec.pin
        valves.busy[unit] += 1
        if valves.busy[unit] > 1:
            valves.at_once.append(unit)
        valves.begun.append((unit, what, spec.pin))
        try:
            left = valves.slow.get(unit, 0.1)
            while left > 0 or unit in valves.deaf:
                try:
                    await asyncio.sleep(0.1)
                except asyncio.CancelledError:
                    if unit not in valves.deaf:
                        raise
                left -= 0.1
            if unit in valves.failing:
                raise OSError("it does not turn")
            valves.open_at[unit] = pin
            if spec.pin != began:
                valves.torn.append(unit)
        finally:
            valves.busy[unit] -= 1

    @state("stopped", to="opening closing")
    def stopped(self, s: Snap) -> Step:
        if not s.should_stop:
            return goto(self.opening, "asked to be open")
        if s.fresh and s.observed.open_at:
            return goto(self.closing, "it is open")
        return stay("asked to be closed")

    @state("starting", to="open failed closing")
    def opening(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.closing, "asked to stop")
        if s.spec.unit in self.valves.raising:
            raise RuntimeError("a mistake")
        last = s.last_action
        if s.observed.open_at == s.spec.pin:
            return goto(self.open, "it is open")
        if last is not None and last.error and last.ended_at >= s.since:
            return goto(self.failed, last.error)
        return act(self.turn_on, "it is not open")

    @state("running", to="opening closing")
    def open(self, s: Snap) -> Step:
        if s.spec.unit in self.valves.stubborn:
            return stay("will not close", wake_after=0.5)
        if s.should_stop:
            return goto(self.closing, "asked to stop")
        if s.spec.unit in self.valves.raising:
            raise RuntimeError("a mistake")
        if s.observed.open_at != s.spec.pin or s.spec.unit in self.valves.circling:
            return goto(self.opening, "it is not as it should be")
        return stay("it is open")

    @state("failed", to="opening closing")
    def failed(self, s: Snap) -> Step:
        if s.should_stop:
            return goto(self.closing, "asked to stop")
        if s.now >= s.retry_at:
            return goto(self.opening, "tries again")
        return stay("waits to try again", wake_after=s.retry_at - s.now)

    @state("stopping", to="stopped")
    def closing(self, s: Snap) -> Step:
        off = s.last_action is not None and s.last_action.action == "turn_off"
        if s.observed.open_at and not (off and not s.fresh):
            return act(self.turn_off, "it is open")
        return goto(self.stopped, "it is closed")


class Lever(Valve):
    """The same, and another pin is taken over while it runs."""

    update_policy = "in_place"


class LineSpec(UserSpec):
    """A line has the valves it is told."""

    children: tuple[ChildSpec, ...] = ()


class Line(Worker[LineSpec, ObservedState]):
    """Its check finds the valve that leaks."""

    update_policy = "in_place"

    def __init__(self, valves: Valves) -> None:
        self.valves = valves

    def derive_desired_state(
        self, spec: LineSpec, previous_observed: ObservedState | None
    ) -> DesiredState:
        return DesiredState("running", spec.children)

    async def collect_observed_state(
        self, spec: LineSpec, resources: Resources[None]
    ) -> ObservedState:
        return ObservedState()

    @check(interval=2.0)
    def in_order(self, view: CheckView) -> Any:
        for name in ("a", "z"):
            child = view.child(name)
            if child is not None and child.observed is not None and child.observed.leaks:
                return fault(name, f"{name} leaks", affected=(name,))
        return healthy()

    @state("stopped", to="running")
    def stopped(self, s: Any) -> Step:
        return stay("stopped") if s.should_stop else goto(self.running, "asked to run")

    @state("running", to="stopped")
    def running(self, s: Any) -> Step:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("runs")


def valve(
    name: str, kind: str = "valve", *, unit: str = "", pin: int = 1, **more: Any
) -> ChildSpec:
    """A declared valve; its unit is its name where none is given."""
    user = VariableBundle(more.pop("user", {"WORD": 1}))
    spec = ValveSpec(unit=unit or name, pin=pin, template="{{ .WORD }}", variables=user)
    return ChildSpec(name, kind, spec, **more)


def line(*children: ChildSpec) -> ChildSpec:
    """The root, with these children."""
    return ChildSpec("line", "line", LineSpec(children=children))


def simulate(
    valves: Valves, root: ChildSpec, store: SimulatedStore | None = None, **settings: Any
) -> Simulation:
    """Nothing but what happens has anybody looked at: no resync."""
    factory = WorkerFactory()
    for kind in (Valve, Lever, Line):
        factory.register(kind, make=lambda kind=kind: kind(valves))
    engine = EngineSettings(resync=1e6, **settings)
    return Simulation(root, factory, settings=engine, store=store)
