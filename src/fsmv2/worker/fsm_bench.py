"""What an exhaustive check of an FSM tries: pictures of the worker, from small domains."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import DefinitionError
from fsmv2.model import ObservedState, UserSpec, VariableBundle, with_engine_keys
from fsmv2.model.class_references import StateReference, state_name
from fsmv2.view.phase import Phase
from fsmv2.worker.boundary_values import every_nth, observations
from fsmv2.worker.definition import WorkerDefinition
from fsmv2.worker.snapshot import ActionResult, ChildStatus, Outcome, Snapshot

NOW = 1e9
LONG = 1e6
"""Seconds, longer than any patience."""
LIMIT = 4000
"""Observations, and combinations of children, that are tried at most."""

Statuses = Mapping[str, Sequence[ChildStatus | None]]
"""By name or path: the statuses one may have; None: it does not exist."""


class FsmBench(msgspec.Struct, frozen=True, kw_only=True):
    """A worker type, and what its types do not say about its world.

    `specs`: those to try (default: one without arguments). `values`: domains of fields of the
    observation. `possible`: which observations can be. `children`, `dependencies`: the statuses
    each may have, None for one that does not exist. `controls`: the states it may be asked for
    (default: its goal; its stop state is always tried). `allow`: findings that are meant, each
    with the reason. `make`: how to make an instance.
    """

    worker: type[Any]
    """The class to check."""
    specs: tuple[UserSpec, ...] = ()
    values: Mapping[str, Sequence[Any]] = {}
    possible: Callable[[Any], bool] | None = None
    children: Statuses = {}
    dependencies: Statuses = {}
    controls: tuple[StateReference, ...] = ()
    allow: Mapping[str, str] = {}
    make: Callable[[], Any] | None = None

    @property
    def definition(self) -> WorkerDefinition:
        """The compiled class; DefinitionError if it has none."""
        found = vars(self.worker).get("definition")
        if not isinstance(found, WorkerDefinition):
            raise DefinitionError(
                f"{self.worker.__name__} defines no FSM.",
                fix="Name a subclass of Worker whose methods are marked @state.",
            )
        return found


class Stimulus(msgspec.Struct, frozen=True):
    """Everything a step sees, but for the state it is asked in."""

    spec: UserSpec
    observed: ObservedState
    fresh: bool
    control: str
    last: ActionResult[Any] | None
    elapsed: float
    retry_in: float
    children: Mapping[str, ChildStatus]
    dependencies: Mapping[str, ChildStatus]

    def on_entering(self, phase: Phase) -> Stimulus:
        """The same a moment later, in a state of this phase that was just entered."""
        return msgspec.structs.replace(
            self,
            elapsed=0.0,
            retry_in=10.0 if phase is Phase.FAILED else self.retry_in,
            last=None if self.last is None else msgspec.structs.replace(self.last, ended_at=0.0),
        )


def picture(d: WorkerDefinition, state: str, seen: Stimulus) -> Snapshot[Any, Any]:
    """What the step of `state` is handed."""
    return Snapshot(
        path="checked",
        state=state,
        spec=seen.spec,
        desired=None,
        control=seen.control,
        should_stop=seen.control == d.stop_state,
        observed=seen.observed,
        observed_at=NOW if seen.fresh else None,
        fresh=seen.fresh,
        observe_error="",
        last_action=seen.last,
        now=NOW,
        since=NOW - seen.elapsed,
        children=seen.children,
        dependencies=seen.dependencies,
        attempt=1 if seen.retry_in else 0,
        retry_at=NOW + seen.retry_in,
    )


def stimuli(bench: FsmBench) -> tuple[list[Stimulus], bool]:
    """All that is tried, and whether that is all there is."""
    d = bench.definition
    seen, complete = observations(d.observed_type, bench.values, LIMIT)
    if bench.possible is not None:
        seen = [one for one in seen if bench.possible(one)]
    asked = [state_name(given, "A control of the bench") for given in bench.controls or (d.goal,)]
    controls = list(dict.fromkeys((*asked, d.stop_state)))
    around = list(_around(bench))
    # What acted, and how long ago, matters together with each observation and control.
    found = [
        Stimulus(spec, one, True, control, last, elapsed, retry, children, dependencies)
        for spec in _specs(bench, d)
        for one in seen
        for control in controls
        for last in _results(d)
        for elapsed, retry in ((0.0, 0.0), (LONG, 0.0), (LONG, 10.0))
        for children, dependencies in around
    ]
    blind = [
        Stimulus(spec, d.nothing_observed, False, d.stop_state, None, LONG, 0.0, *near)
        for spec in _specs(bench, d)
        for near in around
    ]
    return [*found, *blind], complete


def _specs(bench: FsmBench, d: WorkerDefinition) -> tuple[UserSpec, ...]:
    try:
        given = bench.specs or (d.spec_type(),)
    except ANY_RAISED as error:
        raise DefinitionError(
            f"{d.spec_type.__name__} cannot be made without arguments, so there is nothing to "
            f"check {d.name} with.",
            fix="Check an FsmBench(worker=..., specs=(...,)) in place of the class.",
        ) from error
    return tuple(
        msgspec.structs.replace(
            spec,
            variables=VariableBundle.trusted(
                with_engine_keys(
                    spec.variables.user, parent_state="", location={}, location_path="checked"
                ),
                spec.variables.global_,
                {"id": "checked"},
            ),
        )
        for spec in given
    )


def _results(d: WorkerDefinition) -> list[ActionResult[Any] | None]:
    ways = ((Outcome.SUCCEEDED, ""), (Outcome.FAILED, "did not work"))
    return [
        None,
        *(
            ActionResult(name, outcome, NOW, error)
            for name, (outcome, error) in itertools.product(d.actions, ways)
        ),
    ]


def _around(bench: FsmBench) -> Iterator[tuple[dict[str, ChildStatus], dict[str, ChildStatus]]]:
    names = [*bench.children, *bench.dependencies]
    domains = [*bench.children.values(), *bench.dependencies.values()]
    for row in every_nth(domains, LIMIT):
        given = list(zip(names, row, strict=True))
        split = len(bench.children)
        yield (
            {name: status for name, status in given[:split] if status is not None},
            {name: status for name, status in given[split:] if status is not None},
        )
