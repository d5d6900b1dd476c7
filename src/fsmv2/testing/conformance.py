"""What every worker owes the engine, as checks of any type; `Conformance` says what to try it on.

The checks of the FSM need no world; those that run collections and actions need `world()`.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import SpecError, error_text
from fsmv2.model import ObservedState, UserSpec, same_observation
from fsmv2.worker.fsm_bench import FsmBench


class ConformanceError(AssertionError):
    """A worker breaks a rule: what, where, why it matters, and the fix."""

    def __init__(self, what: str, *, where: str, why: str, fix: str) -> None:
        super().__init__(f"{what}\n  where: {where}\n  why it matters: {why}\n  fix: {fix}")


class NotTriedError(Exception):
    """A check has nothing to try; says what the author may give."""


class Conformance:
    """What a worker type is tried on. Subclass it, set `worker`, and override what its types
    do not say.
    """

    worker: type[Any]

    def specs(self) -> Iterable[UserSpec]:
        """The specs to try; default: one without arguments."""
        return ()

    def observations(self) -> Iterable[ObservedState]:
        """More observations to try, beside those from the domains of the fields."""
        return ()

    @contextlib.asynccontextmanager
    async def world(self) -> AsyncIterator[None]:
        """A fresh, harmless world in which actions and collections may run, cleaned up after.

        They are run only if this is overridden.
        """
        yield

    def actions(self) -> Iterable[str | Callable[..., Any]]:
        """The actions to run, as names or methods, in an order that makes sense.

        Default: as declared.
        """
        return tuple(self.bench().definition.actions)

    def arguments(self, action: str) -> Mapping[str, Any]:
        """What `action` is called with beside spec and resources."""
        return {}

    def same(self, first: ObservedState, again: ObservedState) -> bool:
        """Whether two observations show the same world; override it for what changes by itself."""
        return same_observation(first, again)

    def make(self) -> Any:
        """A new instance, as after a restart of the program."""
        return self.worker()

    def bench(self) -> FsmBench:
        """What the exhaustive check of its FSM tries; override it to add children, say."""
        return FsmBench(worker=self.worker, specs=tuple(self.specs()), make=self.make)


def conformance_of(given: Any) -> Conformance:
    """The bench for a worker type, an FsmBench, or a subclass of Conformance."""
    if isinstance(given, Conformance):
        return given
    if isinstance(given, type) and issubclass(given, Conformance):
        try:
            return given()
        except ANY_RAISED as error:
            raise SpecError(
                f"{given.__name__} cannot be made without arguments: {error_text(error)}.",
                fix="Give the arguments of its __init__ defaults.",
            ) from error
    found = Conformance()
    if isinstance(given, FsmBench):
        bench = given
        found.worker = bench.worker
        found.bench = lambda: bench  # type: ignore[method-assign]  # one made of another
        found.specs = lambda: bench.specs  # type: ignore[method-assign]
        if bench.make is not None:
            found.make = bench.make  # type: ignore[method-assign]
    else:
        found.worker = given
    return found


def check_specs(bench: Conformance) -> None:
    """SpecError if nobody gave a spec to try, and one without arguments cannot be made."""
    given = bench.bench()
    kind = given.definition.spec_type
    if given.specs:
        return
    try:
        kind()
    except ANY_RAISED as error:
        needed = [field.name for field in msgspec.structs.fields(kind) if field.required]
        name, worker = kind.__name__, bench.worker.__name__
        lacks = f"needs {' and '.join(needed)}" if needed else "cannot be made without arguments"
        arguments = ", ".join(f"{field}=..." for field in needed) or "..."
        raise SpecError(
            f"{name} {lacks}, so there is no spec to check {worker} with.",
            fix=f"Give one, in a class of your tests: `class {worker}Conformance(Conformance): "
            f"worker = {worker}`, with `def specs(self): return [{name}({arguments})]`; then name "
            "that class in place of the worker.",
        ) from error
