"""The checks of conformance that need no world: purity, stopping, reacting, round trips."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

import msgspec
import yaml

from fsmv2.containment import ANY_RAISED
from fsmv2.errors import error_text
from fsmv2.model import UserSpec, decode_spec, to_data, to_json, to_yaml
from fsmv2.testing.conformance import Conformance, ConformanceError
from fsmv2.worker.definition import WorkerDefinition
from fsmv2.worker.fsm_bench import Stimulus, picture, stimuli
from fsmv2.worker.fsm_check import check_fsm
from fsmv2.worker.step_fixes import step_fix

PURE_FIX = "Use spec and observation alone: no clock, no randomness, no I/O, nothing kept in self."

ROADS: dict[str, Callable[[UserSpec], Any]] = {
    "data": to_data,
    "JSON": lambda spec: json.loads(to_json(spec)),
    "YAML": lambda spec: yaml.safe_load(to_yaml(spec)),
}


def pictures(bench: Conformance) -> list[Stimulus]:
    """Everything to try: from the domains, and with the author's own observations."""
    found, _ = stimuli(bench.bench())
    more = [
        msgspec.structs.replace(one, observed=seen)
        for seen in bench.observations()
        for one in {(s.control, id(s.spec)): s for s in found if s.fresh}.values()
    ]
    return [*found[:: 1 + len(found) // 3000], *more]


def derive_is_pure(bench: Conformance) -> None:
    """The same spec and observation give the same desired state, in any order, in any instance."""
    seen = pictures(bench)
    cases = {(id(s.spec), s.observed): s for s in seen if s.fresh}.values()
    one, other = bench.make(), bench.make()
    first = [one.derive_desired_state(s.spec, s.observed) for s in cases]
    again = [other.derive_desired_state(s.spec, s.observed) for s in reversed(cases)]
    for s, a, b in zip(cases, first, reversed(again), strict=True):
        if a != b:
            raise ConformanceError(
                f"derive_desired_state gave two answers to one input: {a} and {b}",
                where=f"{bench.worker.__name__} with {s.observed}",
                why="a tick could not be replayed, and a change would be missed or made forever",
                fix=PURE_FIX,
            )


def steps_are_pure(bench: Conformance) -> None:
    """The same snapshot gives the same answer, in any order, in any instance."""
    d = bench.bench().definition
    asked = [(s, name) for s in pictures(bench) for name in d.states]
    one, other = bench.make(), bench.make()
    first = [_asked(one, name, d, s) for s, name in asked]
    again = [_asked(other, name, d, s) for s, name in reversed(asked)]
    for (s, name), a, b in zip(asked, first, reversed(again), strict=True):
        if a != b:
            raise ConformanceError(
                f"the step of {name} gave two answers to one snapshot: {a} and {b}",
                where=f"{bench.worker.__name__}.{name} with {s.observed}",
                why="what it decides could not be explained from its record, nor tested",
                fix=PURE_FIX,
            )


def _asked(instance: object, name: str, d: WorkerDefinition, s: Stimulus) -> object:
    try:
        return getattr(instance, name)(picture(d, name, s))
    except ANY_RAISED as error:  # another check tells of it; here it must be the same
        return error_text(error)


def stops_from_every_state(bench: Conformance) -> None:
    """Asked to stop it arrives, and starts nothing on its way."""
    _findings(bench, {"no stop path", "starts on stop"})


def reacts_to_every_observation(bench: Conformance) -> None:
    """Every state answers every observation with a valid step."""
    _findings(bench, {"error", "no answer", "undeclared transition", "livelock", "dead end"})
    d, instance = bench.bench().definition, bench.make()
    for s in pictures(bench):
        for name in d.states:
            try:
                getattr(instance, name)(picture(d, name, s))
            except ANY_RAISED as error:
                raise ConformanceError(
                    f"the step raises {error_text(error)}",
                    where=f"{bench.worker.__name__}.{name} with {s.observed}",
                    why="its breaker opens after a few, and the worker stops",
                    fix=step_fix(error),
                ) from error


def _findings(bench: Conformance, kinds: Collection[str]) -> None:
    for found in check_fsm(bench.bench()).findings:
        if found.kind in kinds:
            raise ConformanceError(
                found.name,
                where=f"{bench.worker.__name__}{f' with {found.example}' if found.example else ''}",
                why=found.why,
                fix=found.fix,
            )


def specs_survive_a_round_trip(bench: Conformance) -> None:
    """A spec is the same after it was written as data, JSON and YAML, and read again."""
    given = bench.bench()
    kind = given.definition.spec_type
    for spec in given.specs or (kind(),):
        for road, write in ROADS.items():
            try:
                back = decode_spec(write(spec), kind)
                fault = "" if back == spec else f"it came back as {back}"
            except ANY_RAISED as error:  # whatever fails, the spec does not survive
                fault = error_text(error)
            if fault:
                raise ConformanceError(
                    f"a spec does not survive the way through {road}: {fault}",
                    where=f"{kind.__name__}: {spec}",
                    why="the store, plans and documents keep specs so; a restart would change it",
                    fix="Use plain types, structs and enums in its fields; change nothing in "
                    "__post_init__ that a second time changes again.",
                )
