"""Decoding and writing specs: every problem at once, and never the internal variables."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from fsmv2.document import desired_from_yaml
from fsmv2.errors import DocumentError, RegistrationError, SpecError, UnknownWorkerTypeError
from fsmv2.model import (
    ChildSpec,
    DesiredState,
    UserSpec,
    VariableBundle,
    child_from_dict,
    decode_spec,
    desired_from_dict,
    desired_from_json,
    normalise_location,
    to_data,
    to_json,
    to_yaml,
)


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a spec."""

    name: str
    address: Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A part with a rule of its own, and open to fields it does not know."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is over high")


class PlcSpec(UserSpec):
    """A spec with every kind of field the walk knows."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 502
    registers: tuple[Register, ...] = ()
    by_name: dict[str, Register] = msgspec.field(default_factory=dict)
    pair: list[Register] = msgspec.field(default_factory=list)
    spare: Register | None = None
    limits: Range | None = None
    either: int | str = 0


def problems(data: Any, path: str = "") -> dict[str, str]:
    """Place → message and fix of everything wrong."""
    with pytest.raises(DocumentError) as caught:
        decode_spec(data, PlcSpec, path)
    return {d.path: f"{d.message} {d.fix}".strip() for d in caught.value.diagnostics}


def test_good_data_becomes_a_typed_spec() -> None:
    """Location in any form, variables by tier."""
    spec = decode_spec(
        {
            "host": "h",
            "location": [{"0": "acme"}, {"workCell": " c "}],
            "variables": {"user": {"IP": 1}, "global": {"r": 2}},
            "registers": [{"name": "t", "address": 1}],
        },
        PlcSpec,
    )
    assert spec == PlcSpec(
        host="h",
        location={"enterprise": "acme", "cell": "c"},
        variables=VariableBundle({"IP": 1}, {"r": 2}),
        registers=(Register(name="t", address=1),),
    )


def test_every_problem_is_reported_with_its_place() -> None:
    """Not only msgspec's first."""
    found = problems(
        {
            "prot": 1,
            "port": 70000,
            "registers": [{"nam": "t", "address": "1"}, {"name": "u", "address": -1}],
            "by_name": {"x": {"name": 1, "address": 1}},
            "pair": [{"address": 1}],
            "spare": {"name": "s"},
            "either": [],
        },
        "bridges[0].read",
    )
    whole = "a whole number from 0 to 65535"
    assert found == {
        "bridges[0].read.prot": "there is no field 'prot' in 'bridges[0].read'. Did you mean"
        " 'port'? Known: by_name, either, host, limits, location, pair, port, registers, spare,"
        " variables.",
        "bridges[0].read.host": "'bridges[0].read' has no 'host'. Add 'host', text.",
        "bridges[0].read.port": "expected a whole number from 1 to 65535, got 70000."
        " Write a whole number from 1 to 65535.",
        "bridges[0].read.registers[0].nam": "there is no field 'nam' in"
        " 'bridges[0].read.registers[0]'. Did you mean 'name'? Known: address, name.",
        "bridges[0].read.registers[0].address": f"expected {whole}, got the text '1'. Write 1.",
        "bridges[0].read.registers[1].address": f"expected {whole}, got -1. Write {whole}.",
        "bridges[0].read.by_name.x.name": 'expected text, got the number 1. Put it in quotes: "1".',
        "bridges[0].read.pair[0].name": "'bridges[0].read.pair[0]' has no 'name'."
        " Add 'name', text.",
        "bridges[0].read.spare.address": "'bridges[0].read.spare' has no 'address'."
        f" Add 'address', {whole}.",
        "bridges[0].read.either": "Expected `int | str`, got `array`.",
    }


def test_a_parts_own_rule_is_reported_at_the_part() -> None:
    """Also beside other problems."""
    assert problems({"host": "h", "limits": {"low": 2, "high": 1, "more": 1}}) == {
        "limits": "low is over high."
    }


def test_a_specs_own_rule_is_reported_at_the_spec() -> None:
    """When each field is right and the whole is not."""

    class Picky(UserSpec):
        low: int = 0

        def __post_init__(self) -> None:
            raise SpecError("Never good.", fix="Use another.")

    with pytest.raises(DocumentError) as caught:
        decode_spec({"low": 1}, Picky, "x")
    assert [d.path for d in caught.value.diagnostics] == ["x"]
    assert "Never good." in caught.value.diagnostics[0].message


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_what_is_no_mapping_is_refused(data: Any) -> None:
    """With one problem at the place of the spec."""
    assert list(problems(data, "a")) == ["a"]


def test_location_and_variable_problems_carry_their_place() -> None:
    """Cleaned proposal included."""
    found = problems(
        {
            "host": 1,
            "location": {"line": "a b"},
            "variables": {"user": {"global": 1}, "internal": {"id": 1}},
        },
        "b",
    )
    assert set(found) == {"b.host", "b.location.line", "b.variables.internal", "b.variables.global"}
    assert "'a-b'" in found["b.location.line"]
    assert "engine" in found["b.variables.internal"]


def test_an_unknown_tier_lists_the_tiers_a_person_may_write() -> None:
    """`internal` is not among them."""
    assert problems({"host": "h", "variables": {"usr": {}}}) == {
        "variables.usr": "there is no field 'usr' in 'variables'. Did you mean 'user'?"
        " Known: global, user."
    }


def test_keys_that_are_not_text_are_refused() -> None:
    """In mappings of the spec's own."""
    found = problems({"host": "h", "by_name": {1: {"name": "a", "address": 1}}})
    assert found == {"by_name": "Expected `str`, got `int` - at `key` in `$`."}


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


def spec_type_of(worker_type: str) -> type[UserSpec]:
    """What a factory would answer."""
    if worker_type != "plc":
        raise UnknownWorkerTypeError(f"Unknown worker type '{worker_type}'.")
    return PlcSpec


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


def test_text_that_does_not_parse_is_refused() -> None:
    """As one of our errors."""
    with pytest.raises(SpecError, match="Not JSON"):
        desired_from_json(b"{", spec_type_of)
    with pytest.raises(SpecError, match="Not YAML"):
        desired_from_yaml("a: [", spec_type_of)


@pytest.mark.parametrize("text", ["a\x85b", "a\u2028b", " lead", "no", "12:30:00", "0123", "ä\n"])
def test_awkward_text_survives_yaml(text: str) -> None:
    """What YAML would fold or take for something else."""
    desired = DesiredState("on", config={"t": text})
    assert desired_from_yaml(to_yaml(desired), spec_type_of) == desired


def test_an_error_of_the_type_lookup_passes_through() -> None:
    """A single child's unknown type is the factory's own error."""
    with pytest.raises(UnknownWorkerTypeError):
        child_from_dict({"name": "a", "worker_type": "x", "user_spec": {}}, spec_type_of)
    assert not issubclass(RegistrationError, DocumentError)


def test_a_decoded_location_is_the_shared_one() -> None:
    """So that the tree need not normalise it again at each derive."""
    spec = decode_spec({"host": "h", "location": {"1": "cologne"}}, PlcSpec)
    assert spec.location is normalise_location({"site": "cologne"})
