"""Readers of structs: missing, misspelt and empty keys, and the rules of a struct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import pytest
from decoded_text import Tree, problems_of, read

from fsmv2.diagnostic import Diagnostic
from fsmv2.document import scan_yaml
from fsmv2.errors import DocumentError, FsmError
from fsmv2.model.decoder import decode


class Refusing(msgspec.Struct, kw_only=True):
    """A struct that finds several problems in itself."""

    why: str = "several"

    def __post_init__(self) -> None:
        if self.why == "several":
            raise DocumentError(
                [
                    Diagnostic(code="FSM0126", message="one.", path="why"),
                    Diagnostic(code="FSM0126", message="two.", path="elsewhere"),
                ]
            )
        raise FsmError("a rule.", fix="Mend it.")


def test_a_misspelt_required_key_is_not_reported_as_missing_too() -> None:
    assert problems_of("{nmae: x}", Tree) == [
        "FSM0120 a.nmae there is no key 'nmae' in 'a'. Did you mean 'name'? Known: children, name."
    ]


def test_an_empty_value_of_a_required_key_has_no_default_to_fall_back_to() -> None:
    assert problems_of("{name: }", Tree) == [
        "FSM0122 a.name 'name' has no value, expected text. Write it after 'name:'."
    ]


class Empty(msgspec.Struct):
    """Without any key."""


@pytest.mark.parametrize(
    ("default", "hint"),
    [(5, " to have 5"), (True, " to have true"), ("x", " to have x"), ("", "")],
)
def test_an_empty_value_may_be_left_out_for_the_default(default: Any, hint: str) -> None:
    struct = msgspec.defstruct("S", [("port", type(default), default)])
    (said,) = problems_of("{port: }", struct)
    assert said.endswith(f"Write it after 'port:', or remove the key{hint}.")


def test_what_holds_others_is_written_below_its_key() -> None:
    both = msgspec.defstruct("S", [("all", list, []), ("one", Tree, None)])
    assert [said.partition(". ")[2] for said in problems_of("{all: , one: }", both)] == [
        "Write its entries in lines below it, each after a `- `, or remove the key.",
        "Write its keys in lines below it, indented, such as `name:`, or remove the key.",
    ]


def test_what_begins_a_comment_or_an_anchor_is_put_in_quotes() -> None:
    assert problems_of("{name: &x}", Tree) == [
        (
            "FSM0122 a.name 'name' has no value, expected text. Put it in quotes, since & begins "
            'an anchor: name: "&x".'
        )
    ]


class Band(msgspec.Struct):
    OTHER_NAMES: ClassVar[Mapping[str, str]] = {"swap": "order"}
    WITHOUT_COUNTERPART: ClassVar[Mapping[str, str]] = {"bit": "Remove it."}

    order: str = ""
    band: float = 0.0
    band_percent: float = 0.0


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("{band: 5%}", "Write `band_percent: 5` in place of `band`."),
        ("{band_percent: 5%}", "Write 5."),
        ("{bit: 3}", "Remove it."),
        ("{description: of the manual}", "Write it as a comment, after a #."),
    ],
)
def test_what_others_have_otherwise_has_a_fix_that_is_true(text: str, fix: str) -> None:
    (said,) = problems_of(text, Band)
    assert said.endswith(f". {fix}")


def test_what_a_struct_finds_in_itself_is_shown_at_the_field_or_its_key() -> None:
    assert problems_of("{why: several}", Refusing) == [
        "FSM0126 a.elsewhere two.",
        "FSM0126 a.why one.",
    ]
    assert problems_of("{why: x}", Refusing) == ["FSM0001 a a rule. Mend it."]


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("{}", Empty, Empty()),
        ("{name: x, children: [{name: y}]}", Tree, Tree(name="x", children=[Tree(name="y")])),
    ],
)
def test_each_type_takes_its_values(text: str, type_: Any, value: Any) -> None:
    assert read(text, type_) == value


@pytest.mark.parametrize(
    ("text", "type_", "said"),
    [
        (
            "{b: 1}",
            Empty,
            ("FSM0120 a.b there is no key 'b' in 'a'. Remove it; no keys are known here."),
        ),
    ],
)
def test_each_type_refuses_the_rest_with_the_next_step(text: str, type_: Any, said: str) -> None:
    assert problems_of(text, type_) == [said]


class DeepModbus(msgspec.Struct, kw_only=True):
    every: str = ""


class DeepInput(msgspec.Struct, kw_only=True):
    modbus: DeepModbus | None = None


class DeepBridge(msgspec.Struct, kw_only=True):
    name: str = ""
    read: DeepInput | None = None


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("every: 1s", "Put it below `read.modbus`. Known here: name, read."),
        ("modbus: {}", "Put it below `read`. Known here: name, read."),
        ("colour: red", "Known: name, read."),
    ],
)
def test_a_key_that_belongs_deeper_is_sent_there(text: str, fix: str) -> None:
    (problem,) = decode(scan_yaml(text, "p.yaml").root, DeepBridge)[1]
    assert problem.fix == fix
