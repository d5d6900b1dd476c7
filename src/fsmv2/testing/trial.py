"""Simulate a whole tree under faults drawn from a seed; a failure is shrunk and can be replayed."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, cast

import msgspec

from fsmv2.core import EngineSettings
from fsmv2.errors import FsmError, SpecError, said, suggest
from fsmv2.spec import ChildSpec
from fsmv2.testing.faults import Fault, FaultKind, FaultPlan
from fsmv2.testing.invariants import SLACK, Invariant
from fsmv2.testing.shrinking import shrink
from fsmv2.testing.simulated_world import SimulatedTree, SimulatedWorld
from fsmv2.worker import Phase, Worker, WorkerFactory
from fsmv2.worker.named import import_named

SETTLE = 900.0
"""Virtual seconds within which a tree converges: many times the longest backoff and deadline."""


class Converges(Invariant):
    """Compares the tree after the faults with one that never had any."""

    sentence: ClassVar[str] = "everything converges once the faults end"


class Ends(Invariant):
    """Stops the whole tree after all that."""

    sentence: ClassVar[str] = "the tree stops within its deadline"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation found. `invariant` is empty when all held, else `found` says what broke.

    `shortest` are the fewest decisions found that break it, and `trace` what happened with them.
    `coverage` counts the faults by kind and by the phase of the worker they befell; `struck` those
    that took effect: one for an action waits for the next action. `digest` is the same for two
    runs that went the same way.
    """

    seed: int
    seconds: float
    faults: int
    workers: int
    ticks: int
    crashes: int
    coverage: dict[tuple[FaultKind, Phase], int]
    struck: dict[FaultKind, int]
    digest: int
    invariant: str = ""
    found: str = ""
    shortest: tuple[Fault, ...] = ()
    trace: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether every invariant held."""
        return not self.invariant

    def table(self) -> str:
        """Fault kinds by phases, as text."""
        width = max(map(len, FaultKind)) + 2
        lines = [" " * width + "".join(f"{phase:>10}" for phase in Phase) + f"{'struck':>10}"]
        for kind in FaultKind:
            counts = "".join(f"{self.coverage.get((kind, phase), 0):>10}" for phase in Phase)
            lines.append(f"{kind:<{width}}{counts}{self.struck.get(kind, 0):>10}")
        return "\n".join(lines)


Tree = Callable[[], SimulatedTree] | type[Worker[Any, Any, Any]]


def simulate(
    tree: Tree,
    *,
    seed: int = 0,
    seconds: float = 86_400.0,
    every: float = 60.0,
    kinds: Iterable[FaultKind] = tuple(FaultKind),
    only: Sequence[int] | None = None,
    settings: EngineSettings | None = None,
    shrink_tries: int = 60,
) -> Outcome:
    """Run `tree` for so many virtual `seconds`, one fault each `every` seconds on average.

    `tree` makes the tree with a world of its own, anew for each run; or is a worker type, whose
    spec has defaults. `only`: of the seed's decisions, those with these numbers, to replay them.
    Afterwards the faults end, the tree must come to what it is without any, and stop.
    """
    make = _maker(tree)
    chosen = settings or EngineSettings()
    plan = FaultPlan.draw(seed, seconds, every=every, kinds=kinds)
    if only is not None:
        plan = plan.only(only)
    outcome = _try(make, plan, seed, seconds, chosen)
    if outcome.held or not shrink_tries:
        return outcome

    def run(faults: Sequence[Fault]) -> Outcome:
        return _try(make, FaultPlan(tuple(faults)), seed, seconds, chosen)

    def fails(faults: Sequence[Fault]) -> bool:
        return run(faults).invariant == outcome.invariant

    shortest = tuple(shrink(outcome.shortest, fails, tries=shrink_tries))
    again = run(shortest)
    if again.invariant != outcome.invariant:
        return outcome
    return msgspec.structs.replace(outcome, shortest=shortest, trace=again.trace, found=again.found)


def load_tree(name: str) -> Callable[[], SimulatedTree]:
    """`package.module:name`, a function that makes a `SimulatedTree`, or a worker type.

    SpecError when there is no such thing.
    """
    module, attribute = import_named(name, "a tree to simulate", "name")
    found = getattr(module, attribute, None)
    if not callable(found) or found is Worker:
        fix = "Name a function that makes a SimulatedTree, or a worker type."
        known = [key for key, value in vars(module).items() if callable(value)]
        near = suggest(attribute, known) if found is None else ""
        what = f"there is no tree '{name}' to simulate: {module.__name__} has no '{attribute}'"
        what = what if found is None else f"'{name}' is neither a function nor a worker type"
        raise SpecError(f"{what}.", fix=f"{near} {fix}".strip())
    return _checked(_maker(found), name)


def _checked(make: Callable[[], Any], name: str) -> Callable[[], SimulatedTree]:
    def made() -> SimulatedTree:
        try:
            tree = make()
        except FsmError:
            raise
        except Exception as error:
            raise SpecError(
                f"'{name}' raised {said(error)}, expected a SimulatedTree.",
                fix="Let it take no arguments, and return the roots and the factory of a tree.",
            ) from error
        if not isinstance(tree, SimulatedTree):
            raise SpecError(
                f"'{name}' returned a {type(tree).__name__}, expected a SimulatedTree.",
                fix="Return SimulatedTree((ChildSpec(...),), factory).",
            )
        return tree

    return made


def _maker(tree: Tree) -> Callable[[], SimulatedTree]:
    if not (isinstance(tree, type) and issubclass(tree, Worker)):
        return cast("Callable[[], SimulatedTree]", tree)

    def make() -> SimulatedTree:
        factory = WorkerFactory()
        for kind in vars(importlib.import_module(tree.__module__)).values():
            concrete = isinstance(kind, type) and issubclass(kind, Worker)
            if concrete and "definition" in vars(kind) and kind.__module__ == tree.__module__:
                factory.register(kind)
        name = tree.definition.name
        if name not in factory.names:
            factory.register(tree)
        return SimulatedTree((ChildSpec(name, name, tree.definition.spec_type()),), factory)

    return make


def _try(
    make: Callable[[], SimulatedTree],
    plan: FaultPlan,
    seed: int,
    seconds: float,
    settings: EngineSettings,
) -> Outcome:
    with SimulatedWorld(make(), FaultPlan(()), seed=seed, settings=settings) as calm:
        calm.run_to(SETTLE)
        goal = calm.states()
    with SimulatedWorld(make(), plan, seed=seed, settings=settings) as world:
        if calm.violation is not None:
            world.found(calm.violation)
        world.run_to(seconds)
        if world.violation is None:
            _converge(world, goal)
    injected = [fault for fault in plan.faults if fault.at <= world.now]
    violation = world.violation
    return Outcome(
        seed=seed,
        seconds=seconds,
        faults=sum(world.coverage.values()),
        workers=len(goal),
        ticks=world.ticks,
        crashes=world.crashes,
        coverage=dict(world.coverage),
        struck=dict(Counter(world.struck)),
        digest=world.digest,
        invariant=violation.invariant if violation is not None else "",
        found=str(violation) if violation is not None else "",
        shortest=tuple(injected) if violation is not None else (),
        trace=(
            *world.trace,
            *(f"  {r.at:.1f} s  {r.path}: {r.kind}: {r.text}" for r in world.last),
        )
        if violation is not None
        else (),
    )


def _converge(world: SimulatedWorld, goal: dict[str, str]) -> None:
    world.end_faults()
    end = world.now + SETTLE
    while world.states() != goal and world.now < end and world.violation is None:
        world.run_to(world.now + 1.0)
    core = world.sim.core
    if world.violation is None and world.states() != goal:
        by_path = core.by_path
        differ = [
            f"{path} is {by_path[path].state} ({by_path[path].gate or by_path[path].reason})"
            f", not {state}"
            if path in by_path
            else f"{path} is not there"
            for path, state in goal.items()
            if path not in by_path or by_path[path].state != state
        ]
        extra = [f"{path} is left over" for path in by_path if path not in goal]
        world.found(Converges(core).broken("; ".join((differ + extra)[:5])))
    if world.violation is None:
        world.sim.ask_stop()
        world.run_to(world.now + world.settings.stop_deadline + SLACK + 10.0)
        if not core.finished:
            left = ", ".join(core.by_path) or f"tasks of {', '.join(core.fences)}"
            world.found(Ends(core).broken(f"still there: {left}"))
