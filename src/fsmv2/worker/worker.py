"""The base class of every worker: what an author writes, and the choices with defaults."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Generic, Literal, cast

import msgspec
from typing_extensions import TypeVar

from fsmv2.errors import DefinitionError
from fsmv2.model import AS_ELSEWHERE, Backoff, DesiredState, ObservedState, UserSpec
from fsmv2.model.class_references import StateReference
from fsmv2.name_suggestions import suggest
from fsmv2.worker.definition import WorkerDefinition, define

S = TypeVar("S", bound=UserSpec, default=UserSpec)
# S, O and R stand for spec, observed and resources, everywhere.
O = TypeVar("O", bound=ObservedState, default=ObservedState)  # noqa: E741
R = TypeVar("R", default=None)


def _no_redactions(_value: Any) -> tuple[tuple[str, str], ...]:
    return ()


def _unsupervised() -> str:
    return "nothing supervises it"


class Resources(msgspec.Struct, Generic[R], frozen=True):
    """What collections and actions are handed besides the spec.

    `value` is what the type's `resources(spec)` yielded (None if it has none); `config` the
    rendered config of the current desired state; `log` is bound to the path, and in an action to
    the tick and the reason that asked for it. `push` hands an observation to the engine at once,
    for types that need not be asked. `late()` is how many seconds the loop is late that runs this:
    what a timeout or latency measured here may be off by.
    `redact(text)` is the text without secrets: for what is shortened before it is shown, as half of
    a secret is none to the engine, which takes out all others by itself. `redactions(value)` is the
    same for a program of its own that writes where the engine does not come: what may stand there
    of the secrets in `value`, the config say, and what to put in its place, longest first.
    `refusal()` says why nothing may be changed in the world now (paused, detect-only, asked to
    stop, held, replaced by another instance, supervision does not answer), and is empty when
    something may. What goes on after its action has ended, such as a client that passes commands on
    to a machine, keeps it and asks right before each write; from any thread, at no cost.
    `timeout` is how many seconds a collection may take before it counts as silence.
    """

    path: str
    """Where the worker is in the tree."""
    value: R
    config: Any
    log: Any
    push: Callable[[ObservedState], None]
    late: Callable[[], float] = float
    redact: Callable[[str], str] = str
    redactions: Callable[[Any], tuple[tuple[str, str], ...]] = _no_redactions
    refusal: Callable[[], str] = _unsupervised
    timeout: float | None = None


class Worker(Generic[S, O, R]):
    """User code for one kind of thing.

    Subclass it with the spec and observation types, write one method per FSM state, and the
    actions those states ask for::

        class Lamp(Worker[LampSpec, LampObserved]):
            async def collect_observed_state(self, spec, resources): ...

            @state("stopped", to="starting")
            def stopped(self, s): ...

    The class is checked when it is made: unknown targets, unreachable states, a missing stop
    state, no way to it. `DefinitionError` says which, and what to write instead.
    """

    definition: ClassVar[WorkerDefinition]
    """What was read of the class when it was made: its states, actions and checks."""

    worker_type: ClassVar[str] = ""
    """Name to register under; default: the class name in lower case with dashes."""
    initial: ClassVar[StateReference] = "stopped"
    """State, by name or method, that a new instance begins in; the first observation decides what
    follows."""
    stop_state: ClassVar[StateReference] = "stopped"
    """State, by name or method, that counts as stopped for removal, restart and shutdown."""
    interval: ClassVar[float] = 5.0
    """Seconds between collections."""
    observe_timeout: ClassVar[float] = 2.2
    """Seconds one collection may take; then it is cancelled and counts as silence."""
    backoff: ClassVar[Backoff] = AS_ELSEWHERE
    """How long one that failed waits before it is retried; what it leaves open, the engine's
    settings say."""
    update_policy: ClassVar[Literal["recreate", "in_place"]] = "recreate"
    """What a changed spec does to a running instance. `in_place` suits what adapts live."""
    overlap_safe: ClassVar[bool] = False
    """Whether a successor may act while a forced predecessor's tasks have not ended."""
    derive_from: ClassVar[Literal["nothing", "own", "parent"]] = "nothing"
    """Whose last observation `derive_desired_state` gets: none, its own, or its parent's."""
    pushes: ClassVar[bool] = False
    """Whether it pushes its observations (`resources.push`), every `interval` at the latest, also
    when nothing changed. It is then asked to look only at the start and after each action."""
    runbook: ClassVar[str] = ""
    """Address of the page for whoever is notified when restarts do not help; `fsmv2:bridge` is a
    page of the runbook of fsmv2."""
    manual_steps: ClassVar[tuple[str, ...]] = ()
    """What that operator should try, in order; one sentence each."""
    is_bridge: ClassVar[bool] = False
    """Whether descendants get `internal.bridged_by` with the path of this worker."""

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        try:
            super().__init_subclass__(**kwargs)
        except TypeError:  # `object` takes no arguments, and says nothing of ours
            unknown = next(iter(kwargs), "")
            raise DefinitionError(
                f"{cls.__module__}.{cls.__qualname__} has no option '{unknown}' for its class.",
                fix=suggest(unknown, ("abstract",)),
            ) from None
        if not abstract:
            cls.definition = define(cls)

    @classmethod
    def _more_faults(cls) -> Iterable[str]:
        """What is wrong with a subclass by the rules of a base below this one."""
        return ()

    def derive_desired_state(self, spec: S, previous_observed: O | None) -> DesiredState:
        """Say what should be, from the spec alone. Pure: no I/O, clock, randomness or neighbours.

        `spec` has the variables of the worker; `previous_observed` is what `derive_from` asks for,
        None if that is nothing or nothing was seen yet. What it raises is shown, and the desired
        state from before stays. Default: the first declared state of phase *running*, no children.
        """
        return DesiredState(state=type(self).definition.goal)

    async def collect_observed_state(self, spec: S, resources: Resources[R]) -> O:
        """Look at the real thing and say what is. May do I/O; must not change anything.

        `resources` are for all looks and actions of one instance. What it raises is shown as
        `s.observe_error`, and the observation from before stays. Default: nothing, for a type whose
        observation has no fields, such as a parent that goes by its children alone.
        """
        return cast("O", type(self).definition.nothing_observed)

    def resources(self, spec: S) -> AbstractAsyncContextManager[R]:
        """Open what collections and actions share, such as a client; closed at release.

        What it yields is `resources.value`. Write it with `@contextlib.asynccontextmanager`.
        """
        return _nothing(cast("R", None))


@contextlib.asynccontextmanager
async def _nothing(value: R) -> AsyncIterator[R]:
    yield value
