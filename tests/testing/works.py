"""A works of more than a hundred workers, of all that dwell in every phase, for long simulations.

Lines of cells as in the toy plant; presses, which act in every phase; and a gate that maps, holds
and is switched off. `works` is what `make test-all` simulates.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

from toy_plant import Cell, Machine, World, cell, machine

from fsmv2 import (
    ChildSpec,
    DesiredState,
    EngineSettings,
    ObservedState,
    UserSpec,
    Worker,
    WorkerFactory,
    act,
    action,
    goto,
    state,
    stay,
)
from fsmv2.testing import SimulatedTree, Surroundings

QUIET = 30.0
"""Seconds between two looks at it: or most of a simulated hour would be nothing else."""


class Shop(Surroundings):
    """What the presses are. Once something has gone wrong some jam and break again and again, so
    that there is always one that is degraded, and one that has failed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.restless = False
        self.primed: set[str] = set()
        self.jammed: dict[str, float] = {}
        self.broken: dict[str, float] = {}

    def trouble(self, path: str, *, now: float, seconds: float, number: int) -> str:
        self.restless = True
        if not path.rpartition("/")[2].startswith("press"):
            self.world.lit[path] = number % 2 == 0
            return "switched by hand"
        kind = ("jammed", "broken", "unprimed")[number % 3]
        if kind == "unprimed":
            self.primed.discard(path)
        else:
            getattr(self, kind)[path] = now + 3 * seconds
        return kind

    def ails(self, path: str, now: float, kind: str) -> bool:
        """Whether the press is jammed or broken now, by accident or by habit."""
        if getattr(self, kind).get(path, 0.0) > now:
            return True
        turn = zlib.crc32(path.encode()) % 5
        habit = {"jammed": "press_c", "broken": "press_b"}[kind]
        return self.restless and path.endswith(habit) and (now // 200 + turn) % 5 < 2

    def calm(self) -> None:
        self.restless = False
        self.jammed.clear()
        self.broken.clear()


class PressObserved(ObservedState):
    primed: bool = False
    lit: bool = False
    jammed: bool = False
    broken: bool = False


class Press(Worker[UserSpec, PressObserved]):
    """Acts in every phase: it primes when stopped, checks when it runs, frees and mends itself."""

    interval = QUIET

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    async def collect_observed_state(self, spec: Any, resources: Any) -> PressObserved:
        path, now = resources.path, asyncio.get_running_loop().time()
        return PressObserved(
            primed=path in self.shop.primed,
            lit=self.shop.world.lit.get(path, False),
            jammed=self.shop.ails(path, now, "jammed"),
            broken=self.shop.ails(path, now, "broken"),
        )

    @action(timeout=5)
    async def prime(self, spec: Any, resources: Any) -> None:
        await asyncio.sleep(0.5)
        self.shop.primed.add(resources.path)

    @action(timeout=5, retries=0)
    async def switch(self, spec: Any, resources: Any, on: bool) -> None:
        await asyncio.sleep(1.0)
        self.shop.world.lit[resources.path] = on

    @action(timeout=5, retries=1)
    async def inspect(self, spec: Any, resources: Any) -> None:
        await asyncio.sleep(0.2)

    @state("stopped", to="starting stopping")
    def stopped(self, s: Any) -> Any:
        if s.should_stop:
            if s.fresh and s.observed.lit:
                return goto(self.stopping, "it is on, though it should be stopped")
            return stay("asked to be stopped")
        if not s.observed.primed:
            return act(self.prime, "not primed yet")
        return goto(self.starting, "asked to run")

    @state("starting", to="running failed stopping")
    def starting(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.broken:
            return goto(self.failed, "it is broken")
        if s.observed.lit:
            return goto(self.running, "it is on")
        last = s.last_action
        if last is not None and last.action == "switch" and last.error and last.ended_at >= s.since:
            return goto(self.failed, last.error)
        return act(self.switch, "it is off", on=True)

    @state("running", to="starting degraded failed stopping")
    def running(self, s: Any) -> Any:
        return self._watched(s) or self._inspected(s, every=300)

    @state("degraded", to="running starting failed stopping")
    def degraded(self, s: Any) -> Any:
        return self._watched(s) or self._inspected(s, every=60)

    @state("failed", to="starting stopping")
    def failed(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.broken:
            return self._inspected(s, every=60)
        if s.now < s.retry_at:
            return stay("waits to try again", wake_after=s.retry_at - s.now)
        return goto(self.starting, "mended")

    @state("stopping", to="stopped")
    def stopping(self, s: Any) -> Any:
        last = s.last_action
        off = last is not None and last.succeeded and last.ended_at >= s.since
        if not s.observed.lit or (off and not s.fresh):
            return goto(self.stopped, "it is off")
        return act(self.switch, "it is on", on=False)

    def _watched(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopping, "asked to stop")
        if s.observed.broken:
            return goto(self.failed, "it is broken")
        if not s.observed.lit:
            return goto(self.starting, "it went off")
        ill = s.observed.jammed or bool(s.observe_error)
        if ill and s.state != "degraded":
            return goto(self.degraded, s.observe_error or "it is jammed")
        if not ill and s.state == "degraded":
            return goto(self.running, "it moves again")
        return None

    def _inspected(self, s: Any, *, every: float) -> Any:
        last = s.since if s.last_action is None else max(s.since, s.last_action.ended_at)
        if s.now >= last + every:
            return act(self.inspect, "it is time")
        return stay("is watched", wake_after=last + every - s.now)


class GateSpec(UserSpec):
    children: tuple[ChildSpec, ...] = ()
    hold: str = ""


class Gate(Worker[GateSpec, ObservedState]):
    """Passes through two states, which its children's mappings know; may be held in the first."""

    interval = QUIET

    def derive_desired_state(self, spec: Any, previous_observed: Any) -> DesiredState:
        wanted = "ajar" if spec.hold else "open"
        return DesiredState(wanted, spec.children, hold_reason=spec.hold or None)

    async def collect_observed_state(self, spec: Any, resources: Any) -> ObservedState:
        return ObservedState()

    @state("stopped", to="ajar")
    def stopped(self, s: Any) -> Any:
        return stay("shut") if s.should_stop else goto(self.ajar, "asked to open")

    @state("starting", to="open stopped")
    def ajar(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to shut")
        if s.control == "ajar":
            return stay("held ajar")
        if s.elapsed < 3:
            return stay("opens", wake_after=3 - s.elapsed)
        return goto(self.open, "opened")

    @state("running", to="ajar stopped")
    def open(self, s: Any) -> Any:
        if s.should_stop:
            return goto(self.stopped, "asked to shut")
        return stay("is open") if s.control == "open" else goto(self.ajar, "to be held")


class QuietCell(Cell):
    """A cell sees nothing of its own; its checks read what its machines saw."""

    worker_type = "cell"
    interval = 60.0


class SlowMachine(Machine):
    """A machine that is looked at less often, and so stays where trouble put it for longer."""

    worker_type = "machine"
    interval = QUIET


def press(name: str, **more: Any) -> ChildSpec:
    return ChildSpec(name, "press", UserSpec(), **more)


def gate(name: str, *children: ChildSpec, hold: str = "", **more: Any) -> ChildSpec:
    return ChildSpec(name, "gate", GateSpec(children=children, hold=hold), **more)


AFTER_IT = {"stopped": "stopped", "ajar": "stopped", "*": "running"}


def _works(
    *,
    pin: int = 0,
    lines: int = 3,
    cells: int = 4,
    gates: int = 6,
    hold: str = "",
    enabled: bool = True,
) -> ChildSpec:
    """Three lines of four cells with five machines, six gates with three presses each: 100."""
    whole = [
        cell(
            f"line{n}",
            *[
                cell(f"c{m}", *[machine(name, pin if m == 0 else 0) for name in "abcde"])
                for m in range(cells)
            ],
        )
        for n in range(lines)
    ]
    opened = [
        gate(
            f"gate{n}",
            press("press_a", state_mapping=AFTER_IT),
            press("press_b", depends_on=(f"works/gate{n}/press_a",)),
            press("press_c", enabled=enabled or n > 2),
            hold=hold if n % 2 else "",
            enabled=enabled or n < 4,
        )
        for n in range(gates)
    ]
    return cell("works", *whole, *opened)


def works() -> SimulatedTree:
    """What may be declared: as it should be; other pins; a line less; held; some disabled."""
    return _tree(
        _works(),
        _works(pin=1),
        _works(lines=2),
        _works(hold="somebody is in the press"),
        _works(enabled=False),
    )


def workshop() -> SimulatedTree:
    """The same with a tenth of the workers, which come and go more."""
    return _tree(
        _works(lines=1, cells=1, gates=1),
        _works(lines=1, cells=1, gates=1, pin=1),
        _works(lines=0, gates=2),
        _works(lines=1, cells=1, gates=2, enabled=False),
    )


def _tree(*roots: ChildSpec) -> SimulatedTree:
    shop = Shop(World())
    factory = WorkerFactory()
    factory.register(SlowMachine, make=lambda: SlowMachine(shop.world))
    factory.register(QuietCell)
    factory.register(Press, make=lambda: Press(shop))
    factory.register(Gate)
    return SimulatedTree(roots, factory, shop, EngineSettings(resync=300.0))
