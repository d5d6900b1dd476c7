"""Data that is none, from authors and from elsewhere: only our own errors, whatever it is."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fsmv2.errors import FsmError
from fsmv2.model import (
    ChildSpec,
    DesiredState,
    Group,
    UserSpec,
    VariableBundle,
    child_from_dict,
    compute_location_path,
    decode_spec,
    desired_from_dict,
    merge_locations,
    normalise_location,
    render_template,
    to_data,
    to_json,
)


class PumpSpec(UserSpec):
    host: str = ""
    port: int = 0
    scale: float = 0.0
    more: dict[str, Any] = msgspec.field(default_factory=dict)


def nested(depth: int, *, mapping: bool) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value} if mapping else [value]
    return value


def circle() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


class Mute:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


HOSTILE: dict[str, Any] = {
    "half a character": "\ud800",
    "nul": "a\0b",
    "a long text": "x" * 1_000_000,
    "bytes": b"\xff",
    "a long number": 10**5000,
    "nan": float("nan"),
    "deep lists": nested(5000, mapping=False),
    "deep mappings": nested(5000, mapping=True),
    "a circle": circle(),
    "an object": object(),
    "one that cannot be shown": Mute(),
    "a class": int,
    "a set": {1},
    "a number as a key": {1: 2},
    "nothing as a key": {None: 1},
    "a pair as a key": {(1, 2): 3},
    "true": True,
    "nothing": None,
}


def spec_with(value: Any) -> ChildSpec:
    return ChildSpec("a", "pump", PumpSpec(variables=VariableBundle({"v": value})))


def kind(_: str) -> type[UserSpec]:
    return PumpSpec


ROADS: dict[str, Callable[[Any], Any]] = {
    "variables": lambda v: VariableBundle({"v": v}),
    "all variables": VariableBundle,
    "a template": lambda v: render_template("{{ .v }}", {"v": v}),
    "a template in text": lambda v: render_template("<{{ .v }}>", {"v": v}),
    "a template with filters": lambda v: render_template("{{ [.v, 1] | tojson }}", {"v": v}),
    "a structure of templates": lambda v: render_template({"a": [v]}, {"v": v}),
    "a level": lambda v: compute_location_path(normalise_location({"site": v})),
    "a location": normalise_location,
    "levels in a list": lambda v: normalise_location([v]),
    "two locations": lambda v: merge_locations({"site": v}, {"site": "a"}),
    "a child's name": lambda v: ChildSpec(v, "pump", PumpSpec()),
    "a child's type": lambda v: ChildSpec("a", v, PumpSpec()),
    "a child's spec": lambda v: ChildSpec("a", "pump", v),
    "a child's mapping": lambda v: ChildSpec("a", "pump", PumpSpec(), state_mapping=v),
    "a child's dependencies": lambda v: ChildSpec("a", "pump", PumpSpec(), depends_on=v),
    "a state": DesiredState,
    "children": lambda v: DesiredState("on", v),
    "groups": lambda v: DesiredState("on", groups=[v]),
    "a group's strategy": lambda v: Group(v, ("a", "b")),
    "a group's members": lambda v: Group("one_for_all", v),
    "members of a group": lambda v: Group("one_for_all", ("a", v, v)),
    "an escalation": lambda v: DesiredState("on", escalation=v),
    "an automatic stop": lambda v: DesiredState("on", auto_stop=v),
    "a child's restart": lambda v: ChildSpec("a", "pump", PumpSpec(), restart=v),
    "a child's order": lambda v: ChildSpec("a", "pump", PumpSpec(), after=v, requires=v),
    "a hold": lambda v: DesiredState("on", hold_reason=v),
    "a spec as a whole": lambda v: decode_spec(v, PumpSpec),
    "a field": lambda v: decode_spec({"host": v, "port": v, "scale": v, "more": v}, PumpSpec),
    "declared variables": lambda v: decode_spec({"variables": {"user": {"v": v}}}, PumpSpec),
    "a declared location": lambda v: decode_spec({"location": v}, PumpSpec),
    "a child from data": lambda v: child_from_dict(v, kind),
    "a desired state from data": lambda v: desired_from_dict(
        {"state": "on", "children_specs": [v], "config": v}, kind
    ),
    "as data": lambda v: to_data(spec_with(v)),
    "as JSON": lambda v: to_json(spec_with(v)),
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("road", ROADS.values(), ids=ROADS)
def test_it_is_taken_or_refused_in_our_words(road: Callable[[Any], Any], value: Any) -> None:
    try:
        road(value)
    except FsmError as error:
        shown = error.diagnostic().render()
        assert len(shown) < 10_000
        assert all(c.isprintable() or c in "\n\t" for c in shown)


@pytest.mark.parametrize("road", ROADS.values(), ids=ROADS)
def test_something_hostile_is_refused_on_every_road(road: Callable[[Any], Any]) -> None:
    """Or what is said above of a refusal would say nothing of it."""
    refused = 0
    for value in HOSTILE.values():
        with contextlib.suppress(FsmError):
            road(value)
            continue
        refused += 1
    assert refused >= 3


RELAXED = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", ".", "unknown", "\ud800", "a.b", "*", "", " ", "global"]
)


DATA: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.integers(), inner),
    max_leaves=12,
)


WORDS = (
    "{{ }} {% %} {# #} . .s .l .m | ( ) [ ] , : ' \" a 0 1 + - * / % ~ == in is not if else for "
    "endfor endif set loop range map select attr join tojson default length raw endraw upper "
    "__class__ _scope_ self super caller macro endmacro \\ \n \0 ü 9999999999"
)


PIECES = st.sampled_from(WORDS.split(" "))


TEMPLATES = st.lists(PIECES | TEXTS, max_size=25).map(" ".join)


SCOPE = {"s": "text", "l": [1, 2, {"a": "b"}], "m": {"a": 1, "items": 3}}


def take(road: Callable[[Any], Any], value: Any) -> None:
    try:
        road(value)
    except FsmError as error:
        error.diagnostic().render().encode()


def hold_data(value: Any) -> None:
    for road in ROADS.values():
        take(road, value)


def hold_template(text: str) -> None:
    take(lambda t: render_template(t, SCOPE), text)
    take(lambda t: render_template({"a": [t]}, SCOPE), text)


@settings(max_examples=60, **RELAXED)
@given(DATA)
def test_any_data_is_taken_or_refused(value: Any) -> None:
    hold_data(value)


@settings(max_examples=200, **RELAXED)
@given(TEMPLATES)
def test_any_template_is_rendered_or_refused(text: str) -> None:
    hold_template(text)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=5000, **RELAXED)
@given(DATA)
def test_any_data_is_taken_or_refused_at_length(value: Any) -> None:
    hold_data(value)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(max_examples=30_000, **RELAXED)
@given(TEMPLATES)
def test_any_template_is_rendered_or_refused_at_length(text: str) -> None:
    hold_template(text)
