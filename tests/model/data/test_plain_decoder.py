"""Decoding and writing specs: every problem at once, and never the internal variables."""

from __future__ import annotations

from typing import Any

import pytest
from plc_spec import PlcSpec, Register
from raising_tree import KINDS

from fsmv2.errors import DocumentError, SpecError
from fsmv2.model import (
    UserSpec,
    VariableBundle,
    decode_spec,
    normalise_location,
)


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


def test_a_decoded_location_is_the_shared_one() -> None:
    """So that the tree need not normalise it again at each derive."""
    spec = decode_spec({"host": "h", "location": {"1": "cologne"}}, PlcSpec)
    assert spec.location is normalise_location({"site": "cologne"})


class Strict(UserSpec):
    """Refuses in its own way."""

    number: int = 0

    def __post_init__(self) -> None:
        if self.number:
            raise KINDS[self.number]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_h68_a_spec_whose_own_rule_raises_is_a_problem_of_the_data(number: int) -> None:
    with pytest.raises(SpecError, match=KINDS[number].__name__):
        decode_spec({"number": number}, Strict)
