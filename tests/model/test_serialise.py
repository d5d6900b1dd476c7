"""Desired states and children as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plc_spec import PlcSpec, Register, spec_type_of
from variable_strategies import LAW, locations, users

from fsmv2.document import desired_from_yaml
from fsmv2.errors import (
    DocumentError,
    RegistrationError,
    SpecError,
    UnknownWorkerTypeError,
)
from fsmv2.model import (
    ChildSpec,
    DesiredState,
    Group,
    UserSpec,
    VariableBundle,
    child_from_dict,
    desired_from_dict,
    desired_from_json,
    normalise_location,
    to_data,
    to_json,
    to_yaml,
)


class Station(msgspec.Struct, frozen=True):
    """A struct in a spec that holds a child, too."""

    child: ChildSpec


class Pump(UserSpec):
    """A spec with fields of its own, children to declare among them."""

    rpm: int = 0
    spare: ChildSpec | None = None
    parts: tuple[ChildSpec, ...] = ()
    named: Mapping[str, ChildSpec] = msgspec.field(default_factory=dict)
    inner: tuple[Station, ...] = ()


printable = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8)


children = st.builds(
    ChildSpec,
    printable,
    st.just("pump"),
    st.builds(
        lambda rpm, user, fleet, where: Pump(
            rpm=rpm, variables=VariableBundle(user, fleet), location=normalise_location(where)
        ),
        st.integers(-(2**53), 2**53),
        users,
        users,
        locations,
    ),
    state_mapping=st.dictionaries(printable, printable, max_size=3),
    enabled=st.booleans(),
    depends_on=st.lists(printable, max_size=2).map(tuple),
    discovered=st.booleans(),
    restart=st.sampled_from(["permanent", "transient", "temporary"]),
    detect_only=st.booleans(),
)


yaml_safe = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=10)


def holding(parts: st.SearchStrategy[ChildSpec]) -> st.SearchStrategy[ChildSpec]:
    """Children whose user specs hold such children, in each way a field may."""
    return st.builds(
        lambda name, spare, many, named, inner: ChildSpec(
            name,
            "pump",
            Pump(
                rpm=1,
                spare=spare,
                parts=tuple(many),
                named=named,
                inner=tuple(Station(c) for c in inner),
            ),
        ),
        printable,
        st.none() | parts,
        st.lists(parts, max_size=2),
        st.dictionaries(printable, parts, max_size=2),
        st.lists(parts, max_size=1),
    )


@settings(LAW, max_examples=20)
@given(st.lists(holding(holding(children)), max_size=1))
def test_children_inside_user_specs_round_trip(found: list[ChildSpec]) -> None:
    """However deep: each with the spec type of its worker type, and its variables."""
    desired = DesiredState("running", tuple(found))
    assert desired_from_json(to_json(desired), lambda _type: Pump) == desired
    assert desired_from_yaml(to_yaml(desired), lambda _type: Pump) == desired


@LAW
@given(
    st.builds(
        DesiredState,
        printable,
        st.lists(children, max_size=3),
        config=st.one_of(st.none(), st.dictionaries(yaml_safe, st.integers(0, 9), max_size=3)),
        hold_reason=st.none() | yaml_safe,
    )
)
def test_a_desired_state_round_trips(desired: DesiredState) -> None:
    """Through JSON and YAML, children and their typed specs included."""
    assert desired_from_json(to_json(desired), lambda _type: Pump) == desired
    assert desired_from_yaml(to_yaml(desired), lambda _type: Pump) == desired


def child(name: str, **options: Any) -> ChildSpec:
    return ChildSpec(name, "lamp", UserSpec(), **options)


def test_all_of_it_survives_a_round_trip() -> None:
    desired = DesiredState(
        "on",
        (
            child("a", restart="transient", significant=True),
            child("b", after=["a"], requires=["a"], detect_only=True, restart="temporary"),
        ),
        groups=(Group("rest_for_one", ("a", "b")),),
        auto_stop="all_significant",
        escalation="restart",
    )
    assert desired_from_json(to_json(desired), lambda _: UserSpec) == desired


INTERNAL = VariableBundle(user={"IP": "h"}, global_={"r": 1}, internal={"id": "secret/path"})


def test_internal_variables_are_written_nowhere() -> None:
    """Neither from a bundle, a spec, a child, nor from somewhere inside a config."""
    spec = PlcSpec(host="h", variables=INTERNAL)
    config = {"deep": [INTERNAL, {"er": (INTERNAL,)}]}
    for value in (
        INTERNAL,
        spec,
        ChildSpec("a", "plc", spec),
        DesiredState("on", (ChildSpec("a", "plc", spec),), config),
    ):
        for text in (to_json(value).decode(), to_yaml(value), str(to_data(value))):
            assert "secret/path" not in text
            assert "internal" not in text
            assert "global" in text


def test_what_has_no_internal_variables_is_not_copied() -> None:
    """Writing costs nothing extra for declared specs."""
    from fsmv2.model.serialise import without_internal

    desired = DesiredState("on", (ChildSpec("a", "plc", PlcSpec(host="h")),), {"a": [1, (2,)]})
    assert without_internal(desired) is desired


def test_a_child_round_trips_with_its_typed_spec() -> None:
    """Through plain data."""
    spec = PlcSpec(host="h", spare=Register(name="n", address=1))
    child = ChildSpec("a", "plc", spec, {"*": "on"}, False, ("b",), True)
    assert child_from_dict(to_data(child), spec_type_of) == child


class Config(msgspec.Struct, frozen=True):
    """A typed config."""

    rate: int


def test_a_typed_config_round_trips() -> None:
    """When its type is given; otherwise it stays plain data."""
    desired = DesiredState("on", config=Config(rate=5), hold_reason="hot")
    data = to_data(desired)
    assert desired_from_dict(data, spec_type_of, config_type=Config) == desired
    assert desired_from_dict(data, spec_type_of).config == {"rate": 5}
    with pytest.raises(SpecError, match="config does not fit"):
        desired_from_dict(
            {"state": "on", "config": {"rate": "x"}}, spec_type_of, config_type=Config
        )


def test_problems_of_all_children_come_together() -> None:
    """With the place of each."""
    data = {
        "state": "on",
        "children_specs": [
            {"name": "a", "worker_type": "plc", "user_spec": {"more": 1}},
            {"name": "b", "worker_type": "plx", "user_spec": {}},
            {"name": " ", "worker_type": "plc", "user_spec": {"host": "h"}},
            {"worker_type": "plc", "user_spec": {"host": "h"}},
        ],
    }
    with pytest.raises(DocumentError) as caught:
        desired_from_dict(data, spec_type_of, path="d")
    assert [d.path for d in caught.value.diagnostics] == [
        "d.children_specs[0].user_spec.more",
        "d.children_specs[0].user_spec.host",
        "d.children_specs[1]",
        "d.children_specs[2]",
        "d.children_specs[3].name",
    ]


def test_an_error_of_the_type_lookup_passes_through() -> None:
    """A single child's unknown type is the factory's own error."""
    with pytest.raises(UnknownWorkerTypeError):
        child_from_dict({"name": "a", "worker_type": "x", "user_spec": {}}, spec_type_of)
    assert not issubclass(RegistrationError, DocumentError)


class PumpSpec(UserSpec):
    host: str = ""
    port: int = 0
    scale: float = 0.0
    more: dict[str, Any] = msgspec.field(default_factory=dict)


class Limits(msgspec.Struct, frozen=True):
    high: float | None


def spec_with(value: Any) -> ChildSpec:
    return ChildSpec("a", "pump", PumpSpec(variables=VariableBundle({"v": value})))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_number_that_json_does_not_have_never_becomes_null(number: float) -> None:
    """Neither in a config, where it is refused with its place, nor where it is written."""
    with pytest.raises(SpecError, match="would be stored as null") as refused:
        DesiredState("on", config={"limits": [1.0, number]})
    assert refused.value.diagnostic().path == "config.limits[1]"
    with pytest.raises(SpecError, match="cannot be written as JSON") as refused:
        to_json(spec_with(number))
    assert refused.value.diagnostic().path.endswith("v")
    with pytest.raises(SpecError, match="cannot be written as JSON"):
        to_json(DesiredState("on", config=Limits(high=number)))
    assert b"null" in to_json(Limits(high=number), exact=False)


def test_a_limit_that_is_not_known_is_written_as_null() -> None:
    assert b'"high":null' in to_json(DesiredState("on", config=Limits(high=None)))


def test_keys_that_are_one_as_text_are_refused() -> None:
    with pytest.raises(SpecError, match="which are the same key once it is stored") as refused:
        DesiredState("on", config={"tags": {1: "a", "1": "b"}})
    assert refused.value.diagnostic().path == "config.tags"
    assert to_json(DesiredState("on", config={1: "a"}))
