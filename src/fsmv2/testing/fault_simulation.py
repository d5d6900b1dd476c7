"""Simulate a whole tree under faults drawn from a seed; a failure is shrunk and can be replayed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.core import EngineSettings
from fsmv2.errors import FsmError, SpecError, error_text
from fsmv2.model import ChildSpec
from fsmv2.name_suggestions import suggest
from fsmv2.testing.convergence_invariants import SETTLE, converge, settled, unwell_in
from fsmv2.testing.delta_debugging import shrink
from fsmv2.testing.faults import IMPOSSIBLE, FaultKind, FaultPlan, PlannedFault
from fsmv2.testing.simulated_document import document_tree
from fsmv2.testing.simulated_world import SimulatedTree, SimulatedWorld
from fsmv2.testing.surroundings import Surroundings
from fsmv2.worker import Phase, Worker, WorkerFactory
from fsmv2.worker.object_reference import import_named


class SimulationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation found. `invariant` is empty when all held, else `found` says what broke.

    `shortest` are the fewest decisions found that break it, and `trace` what happened with them.
    `faults` were planned, `coverage` counts those that took effect, by kind and by the phase that
    the worker they befell was in then. `unwell` are those that do not come to run even without any
    fault, with the reason. `at` is the virtual time at which it ended. `digest` is the
    same for two runs that went the same way.
    """

    seed: int
    """Which draws the same faults again."""
    seconds: float
    """Virtual seconds that were asked for."""
    faults: int
    workers: int
    """How many the tree has when all is well."""
    ticks: int
    """Decisions that were made."""
    crashes: int
    """How often the supervising program was killed, and came back from its store."""
    coverage: dict[tuple[FaultKind, Phase], int]
    digest: int
    at: float
    unwell: tuple[str, ...] = ()
    invariant: str = ""
    found: str = ""
    shortest: tuple[PlannedFault, ...] = ()
    trace: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether every invariant held."""
        return not self.invariant

    def table(self) -> str:
        """Fault kinds by phases, as text."""
        return table_of(self.coverage)


def table_of(coverage: Mapping[tuple[FaultKind, Phase], int]) -> str:
    """Fault kinds by phases with the sum of each, as text; `-` where there can be none."""
    width = max(map(len, FaultKind)) + 2
    lines = [" " * width + "".join(f"{phase:>10}" for phase in Phase) + f"{'all':>10}"]
    for kind in FaultKind:
        cells = [
            "-" if (kind, phase) in IMPOSSIBLE else str(coverage.get((kind, phase), 0))
            for phase in Phase
        ]
        total = sum(coverage.get((kind, phase), 0) for phase in Phase)
        lines.append(f"{kind:<{width}}" + "".join(f"{c:>10}" for c in cells) + f"{total:>10}")
    return "\n".join(lines)


Tree = Callable[[], SimulatedTree] | type[Worker[Any, Any, Any]]
"""What makes the tree to simulate, anew for each run; or a worker type whose spec has defaults."""


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
    on_failure: Callable[[SimulationResult], None] = lambda outcome: None,
    on_begin: Callable[[SimulatedWorld], None] = lambda world: None,
) -> SimulationResult:
    """Run `tree` for so many virtual `seconds`, one fault each `every` seconds on average.

    `tree` makes the tree with a world of its own, anew for each run; or is a worker type, whose
    spec has defaults. `seed` draws the faults, of these `kinds`; `settings` take the place of the
    tree's own. `only`: of the seed's decisions, those with these numbers, to replay them.
    Afterwards the faults end, the tree must come to what it is without any, and stop. `on_failure`
    is called with a failure before the fewest faults are looked for, which can take as many runs
    again, `shrink_tries` at most; `on_begin` with the world of each run that has faults, whose
    `now` says how far it is.
    """
    make = _maker(tree)
    made = make()
    chosen = settings or made.settings or EngineSettings()
    if type(made.surroundings).trouble is Surroundings.trouble:
        kinds = [kind for kind in kinds if kind is not FaultKind.SURROUNDINGS]
    plan = FaultPlan.draw(seed, seconds, every=every, kinds=kinds)
    if only is not None:
        plan = plan.only(only)
    outcome = _try(make, plan, seed, seconds, chosen, on_begin)
    if outcome.held or not shrink_tries:
        return outcome
    on_failure(outcome)

    # What broke by then needs no more time than it took; the last run is the whole one again.
    enough = min(seconds, outcome.at + SETTLE)

    def fails(faults: Sequence[PlannedFault]) -> bool:
        tried = _try(make, FaultPlan(tuple(faults)), seed, enough, chosen)
        return tried.invariant == outcome.invariant

    shortest = tuple(shrink(outcome.shortest, fails, tries=shrink_tries))
    again = _try(make, FaultPlan(shortest), seed, seconds, chosen)
    if again.invariant != outcome.invariant:
        return outcome
    return msgspec.structs.replace(outcome, shortest=shortest, trace=again.trace, found=again.found)


def load_tree(name: str) -> Callable[[], SimulatedTree]:
    """`package.module:name`, a function that makes a `SimulatedTree`, or a worker type; or a
    document, a file or a folder, whose tree stands in simulated surroundings.

    SpecError when there is no such thing; DocumentError when the document cannot be run.
    """
    if name.endswith((".yaml", ".yml")) or _is_folder(name):
        return document_tree(Path(name))
    module, attribute = import_named(name, "a tree to simulate", "name")
    found = getattr(module, attribute, None)
    if not callable(found) or found is Worker:
        fix = "Name a document, a function that makes a SimulatedTree, or a worker type."
        known = [key for key, value in vars(module).items() if callable(value)]
        near = suggest(attribute, known) if found is None else ""
        what = f"there is no tree '{name}' to simulate: {module.__name__} has no '{attribute}'"
        what = what if found is None else f"'{name}' is neither a function nor a worker type"
        raise SpecError(f"{what}.", fix=f"{near} {fix}".strip())
    return _checked(_maker(found), name)


def _is_folder(name: str) -> bool:
    try:
        return name != "" and Path(name).is_dir()
    except (OSError, ValueError):  # no name for a file at all
        return False


def _checked(make: Callable[[], Any], name: str) -> Callable[[], SimulatedTree]:
    def made() -> SimulatedTree:
        try:
            tree = make()
        except FsmError:
            raise
        except ANY_RAISED as error:
            raise SpecError(
                f"'{name}' raised {error_text(error)}, expected a SimulatedTree.",
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
    on_begin: Callable[[SimulatedWorld], None] = lambda world: None,
) -> SimulationResult:
    with SimulatedWorld(make(), FaultPlan(()), seed=seed, settings=settings) as calm:
        calm.run_to(SETTLE)
        goal, unwell = settled(calm), unwell_in(calm)
    with SimulatedWorld(make(), plan, seed=seed, settings=settings) as world:
        on_begin(world)
        if calm.violation is not None:
            world.found(calm.violation)
        world.run_to(seconds)
        if world.violation is None:
            converge(world, goal)
    injected = [fault for fault in plan.faults if fault.at <= world.now]
    violation = world.violation
    return SimulationResult(
        seed=seed,
        seconds=seconds,
        faults=len(injected),
        workers=len(goal),
        ticks=world.ticks,
        crashes=world.crashes,
        coverage=dict(world.injector.hits),
        digest=world.digest,
        at=world.now,
        unwell=unwell,
        invariant=violation.invariant if violation is not None else "",
        found=str(violation) if violation is not None else "",
        shortest=tuple(injected) if violation is not None else (),
        trace=(
            *world.injector.trace,
            *(f"  {r.at:.1f} s  {r.path}: {r.kind}: {r.text}" for r in world.sim.reports),
        )
        if violation is not None
        else (),
    )
