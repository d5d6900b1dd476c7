"""Checks a worker class when it is made, and compiles it into what the core reads.

Everything that can be wrong with an FSM before it runs is found here, all at once, so that an
author sees it at import and not at three in the morning.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fsmv2.errors import DefinitionError
from fsmv2.model import Backoff, ObservedState, UserSpec
from fsmv2.model.class_references import STATE_MARK
from fsmv2.name_suggestions import suggest
from fsmv2.view.phase import Phase
from fsmv2.worker.action import ActionDefinition
from fsmv2.worker.check import CheckDefinition
from fsmv2.worker.class_options import OPTIONS, STATES, faults_of_options
from fsmv2.worker.decorator import (
    ACTION_MARK,
    CHECK_MARK,
    MARKS,
    faults_of_method,
)
from fsmv2.worker.state import StateDefinition

RESERVED = (
    *OPTIONS,
    *("definition", "derive_desired_state", "collect_observed_state", "resources"),
)
"""Names of `Worker` that no state, action or check may bear."""

ON_THE_WAY_DOWN = (Phase.STOPPING, Phase.STOPPED, Phase.FAILED)


class WorkerDefinition(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One worker type as the core sees it: its types, FSM, actions, checks and policies."""

    name: str
    cls: Any
    spec_type: type[UserSpec]
    observed_type: type[ObservedState]
    nothing_observed: ObservedState
    states: Mapping[str, StateDefinition]
    actions: Mapping[str, ActionDefinition]
    checks: tuple[CheckDefinition, ...]
    initial: str
    stop_state: str
    goal: str
    interval: float
    observe_timeout: float
    backoff: Backoff
    in_place: bool
    overlap_safe: bool
    derive_from: str
    is_bridge: bool
    pushes: bool
    runbook: str
    manual_steps: tuple[str, ...]


def define(cls: Any) -> WorkerDefinition:
    """Compile `cls`; DefinitionError names every fault of it at once."""
    states: dict[str, StateDefinition] = dict(_marked(cls, STATE_MARK))
    faults = [*_faults_of_class(cls), *_faults_of_states(cls, states)]
    if faults:
        lines = "".join(f"\n  - {fault}" for fault in faults)
        raise DefinitionError(f"{cls.__module__}.{cls.__qualname__} is not a valid worker:{lines}")
    for name, found in states.items():
        method = getattr(cls, name)
        if not hasattr(method, STATE_MARK):  # it overrides a marked one, and is referred to as well
            setattr(method, STATE_MARK, found)
    spec_type, observed_type = types_of(cls)
    initial = _name_of(cls.initial)
    return WorkerDefinition(
        name=cls.worker_type or dashed(cls.__name__),
        cls=cls,
        spec_type=spec_type,
        observed_type=observed_type,
        nothing_observed=observed_type(),
        states=states,
        actions=dict(_marked(cls, ACTION_MARK)),
        checks=tuple(found for _, found in _marked(cls, CHECK_MARK)),
        initial=initial,
        stop_state=_name_of(cls.stop_state),
        goal=next((n for n, s in states.items() if s.phase is Phase.RUNNING), initial),
        interval=float(cls.interval),
        observe_timeout=float(cls.observe_timeout),
        backoff=cls.backoff,
        in_place=cls.update_policy == "in_place",
        overlap_safe=cls.overlap_safe,
        derive_from=cls.derive_from,
        is_bridge=cls.is_bridge,
        pushes=cls.pushes,
        runbook=cls.runbook,
        manual_steps=tuple(cls.manual_steps),
    )


def _name_of(state: Any) -> Any:
    """The name of a state that is given as its method; anything else as it is."""
    found = getattr(state, STATE_MARK, None)
    return state if found is None else found.name


def dashed(name: str) -> str:
    """`DataFlow` → `data-flow`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def types_of(cls: Any) -> tuple[Any, Any]:
    """The spec and observation types a worker class was subscripted with."""
    found: list[Any] = [UserSpec, ObservedState]
    for args in _subscripts(cls):
        found[: len(args)] = [
            given if isinstance(given, type) else default
            for given, default in zip(args, found, strict=False)
        ]
    return found[0], found[1]


def _subscripts(cls: Any) -> Iterator[tuple[Any, ...]]:
    """What `Worker` and its generic subclasses are subscripted with, base classes first."""
    for base in reversed(cls.__mro__):
        for generic in getattr(base, "__orig_bases__", ()):
            if hasattr(typing.get_origin(generic), "collect_observed_state"):
                yield typing.get_args(generic)[:2]


def _marked(cls: Any, mark: str) -> Iterator[tuple[str, Any]]:
    """Marked methods in order of declaration, base classes first, overridden ones replaced.

    A method that overrides a marked one without a mark of its own stays what it was.
    """
    names: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        names.update((name, None) for name in vars(base))
    for name in names:
        found = getattr(_bearer(cls, name), mark, None)
        if found is not None and (name not in STATES or found.name == name):
            yield name, found


def _bearer(cls: Any, name: str) -> Any:
    """The method that says what `name` is marked as: its own, or what it overrides."""
    own = getattr(cls, name, None)
    above = (vars(base).get(name) for base in cls.__mro__) if callable(own) else ()
    return next((one for one in (own, *above) if any(hasattr(one, m) for m in MARKS)), None)


def _faults_of_class(cls: Any) -> Iterator[str]:
    for args in _subscripts(cls):
        for given in args:
            if isinstance(given, typing.ForwardRef):
                name = given.__forward_arg__
                yield f"its type {name!r} is given as text; define {name} above it and write {name}"
    spec_type, observed_type = types_of(cls)
    if not issubclass(spec_type, UserSpec):
        yield f"its spec type {spec_type.__name__} must subclass UserSpec"
    if not issubclass(observed_type, ObservedState):
        yield f"its observation type {observed_type.__name__} must subclass ObservedState"
    else:
        required = [f.name for f in msgspec.structs.fields(observed_type) if f.required]
        if required:
            yield (
                f"every field of {observed_type.__name__} needs a default, which is what counts "
                f"before the first observation; missing for: {', '.join(required)}"
            )
    fields = getattr(observed_type, "__struct_fields__", ())
    if fields and cls.collect_observed_state.__module__ == "fsmv2.worker.worker":
        yield (
            f"nothing observes {', '.join(fields)} of its {observed_type.__name__}: define "
            "`async def collect_observed_state(self, spec, resources)`"
        )
    asynchronous = [("collect_observed_state", cls.collect_observed_state)]
    asynchronous += [(name, getattr(cls, name)) for name, _ in _marked(cls, ACTION_MARK)]
    for name, method in asynchronous:
        if not inspect.iscoroutinefunction(method):
            yield f"{name} is not async: write `async def`, or mark it @blocking if it blocks"
    if not _takes_two(cls.collect_observed_state):
        yield (
            "collect_observed_state is given the spec and the resources: write "
            "`async def collect_observed_state(self, spec, resources)`"
        )
    marks = {name: found for mark in MARKS for name, found in _marked(cls, mark)}
    yield from faults_of_options(cls, frozenset(marks))
    for name, found in marks.items():
        if name in RESERVED:
            yield f"{found.name!r} is a name of Worker itself; call that method something else"
        elif name != found.name:
            yield f"{name} is the method {found.name!r} under a second name; leave one of them out"
    yield from _faults_of_overrides(cls)
    yield from cls._more_faults()


def _faults_of_overrides(cls: Any) -> Iterator[str]:
    """Marked methods of a base class that a class below it replaces by what cannot be one."""
    marked: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            mark = next((m for m in MARKS if hasattr(value, m)), marked.get(name, ""))
            if not mark:
                continue
            marked[name] = mark
            if not callable(value):
                yield f"{name} is {MARKS[mark]}, and {base.__name__} replaces it by no method"
            for problem in faults_of_method(mark, value) if callable(value) else ():
                yield f"{problem.message} {problem.fix}"


def _faults_of_states(cls: Any, states: Mapping[str, StateDefinition]) -> Iterator[str]:
    if not states:
        yield "it has no FSM: mark at least its stop state with @state('stopped')"
        return
    initial, stop_state = _name_of(cls.initial), _name_of(cls.stop_state)
    for role, name in (("initial", initial), ("stop", stop_state)):
        if isinstance(name, str) and name not in states:
            yield f"its {role} state {name!r} is not one of its states. {suggest(name, states)}"
    if not (isinstance(initial, str) and isinstance(stop_state, str)):
        return  # reported with the options
    if stop_state in states and states[stop_state].phase is not Phase.STOPPED:
        phase = states[stop_state].phase
        yield f"its stop state {stop_state!r} must be of phase 'stopped', not {phase.value!r}"
    for state in states.values():
        for target in state.to:
            if target not in states:
                yield f"state {state.name!r} names an unknown target {target!r}. " + suggest(
                    target, states
                )
            # H28: whatever the parent asks meanwhile, a stopping worker arrives.
            elif state.phase is Phase.STOPPING and states[target].phase not in ON_THE_WAY_DOWN:
                yield (
                    f"state {state.name!r} is stopping and may not turn back to {target!r} "
                    f"({states[target].phase.value}); let it reach {stop_state!r} first"
                )
    if initial in states:
        reached = _reach([initial], {n: s.to for n, s in states.items()})
        for name in states:
            if name not in reached:
                yield f"state {name!r} is unreachable from the initial state {initial!r}"
    if stop_state in states:
        backwards: dict[str, list[str]] = {name: [] for name in states}
        for state in states.values():
            for target in state.to:
                backwards.get(target, []).append(state.name)
        stoppable = _reach([stop_state], backwards)
        for name in states:
            if name not in stoppable:
                yield f"state {name!r} has no way to the stop state {stop_state!r}"


def _reach(start: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    reached: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo.extend(edges.get(name, ()))
    return reached


def _takes_two(method: Callable[..., Any]) -> bool:
    """Whether a method can be called with two values beside `self`."""
    try:
        inspect.signature(method).bind(None, None, None)
    except TypeError:
        return False
    return True
