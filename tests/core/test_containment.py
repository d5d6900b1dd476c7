"""Whatever code of an author raises is contained and named, wherever it runs (H68).

One tree for each place: beside a healthy worker it has one for each kind of exception.
"""

from __future__ import annotations

import ast
import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lamp_tree import (
    DeviceObserved,
    World,
    condition,
    device,
    group,
    simulate,
)

import fsmv2
from fsmv2 import (
    CheckView,
    ChildSpec,
    DesiredState,
    ObservedState,
    Resources,
    Snapshot,
    Step,
    UserSpec,
    Volatile,
    Worker,
    WorkerFactory,
    act,
    action,
    blocking,
    check,
    goto,
    state,
    stay,
)
from fsmv2.testing import Simulation


class PanicError(BaseException):
    """As a Rust extension raises it."""


class UnspeakableError(BaseException):
    """Not even its text can be had."""

    def __str__(self) -> str:
        raise SystemExit(4)

    __repr__ = __str__


KINDS: dict[str, Any] = {
    "SystemExit": lambda: SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "CancelledError": asyncio.CancelledError,
    "PanicError": lambda: PanicError("in Rust"),
    "UnspeakableError": UnspeakableError,
    "BaseExceptionGroup": lambda: BaseExceptionGroup("several", [SystemExit(3)]),
    "RecursionError": RecursionError,
    "MemoryError": MemoryError,
    "StopIteration": StopIteration,
    "StopAsyncIteration": StopAsyncIteration,
    "ValueError": lambda: ValueError("plain"),
}

PLACES = (
    "derive",
    "step",
    "check",
    "collect",
    "blocking",
    "action",
    "enter",
    "leave",
    "equal_observed",
    "equal_spec",
    "equal_config",
    "constructor",
)


class Value(msgspec.Struct, eq=False):
    """Author data whose comparison raises."""

    kind: str

    def __eq__(self, other: object) -> bool:
        if self.kind:
            raise KINDS[self.kind]()
        return self is other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


class Spec(UserSpec):
    place: str = ""
    kind: str = ""
    value: Any = None
    round: int = 0


class Seen(ObservedState):
    count: Volatile[int] = 0
    value: Any = None
    changing: int = 0


Snap = Snapshot[Spec, Seen]
looks: dict[str, int] = {}


class Faulty(Worker[Spec, Seen, int]):
    """Raises its kind of exception at its place; two seconds after its start, so that it runs."""

    interval = 1.0
    update_policy = "in_place"
    derive_from = "own"

    def _raise(self, spec: Spec, place: str) -> None:
        if spec.place == place and spec.kind:
            raise KINDS[spec.kind]()

    def derive_desired_state(self, spec: Spec, previous_observed: Seen | None) -> DesiredState:
        if spec.round:
            self._raise(spec, "derive")
        place = spec.place == "equal_config" and spec.round
        return DesiredState("up", config=Value(spec.kind if place else ""))

    @asynccontextmanager
    async def resources(self, spec: Spec) -> AsyncIterator[int]:
        self._raise(spec, "enter")
        yield 1
        self._raise(spec, "leave")

    async def collect_observed_state(self, spec: Spec, resources: Resources[int]) -> Seen:
        path = resources.path
        looks[path] = looks.get(path, 0) + 1
        self._raise(spec, "collect")
        await self._in_thread(spec)
        value = Value(spec.kind if spec.place == "equal_observed" else "")
        changing = looks[path] if spec.place == "equal_config" else 0
        return Seen(count=looks[path], value=value, changing=changing)

    @blocking
    def _in_thread(self, spec: Spec) -> None:
        self._raise(spec, "blocking")

    @action(retries=0)
    async def work(self, spec: Spec, resources: Resources[int]) -> None:
        self._raise(spec, "action")

    @state("stopped", to="up")
    def stopped(self, s: Snap) -> Step:
        return stay("stopped") if s.should_stop else goto(self.up, "asked to run")

    @state("running", to="stopped")
    def up(self, s: Snap) -> Step:
        self._raise(s.spec, "step")
        if s.should_stop:
            return goto(self.stopped, "asked to stop")
        if s.spec.place == "action" and s.last_action is None:
            return act(self.work, "works")
        return stay(s.last_action.error if s.last_action else s.observe_error or "up")


class Built(Faulty):
    """Its constructor raises."""

    kind = ""

    def __init__(self) -> None:
        if self.kind:
            raise KINDS[self.kind]()


class Checked(Faulty):
    """Its check raises."""

    kind = ""

    @check(interval=1.0)
    def inside(self, view: CheckView) -> Any:
        raise KINDS[self.kind]()


class Root(Worker[Spec, Seen]):
    """Has a child of each kind, and a healthy one."""

    interval = 1.0
    update_policy = "in_place"

    def derive_desired_state(self, spec: Spec, previous_observed: Seen | None) -> DesiredState:
        def child(kind: str) -> ChildSpec:
            type_ = {"constructor": f"built-{kind}", "check": f"checked-{kind}"}.get(
                spec.place, "faulty"
            )
            value = Value(kind if spec.place == "equal_spec" and spec.round else "")
            return ChildSpec(
                kind, type_, Spec(place=spec.place, kind=kind, value=value, round=spec.round)
            )

        good = ChildSpec("good", "faulty", Spec())
        return DesiredState("up", (*map(child, KINDS), good))

    async def collect_observed_state(self, spec: Spec, resources: Resources[None]) -> Seen:
        return Seen()

    @state("stopped", to="up")
    def stopped(self, s: Snap) -> Step:
        return stay("stopped") if s.should_stop else goto(self.up, "asked to run")

    @state("running", to="stopped")
    def up(self, s: Snap) -> Step:
        return goto(self.stopped, "asked to stop") if s.should_stop else stay("up")


def factory() -> WorkerFactory:
    made = WorkerFactory()
    made.register(Root)
    made.register(Faulty)
    for kind in KINDS:
        made.register(type("Built", (Built,), {"kind": kind}), name=f"built-{kind}")
        made.register(type("Checked", (Checked,), {"kind": kind}), name=f"checked-{kind}")
    return made


@contextmanager
def tree(place: str, **more: Any) -> Iterator[Simulation]:
    looks.clear()
    with Simulation(ChildSpec("t", "root", Spec(place=place)), factory(), **more) as sim:
        sim.run(3)
        sim.declare(ChildSpec("t", "root", Spec(place=place, round=1)))
        sim.run(10)
        yield sim


@pytest.mark.parametrize("place", PLACES)
def test_h68_whatever_an_author_raises_is_contained_and_named(place: str) -> None:
    with tree(place) as sim:
        before = looks["t/good"]
        sim.run(5)
        assert looks["t/good"] >= before + 4
        assert (sim["t/good"].reason, sim["t/good"].conditions) == ("up", ())
        unnamed = []
        for kind in KINDS:
            node = sim[f"t/{kind}"]
            texts = [node.reason, *(c.reason for c in node.conditions), *node.checks.values()]
            texts += sim.texts("error", node.path) + sim.texts("action", node.path)
            if place != "leave" and not any(kind in text for text in texts):
                unnamed.append((kind, texts))
        assert unnamed == []
        assert sim.stop() < 10
        assert sim.core.finished


OWN_CODE = ("replayer.py",)
"""Files that catch what our own code raises, such as of a damaged file, and let Ctrl-C through."""


@pytest.mark.reads_source
def test_h68_no_code_of_others_is_called_beside_the_one_containment() -> None:
    """`except Exception` lets `sys.exit()` through; what is meant is `containment.ANY_RAISED`."""
    source = Path(fsmv2.__file__).parent
    found = [
        f"{file.relative_to(source)}:{handler.lineno}"
        for room in ("core", "runtime", "worker", "model", "document", "lint", "testing")
        for file in (source / room).rglob("*.py")
        if file.name not in OWN_CODE
        for handler in ast.walk(ast.parse(file.read_text()))
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or "Exception" in _names(handler.type))
    ]
    assert found == []


def _names(node: ast.expr) -> set[str]:
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


class Touchy:
    """A value whose comparison raises, as those of some array libraries do."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("ambiguous")

    __hash__ = None  # type: ignore[assignment]


class TouchyConfig(msgspec.Struct, frozen=True):
    value: Any


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.fixture
def world() -> World:
    return World()


def test_a_config_that_cannot_be_compared_troubles_its_worker_alone(world: World) -> None:
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        for n in range(3):
            world.derive["a"] = DesiredState("running", config=TouchyConfig(Touchy()))
            sim.declare(group("g", device("a", user={"n": n}), device("b")))
            sim.run(2)
        assert any("ValueError: ambiguous" in t for t in sim.texts("error", "g/a"))
        assert not any("ambiguous" in t for t in sim.texts("condition", "g/a")), "reported twice"
        world.lit["g/b"] = False
        sim.run(6)
        assert world.done[-1] == ("g/b", "on")
        assert sim.stop() < 31


def test_a_spec_that_cannot_be_compared_troubles_its_worker_alone(world: World) -> None:
    with simulate(world, group("g", device("a", template=Touchy()), device("b"))) as sim:
        sim.run(5)
        sim.declare(group("g", device("a", template=Touchy()), device("b", pin=3)))
        sim.run(5)
        assert sim["g/b"].state == "running"
        assert any("ambiguous" in t for t in sim.texts("error"))
        assert sim.stop() < 31


def test_a_child_spec_that_cannot_be_compared_troubles_that_child_alone(world: World) -> None:
    with simulate(world, group("g")) as sim:
        for n in range(2):
            children = (device("b", pin=n), device("a", template=Touchy()))
            world.derive["g"] = DesiredState("running", children)
            sim.declare(group("g", user={"n": n}))
            sim.run(5)
        said = sim.texts("error", "g/a")
        assert any(text.startswith("comparing its spec raised ValueError: amb") for text in said)
        assert sim.supervisor("g/b").declared.user_spec.pin == 1
        assert sim.stop() < 31


def test_an_observation_that_cannot_be_compared_counts_as_changed(world: World) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        world.collect["d"] = DeviceObserved(lit=Touchy())  # type: ignore[arg-type]
        sim.run(60)
        assert sim["d"].fresh
        assert any("ambiguous" in t for t in sim.texts("error") + sim.texts("condition"))
        assert sim.stop() < 31


@pytest.mark.parametrize("where", ["step", "act", "collect", "derive"])
def test_an_exception_without_a_text_is_still_an_exception(world: World, where: str) -> None:
    with simulate(world, device("d")) as sim:
        sim.run(5)
        getattr(world, where)["d"] = MuteError()
        world.lit["d"] = False
        sim.declare(device("d", user={"x": 1}))
        sim.run(20)
        shown = " ".join(r.text for r in sim.reports)
        assert "MuteError: (its text cannot be shown)" in shown
        assert sim.stop() < 31


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()])
def test_an_author_who_ends_the_program_ends_nothing(world: World, error) -> None:  # type: ignore[no-untyped-def]
    world.act["g/a"] = error
    with simulate(world, group("g", device("a"), device("b"))) as sim:
        sim.run(5)
        assert sim["g/b"].state == "running"
        assert type(error).__name__ in " ".join(sim.texts("action", "g/a"))
        world.collect["g/b"] = error
        sim.run(6)
        assert type(error).__name__ in condition(sim, "g/b", "Observed")
